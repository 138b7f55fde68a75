namespace Functional

open System
open Functional.FSharp

/// A fully connected layer: each unit of its output is a weighted sum of all channels of its input, plus a bias. Channels are
/// the dimension labelled C, the last one of unformatted input; all other dimensions are kept: [.., n] → [.., units].
/// Weights [n, units] and bias [units] are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type Dense
    (units: int, initialWeights: Initialiser, initialBias: Initialiser, weights: Tensor | null, bias: Tensor | null) =
    inherit Layer()
    do ArgumentOutOfRangeException.ThrowIfLessThan(units, 1)

    /// A layer whose parameters are yet to be drawn: weights by Glorot's uniform initialiser, a bias of zeros.
    new(units: int) = Dense(units, Initialiser.GlorotUniform, Initialiser.Zeros)

    /// A layer whose parameters are yet to be drawn.
    new(units: int, initialWeights: Initialiser, initialBias: Initialiser) =
        Dense(units, initialWeights, initialBias, null, null)

    /// A layer with these parameters.
    new(weights: Tensor, bias: Tensor) =
        Dense(Dense.UnitsOf weights, Initialiser.GlorotUniform, Initialiser.Zeros, weights, bias)

    static member private UnitsOf(weights: Tensor) =
        let weights = given "Dense" weights

        if weights.Rank <> 2 then
            Labels.shapeError "Dense" [ weights.Type ] "weights have two dimensions" "give [channels, units]"

        weights.Shape[1]

    /// How many channels its output has.
    member _.Units = units
    /// [n, units]; null until the layer is initialised.
    member _.Weights = weights
    /// [units]; null until the layer is initialised.
    member _.Bias = bias

    /// x · W + b. Throws StructureException before the layer is initialised, ShapeException for another number of channels.
    override _.Predict(x: Tensor) : Tensor =
        match weights, bias with
        | NonNull weights, NonNull bias ->
            let dim = Channels.dimension "Dense" x.Type
            let y = Define.apply (Contractions.op { Batch = []; Sum = [ dim, 0 ] }) [ x; weights ] + bias
            Channels.restore dim x.Format y
        | _ -> Channels.notInitialised "Dense" x

    /// The layer with parameters as its initialisers draw them. Parameters at hand are kept.
    override this.Initialize input =
        if isNull weights then
            let n = input.Channels
            let draw initialiser sizes = Initial.draw input initialiser sizes (n, units)
            Dense(units, initialWeights, initialBias, draw initialWeights [ n; units ], draw initialBias [ units ])
        else
            this

    interface IAcceleratable
