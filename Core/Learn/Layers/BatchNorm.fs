namespace Functional

open Functional.FSharp

/// Channels less their mean, over their standard deviation, scaled and shifted: by mean and variance of the batch in training,
/// by the running ones in prediction (Ioffe and Szegedy, 2015). The running ones are state: training gives the layer with
/// the next ones. Parameters and statistics, [channels] each, are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type BatchNorm
    (
        epsilon: float,
        momentum: float,
        scale: Tensor | null,
        offset: Tensor | null,
        [<State>] mean: Tensor | null,
        [<State>] variance: Tensor | null
    ) =
    inherit StatefulLayer<BatchNorm>()

    /// ε is added to variances; the running statistics move by this share towards those of a batch.
    new(epsilon: float, momentum: float) = BatchNorm(epsilon, momentum, null, null, null, null)
    /// ε = 10⁻⁵, momentum 0.1.
    new() = BatchNorm(1e-5, 0.1)

    /// Learnable; null until the layer is initialised.
    member _.Scale = scale
    /// Learnable; null until the layer is initialised.
    member _.Offset = offset
    /// The running mean.
    member _.Mean = mean
    /// The running variance.
    member _.Variance = variance

    override this.Predict x =
        match scale, offset, mean, variance with
        | NonNull scale, NonNull offset, NonNull mean, NonNull variance ->
            struct (Normalising.batch epsilon (Some scale) (Some offset) mean variance x, this)
        | _ -> Channels.notInitialised "BatchNorm" x

    override _.Forward x =
        match scale, offset, mean, variance with
        | NonNull scale, NonNull offset, NonNull mean, NonNull variance ->
            let y, mean, variance =
                Normalising.batchTraining epsilon momentum (Some scale) (Some offset) mean variance x
            struct (y, BatchNorm(epsilon, momentum, scale, offset, mean, variance))
        | _ -> Channels.notInitialised "BatchNorm" x

    /// Scale and variance 1, offset and mean 0. Parameters at hand are kept.
    override this.Initialize input =
        if isNull scale then
            let n = input.Channels
            let draw (initialiser: Initialiser) =
                initialiser.Draw(Generator.Current, TensorType(input.DType, [ n ]), n, n)
            let zeros, ones = draw Initialiser.Zeros, draw Initialiser.Ones
            BatchNorm(epsilon, momentum, ones, zeros, zeros, ones)
        else
            this

    interface IAcceleratable

/// Each example's channels less their mean, over their standard deviation, scaled and shifted (Ba, Kiros and Hinton, 2016); each
/// place of other dimensions by itself. Scale and offset, [channels], are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type LayerNorm(epsilon: float, scale: Tensor | null, offset: Tensor | null) =
    inherit Layer()
    /// ε is added to variances.
    new(epsilon: float) = LayerNorm(epsilon, null, null)
    /// ε = 10⁻⁵.
    new() = LayerNorm 1e-5

    /// Null until the layer is initialised.
    member _.Scale = scale
    /// Null until the layer is initialised.
    member _.Offset = offset

    override _.Predict(x: Tensor) : Tensor =
        match scale, offset with
        | NonNull scale, NonNull offset ->
            let channel = Channels.dimension "LayerNorm" x.Type
            Normalising.layer [ channel ] epsilon (Some scale) (Some offset) x
        | _ -> Channels.notInitialised "LayerNorm" x

    /// Scale 1, offset 0. Parameters at hand are kept.
    override this.Initialize input =
        if isNull scale then
            let n = input.Channels
            let draw (initialiser: Initialiser) =
                initialiser.Draw(Generator.Current, TensorType(input.DType, [ n ]), n, n)
            LayerNorm(epsilon, draw Initialiser.Ones, draw Initialiser.Zeros)
        else
            this

    interface IAcceleratable
