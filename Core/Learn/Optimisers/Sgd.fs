namespace Functional

/// How stochastic gradient descent moves.
type SgdOptions =
    {
        /// The part of its velocity that a step keeps, from 0 (plain descent) to below 1.
        Momentum: float
        /// Whether the step is taken along the velocity that it will have next (Nesterov).
        Nesterov: bool
    }

    /// A momentum of 0.9, not Nesterov's.
    static member Default = { Momentum = 0.9; Nesterov = false }

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

    /// v ← μ · v - ε · g and θ ← θ + v for each floating-point leaf; with Nesterov's momentum θ ← θ + μ · v - ε · g, by the new v
    /// (Bengio, Boulanger-Lewandowski and Pascanu, 2013, eq. 7). Integers and Bool stay.
    /// Throws StructureException where parameters, state and gradient differ in structure.
    let step (options: SgdOptions) (parameters: 'P, state: SgdState<'P>, gradient: 'P) : 'P * SgdState<'P> =
        let rule (p: Tensor) (g: Tensor) (memories: Tensor list) =
            let move = Parameters.castLike p state.LearningRate * g
            let v = options.Momentum * memories.Head - move
            (if options.Nesterov then p + (options.Momentum * v - move) else p + v), [ v ]

        let parameters, memories = Parameters.step "Sgd.step" parameters gradient [ state.Velocity ] rule
        parameters, { state with Velocity = memories.Head }
