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

/// A sweep made ready to run, once for each form that its places were found in.
[<Sealed>]
type internal SweepKernel private (sweep: Sweep) =
    static let mutable mode =
        if RuntimeFeature.IsDynamicCodeSupported && not VectorWidth.supported.IsEmpty then
            SweepMode.Compiled VectorWidth.widest
        else
            SweepMode.Interpreted

    static let kernels = ConcurrentDictionary<Sweep, SweepKernel>()
    static let failures = ConcurrentQueue<string>()
    let forms = ConcurrentDictionary<struct (SweepMode * SweepForm), SweepCode>()

    /// A method of a few hundred instructions compiles well; one of tens of thousands does not compile at all.
    static let longest = 4000

    let prepare struct (mode, form) =
        match mode with
        | SweepMode.Compiled width when sweep.Code.Length <= longest ->
            try
                EmitSweep.compile width sweep form
            with e ->
                failures.Enqueue $"a sweep of {sweep.Code.Length} instructions is interpreted: {e.Message}"
                InterpretSweep.prepare sweep form
        | _ -> InterpretSweep.prepare sweep form

    /// How sweeps are run from now on: for tests.
    static member Mode
        with get () = mode
        and set value = mode <- value

    /// What could not be compiled, and why.
    static member Failures = failures.ToArray()

    /// The kernel of a sweep: one for all equal ones. Kernels in use outlive their place in the memo.
    static member Of(sweep: Sweep) =
        match kernels.TryGetValue sweep with
        | true, kernel -> kernel
        | _ ->
            if kernels.Count >= 4096 then kernels.Clear()
            kernels.GetOrAdd(sweep, SweepKernel sweep)

    member _.Sweep = sweep
    member _.Code(form: SweepForm) = forms.GetOrAdd(struct (mode, form), prepare)
