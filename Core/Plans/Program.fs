namespace Functional

/// A trace made ready to run. It is made better, and its kernels are prepared, when it is first run.
[<Sealed>]
type internal Program(trace: Trace) =
    let steps = lazy Steps(fst (Pipeline.run false trace))

    /// As it was recorded.
    member _.Trace = trace

    /// Runs the program; its draws follow `start` in the stream.
    member _.Run(start: Draw, blocks: Block array) : Block array = steps.Value.Run(start, blocks)
