namespace Functional

open System
open System.Collections.Generic
open Functional.FSharp

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
            let refuse problem remedy = Labels.shapeError "Convolution" [] $"{input}: {problem}" remedy
            let channels, groups = input.Channels, options.Groups

            if groups < 1 || channels % groups <> 0 || filters % groups <> 0 then
                refuse
                    $"{groups} groups do not divide {channels} channels and {filters} filters"
                    "give numbers that they divide"

            let labels = input.Format.Labels
            let label = if labels.Contains 'S' then 'S' else 'T'
            let spatial = labels |> Seq.filter ((=) label) |> Seq.length

            let size =
                match size with
                | [ n ] -> List.replicate spatial n
                | size when size.Length = spatial -> size
                | _ -> refuse $"a size of {size.Length} numbers" $"give one for all, or {spatial}"

            let window = List.fold (*) 1 size
            let draw (initialiser: Initialiser) sizes =
                let fanIn, fanOut = channels / groups * window, filters / groups * window
                initialiser.Draw(Generator.Current, TensorType(input.DType, sizes), fanIn, fanOut)

            Convolution(
                filters,
                size,
                options,
                initialWeights,
                draw initialWeights (filters :: channels / groups :: size),
                draw Initialiser.Zeros [ filters ]
            )
        else
            this

    interface IAcceleratable
