namespace Functional

/// How RMSProp moves.
type RmsPropOptions =
    {
        /// ρ, what the mean of squares keeps in a step.
        Decay: float
        /// ε, added to the root of the mean of squares.
        Epsilon: float
    }

    /// ρ = 0.9, ε = 10⁻⁸.
    static member Default = { Decay = 0.9; Epsilon = 1e-8 }

/// What RMSProp keeps from step to step. The learning rate is a tensor: another one needs no new trace.
type RmsPropState<'P> =
    {
        /// α, a scalar of Float64.
        LearningRate: Tensor
        /// The running mean of squared gradients.
        Square: 'P
    }

    /// The same state with another learning rate.
    member state.WithLearningRate(learningRate: float) = { state with LearningRate = Parameters.number learningRate }

namespace Functional.FSharp

open Functional

/// Division of the gradient by its running root mean square (Tieleman and Hinton, 2012, lecture 6.5).
[<RequireQualifiedAccess>]
module RmsProp =
    /// The state before the first step.
    let start (learningRate: float) (parameters: 'P) : RmsPropState<'P> =
        { LearningRate = Parameters.number learningRate; Square = Parameters.zeros parameters }

    /// v ← ρ · v + (1 - ρ) · g² and θ ← θ - α · g / (√v + ε) for each floating-point leaf; integers and Bool stay.
    /// Throws StructureException where parameters, state and gradient differ in structure.
    let step (options: RmsPropOptions) (parameters: 'P, state: RmsPropState<'P>, gradient: 'P) : 'P * RmsPropState<'P> =
        let rule (p: Tensor) (g: Tensor) (memories: Tensor list) =
            let v = options.Decay * memories.Head + (1. - options.Decay) * (g * g)
            p - Parameters.castLike p state.LearningRate * g / (sqrt v + options.Epsilon), [ v ]

        let parameters, memories = Parameters.step "RmsProp.step" parameters gradient [ state.Square ] rule
        parameters, { state with Square = memories.Head }
