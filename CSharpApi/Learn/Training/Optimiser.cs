using F = Functional.FSharp.Optimiser;

namespace Functional;

/// <summary>Optimisers as <see cref="Train.Fit"/> takes them.</summary>
public static class Optimiser
{
    /// <summary>An optimiser from its state before the first step, its step, and a state's change of learning rate.</summary>
    /// <param name="start">Parameters → state.</param>
    /// <param name="step">Parameters, state, gradient → the next parameters and state: a pure function.</param>
    /// <param name="withLearningRate">State, learning rate → state.</param>
    public static Optimiser<T, TState> Create<T, TState>(
        Func<T, TState> start,
        Func<T, TState, T, (T Parameters, TState State)> step,
        Func<TState, double, TState> withLearningRate) => new(start, step, withLearningRate);

    /// <summary>Stochastic gradient descent with momentum.</summary>
    public static Optimiser<T, SgdState<T>> Sgd<T>(double learningRate = 0.01, SgdOptions? options = null) =>
        F.sgd<T>(options ?? SgdOptions.Default, learningRate);

    /// <summary>Adaptive moment estimation.</summary>
    public static Optimiser<T, AdamState<T>> Adam<T>(double learningRate = 0.001, AdamOptions? options = null) =>
        F.adam<T>(options ?? AdamOptions.Default, learningRate);
}
