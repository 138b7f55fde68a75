namespace Functional

open System

/// A way to move parameters along a gradient, as pure functions over structures, with a state of its own.
[<Sealed; AllowNullLiteral(false)>]
type Optimiser<'P, 'S>
    (start: Func<'P, 'S>, step: Func<'P, 'S, 'P, struct ('P * 'S)>, withLearningRate: Func<'S, float, 'S>) =

    /// The state before the first step.
    member _.Start(parameters: 'P) : 'S = start.Invoke parameters

    /// Parameters and state after a step along this gradient.
    member _.Step(parameters: 'P, state: 'S, gradient: 'P) : struct ('P * 'S) = step.Invoke(parameters, state, gradient)

    /// The same state with another learning rate.
    member _.WithLearningRate(state: 'S, learningRate: float) : 'S = withLearningRate.Invoke(state, learningRate)

namespace Functional.FSharp

open Functional

/// Optimisers as `Train.fit` takes them.
[<RequireQualifiedAccess>]
module Optimiser =
    /// An optimiser from its state before the first step, its step, and a state's change of learning rate.
    let create
        (start: 'P -> 'S)
        (step: 'P * 'S * 'P -> 'P * 'S)
        (withLearningRate: 'S -> float -> 'S)
        : Optimiser<'P, 'S> =
        let step p s g = let p, s = step (p, s, g) in struct (p, s)
        Optimiser<'P, 'S>(start, step, withLearningRate)

    /// The same optimiser, given the gradient with λ · θ added: λ / 2 · |θ|² in the loss.
    let withPenalty (decay: WeightDecay) (optimiser: Optimiser<'P, 'S>) : Optimiser<'P, 'S> =
        let start p = optimiser.Start p
        let step p s g = optimiser.Step(p, s, decay.AddTo(p, g))
        let withLearningRate s rate = optimiser.WithLearningRate(s, rate)
        Optimiser<'P, 'S>(start, step, withLearningRate)

    /// Stochastic gradient descent with momentum.
    let sgd (options: SgdOptions) (learningRate: float) : Optimiser<'P, SgdState<'P>> =
        create (Sgd.start learningRate) (Sgd.step options) _.WithLearningRate

    /// Adaptive moment estimation.
    let adam (options: AdamOptions) (learningRate: float) : Optimiser<'P, AdamState<'P>> =
        create (Adam.start learningRate) (Adam.step options) _.WithLearningRate

    /// Adam with decoupled weight decay.
    let adamW (options: AdamOptions) (decay: WeightDecay) (learningRate: float) : Optimiser<'P, AdamState<'P>> =
        create (Adam.start learningRate) (AdamW.step options decay) _.WithLearningRate

    /// Division of the gradient by its running root mean square.
    let rmsProp (options: RmsPropOptions) (learningRate: float) : Optimiser<'P, RmsPropState<'P>> =
        create (RmsProp.start learningRate) (RmsProp.step options) _.WithLearningRate
