namespace Functional.Properties

open System
open Functional

/// Laws that any function of structures of tensors is to obey, and any layer; run them on your own.
[<AbstractClass; Sealed>]
type Laws =
    /// Accelerated calls give the bits of direct ones: first calls and replays, in turn for these values. Both throw the
    /// same errors.
    static member AcceleratedEqualsDirect(f: Func<'T, 'R>, values: seq<'T>, seed: uint64) : Verdict =
        Acceleration.equalsDirect f.Invoke (List.ofSeq values) seed

    /// The same of gradients: those of half the sum of squares of the results.
    static member AcceleratedGradientEqualsDirect(f: Func<'T, 'R>, values: seq<'T>, seed: uint64) : Verdict =
        Acceleration.equalsDirect (Functions.withGradient f.Invoke) (List.ofSeq values) seed

    /// What each op of the function's trace computes agrees with the reference evaluator, within the op's bound.
    static member StepsAgreeWithOracle(f: Func<'T, 'R>, value: 'T, seed: uint64) : Verdict =
        Oracle.agreesOn f.Invoke value seed

    /// The same of the trace of the gradient.
    static member GradientStepsAgreeWithOracle(f: Func<'T, 'R>, value: 'T, seed: uint64) : Verdict =
        Oracle.agreesOn (Functions.withGradient f.Invoke) value seed

    /// As many traces are made for these values as they have signatures, also when they come a second time.
    static member TracesAreSignatures(f: Func<'T, 'R>, values: seq<'T>, signatures: int) : Verdict =
        Acceleration.tracesAreSignatures f.Invoke (List.ofSeq values) signatures

    /// The derivative along a random direction equals Richardson's extrapolation of central differences, to 1e-6. Of
    /// Float64 leaves and results only; silent where the function is not smooth or not finite near the value.
    static member GradientEqualsDifferences(f: Func<'T, 'R>, value: 'T, seed: uint64) : Verdict =
        Differentiation.equalsDifferences f.Invoke value seed

    /// ⟨w, J v⟩ = ⟨Jᵀ w, v⟩ for random v and w, to 1e-10. Of Float64 leaves and results only.
    static member PullIsTransposedPush(f: Func<'T, 'R>, value: 'T, seed: uint64) : Verdict =
        Differentiation.transposes f.Invoke value seed

    /// A layer passes all tests of CheckLayer on inputs like these.
    static member LayerIsRight(layer: ILayer, trial: LayerTrial) : Verdict =
        let report = CheckLayer.Run(layer, trial.Inputs, trial.Seed)
        if report.Failed = 0 then Verdict.Holds else Verdict.Fails(string report)
