namespace Functional

/// A trace made ready to run. It is made better, planned and compiled when it is first run.
[<Sealed>]
type internal Program(trace: Trace, compilation: Compilation) =
    let runner = lazy Runner.Of(trace, compilation)

    /// As it was recorded.
    member _.Trace = trace

    /// Runs the program; its draws follow `start` in the stream.
    member _.Run(start: Draw, blocks: Block array) : Block array = runner.Value.Run(start, blocks)

    /// The same, from places to places; where `isGiven`, into the blocks that stand there.
    member _.Run
        (
            start: Draw,
            source: Block array,
            from: int array | null,
            target: Block array,
            into: int array | null,
            isGiven: bool
        ) =
        runner.Value.Run(start, source, from, target, into, isGiven)

    /// The same on what tensors hold, into blocks of its own.
    member _.Run
        (
            start: Draw,
            source: System.ReadOnlySpan<Tensor>,
            from: int array | null,
            target: Block array,
            into: int array | null
        ) =
        runner.Value.Run(start, source, from, target, into)

    /// A program that is compiled already.
    static member Prepared(trace: Trace, compilation: Compilation) =
        let program = Program(trace, compilation)
        program.Prepare()
        program

    member private _.Prepare() = runner.Force() |> ignore
