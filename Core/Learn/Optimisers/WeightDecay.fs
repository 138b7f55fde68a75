namespace Functional

open System

/// How much of which parameters is taken away in each step. Parameters are told apart by their names, as Saving.names gives
/// them: `first.weights`.
[<Sealed; AllowNullLiteral(false)>]
type WeightDecay(rate: float, decays: Func<string, bool>) =
    do
        ArgumentOutOfRangeException.ThrowIfNegative rate
        ArgumentNullException.ThrowIfNull decays

    /// Of all parameters.
    new(rate: float) = WeightDecay(rate, (fun _ -> true))

    /// λ.
    member _.Rate = rate

    /// What becomes of the floating-point parameters that decay, and of their fellows in another structure.
    member private _.Map(parameters: 'P, other: 'P, f: Tensor -> Tensor -> Tensor) : 'P =
        let fellows, _ = Structures.flattenLearnables other
        let named = LeafNames.learnables parameters
        if named.Length <> fellows.Length then
            raise (
                StructureException(
                    "WeightDecay",
                    [ for t in fellows -> t.Type ],
                    "parameters and gradient differ in structure",
                    "give what belongs to the same parameters"
                )
            )
        let mapped =
            [| for (name, p), fellow in Seq.zip named fellows ->
                   if Scalars.isFloating p.DType && decays.Invoke name then f p fellow else fellow |]
        Structures.replaceLearnables other mapped

    /// g + λ · θ: the gradient with that of λ / 2 · |θ|² added, which punishes large parameters.
    /// Throws StructureException where parameters and gradient differ in structure.
    member decay.AddTo(parameters: 'P, gradient: 'P) : 'P = decay.Map(parameters, gradient, (fun p g -> g + rate * p))

    /// θ · (1 - ε λ), for a learning rate ε.
    member internal decay.Shrink(parameters: 'P, learningRate: Tensor) : 'P =
        let factor = 1. - rate * learningRate
        decay.Map(parameters, parameters, (fun p _ -> p * Parameters.castLike p factor))
