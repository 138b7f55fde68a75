using F = Functional.FSharp.Sgd;

namespace Functional;

/// <summary>
/// Stochastic gradient descent with momentum (Polyak 1964; in the form of Sutskever et al. 2013, eqs. 1 and 2).
/// </summary>
public static class Sgd
{
    /// <summary>The state before the first step: no velocity.</summary>
    public static SgdState<T> Start<T>(T parameters, double learningRate = 0.01) => F.start(learningRate, parameters);

    /// <summary>
    /// v ← μ · v - ε · g and θ ← θ + v for each floating-point leaf; with Nesterov's momentum θ ← θ + μ · v - ε · g, by the new v
    /// (Bengio, Boulanger-Lewandowski and Pascanu, 2013, eq. 7). Integers and Bool stay.
    /// </summary>
    /// <exception cref="StructureException">Parameters, state and gradient differ in structure.</exception>
    public static (T Parameters, SgdState<T> State) Step<T>(
        T parameters, SgdState<T> state, T gradient, SgdOptions? options = null) =>
        F.step(options ?? SgdOptions.Default, parameters, state, gradient).ToValueTuple();
}
