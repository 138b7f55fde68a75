namespace Functional

open System
open System.Collections.Concurrent
open System.Runtime.CompilerServices

/// How sweeps are run. All ways give the same bits.
[<RequireQualifiedAccess>]
type internal SweepMode =
    /// Compiled for registers of so many bytes.
    | Compiled of width: int
    | Interpreted

    /// What is used where nothing is said: the widest registers, unless the runtime cannot compile.
    static member val Current =
        (if RuntimeFeature.IsDynamicCodeSupported && not RegisterWidth.supported.IsEmpty then
             Compiled RegisterWidth.widest
         else
             Interpreted) with get, set

/// A sweep ready to run, and why it was not compiled where it was meant to be.
[<Struct; NoEquality; NoComparison>]
type internal PreparedSweep = { Code: SweepCode; Problem: string | null }

/// A sweep made ready to run, once for each form that its places were found in.
[<Sealed>]
type internal SweepKernel private (sweep: Sweep) =
    static let kernels = ConcurrentDictionary<Sweep, SweepKernel>()
    let forms = ConcurrentDictionary<struct (SweepMode * SweepForm), PreparedSweep>()

    /// A method of a few hundred instructions compiles well; one of tens of thousands does not compile at all.
    static let longest = 4000

    /// Compiles now: where the runtime refuses, it does so here.
    let compile width form =
        let code = EmitSweep.compile width sweep form
        RuntimeHelpers.PrepareDelegate code
        code

    let interpreted form (problem: string | null) = { Code = InterpretSweep.prepare sweep form; Problem = problem }

    let prepare struct (mode, form) =
        match mode with
        | SweepMode.Compiled width when sweep.Code.Length <= longest ->
            try
                { Code = compile width form; Problem = null }
            with e ->
                interpreted form $"a sweep of {sweep.Code.Length} instructions: {e.Message}"
        | SweepMode.Compiled _ ->
            interpreted form $"a sweep of {sweep.Code.Length} instructions: no more than {longest} are compiled"
        | SweepMode.Interpreted -> interpreted form null

    /// The kernel of a sweep: one for all equal ones. Kernels in use outlive their place in the memo.
    static member Of(sweep: Sweep) =
        match kernels.TryGetValue sweep with
        | true, kernel -> kernel
        | _ ->
            if kernels.Count >= 4096 then kernels.Clear()
            kernels.GetOrAdd(sweep, SweepKernel sweep)

    member _.Sweep = sweep
    member _.Prepared(mode, form) = forms.GetOrAdd(struct (mode, form), prepare)
