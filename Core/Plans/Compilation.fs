namespace Functional

/// How traces are made ready to run.
[<NoEquality; NoComparison>]
type internal Compilation =
    {
        /// Whether laws of numbers that rounding breaks may be used, so that results differ from those of direct calls.
        Relaxed: bool
        /// Told what could not be compiled and is interpreted, and why.
        Report: string -> unit
    }

    static member Exact = { Relaxed = false; Report = ignore }
