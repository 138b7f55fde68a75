namespace Functional

open System
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
            let zeros, ones = Initial.forChannels input Initialiser.Zeros, Initial.forChannels input Initialiser.Ones
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
            LayerNorm(epsilon, Initial.forChannels input Initialiser.Ones, Initial.forChannels input Initialiser.Zeros)
        else
            this

    interface IAcceleratable

/// Each group of an example's channels, with all that is neither channel nor batch, less its mean, over its standard
/// deviation, scaled and shifted (Wu and He, 2018). Scale and offset, [channels], are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type GroupNorm(groups: int, epsilon: float, scale: Tensor | null, offset: Tensor | null) =
    inherit Layer()
    do ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1)
    /// ε is added to variances.
    new(groups: int, epsilon: float) = GroupNorm(groups, epsilon, null, null)
    /// ε = 10⁻⁵.
    new(groups: int) = GroupNorm(groups, 1e-5)

    /// Into how many groups the channels are divided.
    member _.Groups = groups
    /// Null until the layer is initialised.
    member _.Scale = scale
    /// Null until the layer is initialised.
    member _.Offset = offset

    override _.Predict(x: Tensor) : Tensor =
        match scale, offset with
        | NonNull scale, NonNull offset -> Normalising.group groups epsilon (Some scale) (Some offset) x
        | _ -> Channels.notInitialised "GroupNorm" x

    /// Scale 1, offset 0. Parameters at hand are kept.
    override this.Initialize input =
        if isNull scale then
            GroupNorm(
                groups,
                epsilon,
                Initial.forChannels input Initialiser.Ones,
                Initial.forChannels input Initialiser.Zeros
            )
        else
            this

    interface IAcceleratable

/// Each channel of each example less its mean, over its standard deviation, scaled and shifted (Ulyanov, Vedaldi and Lempitsky,
/// 2016). Scale and offset, [channels], are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type InstanceNorm(epsilon: float, scale: Tensor | null, offset: Tensor | null) =
    inherit Layer()
    /// ε is added to variances.
    new(epsilon: float) = InstanceNorm(epsilon, null, null)
    /// ε = 10⁻⁵.
    new() = InstanceNorm 1e-5

    /// Null until the layer is initialised.
    member _.Scale = scale
    /// Null until the layer is initialised.
    member _.Offset = offset

    override _.Predict(x: Tensor) : Tensor =
        match scale, offset with
        | NonNull scale, NonNull offset -> Normalising.instance epsilon (Some scale) (Some offset) x
        | _ -> Channels.notInitialised "InstanceNorm" x

    /// Scale 1, offset 0. Parameters at hand are kept.
    override this.Initialize input =
        if isNull scale then
            InstanceNorm(
                epsilon,
                Initial.forChannels input Initialiser.Ones,
                Initial.forChannels input Initialiser.Zeros
            )
        else
            this

    interface IAcceleratable

/// Each example's channels over their root mean square, scaled (Zhang and Sennrich, 2019); each place of other dimensions by
/// itself. The scale, [channels], is null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type RmsNorm(epsilon: float, scale: Tensor | null) =
    inherit Layer()
    /// ε is added to mean squares.
    new(epsilon: float) = RmsNorm(epsilon, null)
    /// ε = 10⁻⁵.
    new() = RmsNorm 1e-5

    /// Null until the layer is initialised.
    member _.Scale = scale

    override _.Predict(x: Tensor) : Tensor =
        match scale with
        | NonNull scale -> Normalising.rms [ Channels.dimension "RmsNorm" x.Type ] epsilon (Some scale) x
        | _ -> Channels.notInitialised "RmsNorm" x

    /// Scale 1. Parameters at hand are kept.
    override this.Initialize input =
        if isNull scale then RmsNorm(epsilon, Initial.forChannels input Initialiser.Ones) else this

    interface IAcceleratable

/// Each channel over (k + α · mean of squares)^β, the mean taken over a window of neighbouring channels (Krizhevsky, Sutskever and
/// Hinton, 2012).
[<Sealed; AllowNullLiteral(false)>]
type CrossChannelNorm(size: int, alpha: float, beta: float, k: float) =
    inherit Layer()
    do ArgumentOutOfRangeException.ThrowIfLessThan(size, 1)
    /// A window of so many channels; α = 10⁻⁴, β = ¾, k = 2.
    new(size: int) = CrossChannelNorm(size, 1e-4, 0.75, 2.)

    override _.Predict x = Normalising.crossChannel size alpha beta k x
    interface IAcceleratable
