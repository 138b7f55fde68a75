using F = Functional.FSharp.Adam;

namespace Functional;

/// <summary>Adaptive moment estimation (Kingma and Ba, 2015).</summary>
public static class Adam
{
    /// <summary>The state before the first step.</summary>
    public static AdamState<T> Start<T>(T parameters, double learningRate = 0.001) => F.start(learningRate, parameters);

    /// <summary>
    /// Algorithm 1 of the paper, for each floating-point leaf; integers and Bool stay:
    /// t ← t + 1, m ← β₁ · m + (1 - β₁) · g, v ← β₂ · v + (1 - β₂) · g²,
    /// θ ← θ - α · m̂ / (√v̂ + ε), where m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).
    /// </summary>
    /// <exception cref="StructureException">Parameters, state and gradient differ in structure.</exception>
    public static (T Parameters, AdamState<T> State) Step<T>(
        T parameters, AdamState<T> state, T gradient, AdamOptions? options = null) =>
        F.step(options ?? AdamOptions.Default, parameters, state, gradient).ToValueTuple();
}
