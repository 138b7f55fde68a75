namespace Functional

/// How stochastic gradient descent moves.
type SgdOptions =
    {
        /// The part of its velocity that a step keeps, from 0 (plain descent) to below 1.
        Momentum: float
    }

    /// A momentum of 0.9.
    static member Default = { Momentum = 0.9 }

/// What stochastic gradient descent keeps from step to step. The learning rate is a tensor: another one needs no new trace.
type SgdState<'P> =
    {
        /// ε, a scalar of Float64.
        LearningRate: Tensor
        /// v, a structure like the parameters.
        Velocity: 'P
    }

    /// The same state with another learning rate.
    member state.WithLearningRate(learningRate: float) = { state with LearningRate = Parameters.number learningRate }

namespace Functional.FSharp

open Functional

/// Stochastic gradient descent with momentum (Polyak 1964; in the form of Sutskever et al. 2013, eqs. 1 and 2).
[<RequireQualifiedAccess>]
module Sgd =
    /// The state before the first step: no velocity.
    let start (learningRate: float) (parameters: 'P) : SgdState<'P> =
        { LearningRate = Parameters.number learningRate; Velocity = Parameters.zeros parameters }

    /// v ← μ · v - ε · g and θ ← θ + v for each floating-point leaf; integers and Bool stay.
    /// Throws StructureException where parameters, state and gradient differ in structure.
    let step (options: SgdOptions) (parameters: 'P, state: SgdState<'P>, gradient: 'P) : 'P * SgdState<'P> =
        let rule (p: Tensor) (g: Tensor) (memories: Tensor list) =
            let v = options.Momentum * memories.Head - Parameters.castLike p state.LearningRate * g
            p + v, [ v ]

        let parameters, memories = Parameters.step "Sgd.step" parameters gradient [ state.Velocity ] rule
        parameters, { state with Velocity = memories.Head }
