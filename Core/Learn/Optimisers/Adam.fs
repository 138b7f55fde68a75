namespace Functional

/// How Adam moves.
type AdamOptions =
    {
        /// β₁, what the mean of gradients keeps in a step.
        Beta1: float
        /// β₂, what the mean of squares keeps in a step.
        Beta2: float
        /// ε, added to the root of the mean of squares.
        Epsilon: float
    }

    /// β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸: the defaults of the paper.
    static member Default = { Beta1 = 0.9; Beta2 = 0.999; Epsilon = 1e-8 }

/// What Adam keeps from step to step. Learning rate and step count are tensors: other ones need no new trace.
type AdamState<'P> =
    {
        /// α, a scalar of Float64.
        LearningRate: Tensor
        /// t, the steps taken so far: a scalar of Float64.
        Steps: Tensor
        /// The running mean of gradients, biased towards 0.
        Mean: 'P
        /// The running mean of squared gradients, biased towards 0.
        Square: 'P
    }

    /// The same state with another learning rate.
    member state.WithLearningRate(learningRate: float) = { state with LearningRate = Parameters.number learningRate }

namespace Functional.FSharp

open Functional

/// Adaptive moment estimation (Kingma and Ba, 2015).
[<RequireQualifiedAccess>]
module Adam =
    /// The state before the first step.
    let start (learningRate: float) (parameters: 'P) : AdamState<'P> =
        { LearningRate = Parameters.number learningRate
          Steps = Parameters.number 0.
          Mean = Parameters.zeros parameters
          Square = Parameters.zeros parameters }

    /// Algorithm 1 of the paper, for each floating-point leaf; integers and Bool stay:
    /// t ← t + 1, m ← β₁ · m + (1 - β₁) · g, v ← β₂ · v + (1 - β₂) · g²,
    /// θ ← θ - α · m̂ / (√v̂ + ε), where m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).
    /// Throws StructureException where parameters, state and gradient differ in structure.
    let step (options: AdamOptions) (parameters: 'P, state: AdamState<'P>, gradient: 'P) : 'P * AdamState<'P> =
        let steps = state.Steps + 1.
        let debias (beta: float) = 1. - Tensor.Pow(beta, steps)
        // Divisions of scalars: each element is left with one division and one root.
        let rate, scale = state.LearningRate / debias options.Beta1, 1. / debias options.Beta2

        let rule (p: Tensor) (g: Tensor) (memories: Tensor list) =
            let like = Parameters.castLike p
            let m = options.Beta1 * List.head memories + (1. - options.Beta1) * g
            let v = options.Beta2 * List.last memories + (1. - options.Beta2) * (g * g)
            p - like rate * m / (sqrt (like scale * v) + options.Epsilon), [ m; v ]

        let parameters, memories = Parameters.step "Adam.step" parameters gradient [ state.Mean; state.Square ] rule
        parameters, { state with Steps = steps; Mean = memories[0]; Square = memories[1] }

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019). Its state is Adam's.
[<RequireQualifiedAccess>]
module AdamW =
    /// Algorithm 2 of the paper, with a schedule multiplier of 1: θ ← θ · (1 - α · λ) for the parameters that decay, and a step
    /// of Adam.
    /// Throws StructureException where parameters, state and gradient differ in structure.
    let step
        (options: AdamOptions)
        (decay: WeightDecay)
        (parameters: 'P, state: AdamState<'P>, gradient: 'P)
        : 'P * AdamState<'P> =
        Adam.step options (decay.Shrink(parameters, state.LearningRate), state, gradient)
