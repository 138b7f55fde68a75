using F = Functional.FSharp.RmsProp;

namespace Functional;

/// <summary>Division of the gradient by its running root mean square (Tieleman and Hinton, 2012, lecture 6.5).</summary>
public static class RmsProp
{
    /// <summary>The state before the first step.</summary>
    public static RmsPropState<T> Start<T>(T parameters, double learningRate = 0.001) => F.start(learningRate, parameters);

    /// <summary>
    /// v ← ρ · v + (1 - ρ) · g² and θ ← θ - α · g / (√v + ε) for each floating-point leaf; integers and Bool stay.
    /// </summary>
    /// <exception cref="StructureException">Parameters, state and gradient differ in structure.</exception>
    public static (T Parameters, RmsPropState<T> State) Step<T>(
        T parameters, RmsPropState<T> state, T gradient, RmsPropOptions? options = null) =>
        F.step(options ?? RmsPropOptions.Default, parameters, state, gradient).ToValueTuple();
}
