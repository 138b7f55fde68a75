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

    /// <summary>Adam with decoupled weight decay.</summary>
    public static Optimiser<T, AdamState<T>> AdamW<T>(
        WeightDecay decay, double learningRate = 0.001, AdamOptions? options = null) =>
        F.adamW<T>(options ?? AdamOptions.Default, decay, learningRate);

    /// <summary>Division of the gradient by its running root mean square.</summary>
    public static Optimiser<T, RmsPropState<T>> RmsProp<T>(double learningRate = 0.001, RmsPropOptions? options = null) =>
        F.rmsProp<T>(options ?? RmsPropOptions.Default, learningRate);

    /// <summary>The same optimiser, given the gradient with λ · θ added: λ / 2 · |θ|² in the loss.</summary>
    public static Optimiser<T, TState> WithPenalty<T, TState>(Optimiser<T, TState> optimiser, WeightDecay decay) =>
        F.withPenalty(decay, optimiser);
}
