namespace Functional

/// What becomes of a trace, as text.
[<RequireQualifiedAccess>]
module internal Explain =
    /// Passes with the rules that fired, then the kernels of the plan and its memory.
    let text (trace: Trace) =
        let better, reports = Pipeline.run false trace
        Pipeline.explain reports + Plan.text (Plan.make false better)

    /// Bytes that a run needs beside arguments, constants and results.
    let workingMemory (trace: Trace) : int64 = Plan.arenaBytes (Plan.make false (fst (Pipeline.run false trace)))
