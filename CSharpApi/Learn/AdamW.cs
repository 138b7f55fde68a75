using F = Functional.FSharp.AdamW;

namespace Functional;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, 2019). Its state is Adam's.</summary>
public static class AdamW
{
    /// <summary>
    /// Algorithm 2 of the paper, with a schedule multiplier of 1: θ ← θ · (1 - α · λ) for the parameters that decay, and a step of
    /// <see cref="Adam"/>.
    /// </summary>
    /// <exception cref="StructureException">Parameters, state and gradient differ in structure.</exception>
    public static (T Parameters, AdamState<T> State) Step<T>(
        T parameters, AdamState<T> state, T gradient, WeightDecay decay, AdamOptions? options = null) =>
        F.step(options ?? AdamOptions.Default, decay, parameters, state, gradient).ToValueTuple();
}
