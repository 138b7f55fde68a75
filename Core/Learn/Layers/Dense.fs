namespace Functional

open System

/// A fully connected layer: each unit of its output is a weighted sum of all channels of its input, plus a bias. Channels are
/// the dimension labelled C, the last one of unformatted input; all other dimensions are kept: [.., n] → [.., units].
/// Weights [n, units] and bias [units] are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type Dense(units: int, weights: Tensor | null, bias: Tensor | null) =
    do ArgumentOutOfRangeException.ThrowIfLessThan(units, 1)

    /// A layer whose parameters are yet to be drawn.
    new(units: int) = Dense(units, null, null)

    /// How many channels its output has.
    member _.Units = units
    /// [n, units]; null until the layer is initialised.
    member _.Weights = weights
    /// [units]; null until the layer is initialised.
    member _.Bias = bias

    /// x · W + b. Throws StructureException before the layer is initialised, ShapeException for another number of channels.
    member _.Predict(x: Tensor) : Tensor =
        match weights, bias with
        | NonNull weights, NonNull bias ->
            let dim = Channels.dimension "Dense" x.Type
            let y = Define.apply (Contractions.op { Batch = []; Sum = [ dim, 0 ] }) [ x; weights ] + bias
            Channels.restore dim x.Format y
        | _ ->
            raise (
                StructureException(
                    "Dense",
                    [ x.Type ],
                    "its weights are null",
                    "initialise the layer, or the network that it belongs to, first"
                )
            )

    interface IAcceleratable

    interface ILayer with
        member this.Predict x = this.Predict x
        member this.Forward x = this.Predict x

        /// Weights uniform between ±√(6 / (n + units)) (Glorot and Bengio, 2010), bias 0. Parameters at hand are kept.
        member this.Initialize input =
            if isNull weights then
                let n = input.Channels
                let bound = sqrt (6. / float (n + units))
                let draw = Uniform.draw Direct.Instance (TensorType(input.DType, [ n; units ]))
                Dense(units, bound * (2. * draw - 1.), Define.apply (Movement.sum [ 0 ]) [ draw ] * 0.)
            else
                this
