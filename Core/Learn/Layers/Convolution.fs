namespace Functional

open System
open System.Collections.Generic
open Functional.FSharp

[<RequireQualifiedAccess>]
module internal Filters =
    /// The channels of the input and a size for each of its spatial dimensions, or a typed error.
    let check (input: Layout) groups filters (size: int list) =
        let refuse problem remedy = Labels.shapeError "Convolution" [] $"{input}: {problem}" remedy
        let channels = input.Channels

        if groups < 1 || channels % groups <> 0 || filters % groups <> 0 then
            refuse
                $"{groups} groups do not divide {channels} channels and {filters} filters"
                "give numbers that they divide"

        let labels = input.Format.Labels
        let label = if labels.Contains 'S' then 'S' else 'T'
        let spatial = labels |> Seq.filter ((=) label) |> Seq.length

        match size with
        | [ n ] -> channels, List.replicate spatial n
        | size when size.Length = spatial -> channels, size
        | _ -> refuse $"a size of {size.Length} numbers" $"give one for all, or {spatial}"

/// Filters that slide over the spatial dimensions, those labelled S, or T where there is no S: one, two or three, as many as
/// the input has. Weights [filters; channels / groups; size …] and bias [filters] are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type Convolution
    (
        filters: int,
        size: IReadOnlyList<int>,
        options: ConvolutionOptions,
        initialWeights: Initialiser,
        weights: Tensor | null,
        bias: Tensor | null
    ) =
    inherit Layer()
    let size = List.ofSeq size

    do
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1)

        for n in size do
            ArgumentOutOfRangeException.ThrowIfLessThan(n, 1, nameof size)

    /// A layer whose weights are yet to be drawn. A size has a number for each spatial dimension, or one for all.
    new(filters: int, size: IReadOnlyList<int>, options: ConvolutionOptions, initialWeights: Initialiser) =
        Convolution(filters, size, options, initialWeights, null, null)

    /// A layer whose weights are yet to be drawn, by Glorot's uniform initialiser; stride 1, no padding.
    new(filters: int, size: IReadOnlyList<int>) =
        Convolution(filters, size, ConvolutionOptions.Default, Initialiser.GlorotUniform)

    /// How many channels its output has.
    member _.Filters = filters
    /// How the filters slide.
    member _.Options = options
    /// [filters; channels / groups; size …]; null until the layer is initialised.
    member _.Weights = weights
    /// [filters]; null until the layer is initialised.
    member _.Bias = bias

    /// The convolution, as Tensor.convolution. Throws StructureException before the layer is initialised.
    override _.Predict(x: Tensor) : Tensor =
        match weights, bias with
        | NonNull weights, NonNull bias -> Convolutions.convolve options.Sliding options.Groups weights (Some bias) x
        | _ -> Channels.notInitialised "Convolution" x

    /// The layer with weights as its initialiser draws them and a bias of 0. Parameters at hand are kept.
    /// Throws ShapeException where the groups do not divide channels and filters, or the size does not fit the input.
    override this.Initialize(input: Layout) : ILayer =
        if isNull weights then
            let groups = options.Groups
            let channels, size = Filters.check input groups filters size
            let fans = let window = List.fold (*) 1 size in channels / groups * window, filters / groups * window

            Convolution(
                filters,
                size,
                options,
                initialWeights,
                Initial.draw input initialWeights (filters :: channels / groups :: size) fans,
                Initial.draw input Initialiser.Zeros [ filters ] fans
            )
        else
            this

    interface IAcceleratable

/// The transpose of a convolution as a map of its input: each element adds its multiple of a filter to the output, which has
/// about stride times as many elements. Weights [channels; filters / groups; size …] and bias [filters] are null until the
/// layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type TransposedConvolution
    (
        filters: int,
        size: IReadOnlyList<int>,
        options: ConvolutionOptions,
        initialWeights: Initialiser,
        weights: Tensor | null,
        bias: Tensor | null
    ) =
    inherit Layer()
    let size = List.ofSeq size

    do
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1)

        for n in size do
            ArgumentOutOfRangeException.ThrowIfLessThan(n, 1, nameof size)

    /// A layer whose weights are yet to be drawn. A size has a number for each spatial dimension, or one for all.
    new(filters: int, size: IReadOnlyList<int>, options: ConvolutionOptions, initialWeights: Initialiser) =
        TransposedConvolution(filters, size, options, initialWeights, null, null)

    /// A layer whose weights are yet to be drawn, by Glorot's uniform initialiser; stride 1, nothing cut off.
    new(filters: int, size: IReadOnlyList<int>) =
        TransposedConvolution(filters, size, ConvolutionOptions.Default, Initialiser.GlorotUniform)

    /// How many channels its output has.
    member _.Filters = filters
    /// How the filters slide over the output.
    member _.Options = options
    /// [channels; filters / groups; size …]; null until the layer is initialised.
    member _.Weights = weights
    /// [filters]; null until the layer is initialised.
    member _.Bias = bias

    /// As Tensor.transposedConvolution. Throws StructureException before the layer is initialised.
    override _.Predict(x: Tensor) : Tensor =
        match weights, bias with
        | NonNull weights, NonNull bias ->
            Convolutions.convolveTransposed options.Sliding options.Groups weights (Some bias) x
        | _ -> Channels.notInitialised "TransposedConvolution" x

    /// The layer with weights as its initialiser draws them and a bias of 0. Parameters at hand are kept.
    /// Throws ShapeException where the groups do not divide channels and filters, or the size does not fit the input.
    override this.Initialize(input: Layout) : ILayer =
        if isNull weights then
            let groups = options.Groups
            let channels, size = Filters.check input groups filters size
            let fans = let window = List.fold (*) 1 size in channels / groups * window, filters / groups * window

            TransposedConvolution(
                filters,
                size,
                options,
                initialWeights,
                Initial.draw input initialWeights (channels :: filters / groups :: size) fans,
                Initial.draw input Initialiser.Zeros [ filters ] fans
            )
        else
            this

    interface IAcceleratable
