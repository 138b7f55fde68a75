namespace Functional

open System
open System.Collections.Generic
open Functional.FSharp

/// Weights of attention, one head beside the other: those of its layers.
[<RequireQualifiedAccess>]
module private AttentionWeights =
    /// Options that a layer can have. A mask is no part of a layer: it would be trained.
    let check (options: AttentionOptions) =
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Heads, 1, nameof options.Heads)
        ArgumentOutOfRangeException.ThrowIfNegative(options.Dropout, nameof options.Dropout)
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(options.Dropout, 1., nameof options.Dropout)
        if options.Mask.IsSome || options.KeyMask.IsSome then
            raise (ArgumentException("a layer has no masks: call Tensor.multiHeadAttention with them", nameof options))

    /// For heads that share the channels of the queries, with biases of 0.
    let draw (options: AttentionOptions) (queries: Layout) (context: Layout) : MultiHeadWeights =
        let n, m = queries.Channels, context.Channels
        if n % options.Heads <> 0 then
            Labels.shapeError
                "MultiHeadAttention"
                []
                $"{queries}: {options.Heads} heads do not share {n} channels"
                "give a number of heads that divides them"
        let keys = n / options.Heads * Option.defaultValue options.Heads options.KeyHeads
        let weights rows columns = Initial.draw queries Initialiser.GlorotUniform [ rows; columns ] (rows, columns)
        let bias size = Some(Initial.draw queries Initialiser.Zeros [ size ] (size, size))
        { Query = weights n n
          Key = weights m keys
          Value = weights m keys
          Output = weights n n
          QueryBias = bias n
          KeyBias = bias keys
          ValueBias = bias keys
          OutputBias = bias n }

/// Each step attends to all steps of its sequence, or to those up to itself, by several heads; or to those of another sequence,
/// the input "context" beside "queries" (Vaswani et al., 2017). As Tensor.multiHeadAttention; weights of attention are dropped in
/// training only. Parameters are null until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type MultiHeadAttention
    internal
    (options: AttentionOptions, rotary: RotaryOptions option, hasContext: bool, weights: MultiHeadWeights option) =
    inherit MultiLayer()
    do AttentionWeights.check options
    let shown (get: MultiHeadWeights -> Tensor) = weights |> Option.map get |> Option.toObj
    let optional (get: MultiHeadWeights -> Tensor option) = weights |> Option.bind get |> Option.toObj

    /// A layer whose weights are yet to be drawn, by Glorot's uniform initialiser, for heads that share the channels of the
    /// queries; biases of 0. Where it has a context it has two inputs.
    /// Throws ArgumentException for options with masks, ArgumentOutOfRangeException for numbers out of range.
    new(options: AttentionOptions, hasContext: bool) = MultiHeadAttention(options, None, hasContext, None)

    /// The same; queries and keys are turned by rotary positions, each of as many heads as it has.
    new(options: AttentionOptions, rotary: RotaryOptions, hasContext: bool) =
        MultiHeadAttention(options, Some rotary, hasContext, None)

    /// The same, of a sequence to itself, without positions.
    new(options: AttentionOptions) = MultiHeadAttention(options, false)

    /// The same, of so many heads: all steps seen, nothing dropped.
    new(heads: int) = MultiHeadAttention { AttentionOptions.Default with Heads = heads }

    /// How it attends.
    member _.Options = options
    /// [channels; channels]; null until the layer is initialised.
    member _.QueryWeights = shown _.Query
    /// [channels of the context; key heads · d]; null until the layer is initialised.
    member _.KeyWeights = shown _.Key
    /// [channels of the context; key heads · d]; null until the layer is initialised.
    member _.ValueWeights = shown _.Value
    /// [channels; channels]; null until the layer is initialised.
    member _.OutputWeights = shown _.Output
    /// [channels]; null until the layer is initialised.
    member _.QueryBias = optional _.QueryBias
    /// [key heads · d]; null until the layer is initialised.
    member _.KeyBias = optional _.KeyBias
    /// [key heads · d]; null until the layer is initialised.
    member _.ValueBias = optional _.ValueBias
    /// [channels]; null until the layer is initialised.
    member _.OutputBias = optional _.OutputBias

    override _.Inputs = if hasContext then [| "queries"; "context" |] else Ports.input

    member private this.Run(options, inputs: IReadOnlyList<Tensor>) : IReadOnlyList<Tensor> =
        Ports.count this this.Inputs.Count inputs
        match weights with
        | Some weights -> [| fst (Attention.multiHead options rotary weights None inputs[inputs.Count - 1] inputs[0]) |]
        | None -> Channels.notInitialised "MultiHeadAttention" inputs[0]

    /// Throws StructureException before the layer is initialised.
    override this.Predict inputs = this.Run({ options with Dropout = 0. }, inputs)
    override this.Forward inputs = this.Run(options, inputs)

    /// The layer with weights. Those at hand are kept.
    override this.Initialize inputs =
        match weights with
        | Some _ -> this
        | None ->
            Ports.count this this.Inputs.Count inputs
            let weights = AttentionWeights.draw options inputs[0] inputs[inputs.Count - 1]
            MultiHeadAttention(options, rotary, hasContext, Some weights)

    interface IAcceleratable

/// The vector of each integer, a row of weights [classes; channels], which are null until the layer is initialised. As
/// Tensor.embedding: channels are a new last dimension.
[<Sealed; AllowNullLiteral(false)>]
type Embedding(classes: int, channels: int, padding: Nullable<int>, initialWeights: Initialiser, weights: Tensor | null)
    =
    inherit Layer()

    do
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1)
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1)
        if padding.HasValue then
            ArgumentOutOfRangeException.ThrowIfNegative(padding.Value, nameof padding)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(padding.Value, classes, nameof padding)

    /// A layer whose weights, of Float32, are yet to be drawn. The row of the padding class, if there is one, is not trained.
    new(classes: int, channels: int, padding: Nullable<int>, initialWeights: Initialiser) =
        Embedding(classes, channels, padding, initialWeights, null)

    /// The same, by a normal initialiser of deviation 1; no padding.
    new(classes: int, channels: int) = Embedding(classes, channels, Nullable(), Initialiser.Normal 1.)

    /// How many integers there are, from 0 on.
    member _.Classes = classes
    /// [classes; channels]; null until the layer is initialised.
    member _.Weights = weights

    /// Throws StructureException before the layer is initialised, DTypeException for anything but integers.
    override _.Predict(x: Tensor) : Tensor =
        match weights with
        | NonNull weights -> Positions.embedding (Option.ofNullable padding) weights x
        | _ -> Channels.notInitialised "Embedding" x

    /// The layer with weights. Those at hand are kept.
    override this.Initialize input =
        if isNull weights then
            let draw = Initial.draw (input.WithDType DType.Float32)
            Embedding(
                classes,
                channels,
                padding,
                initialWeights,
                draw initialWeights [ classes; channels ] (classes, channels)
            )
        else
            this

    interface IAcceleratable

/// Adds to each step of a sequence the vector of its position, a row of weights [length; channels], which are null until the
/// layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type PositionEmbedding(length: int, weights: Tensor | null) =
    inherit Layer()
    do ArgumentOutOfRangeException.ThrowIfLessThan(length, 1)
    /// For sequences of so many steps at most; weights by a normal initialiser of deviation 0.01.
    new(length: int) = PositionEmbedding(length, null)

    /// How many steps a sequence has at most.
    member _.Length = length
    /// [length; channels]; null until the layer is initialised.
    member _.Weights = weights

    /// Throws StructureException before the layer is initialised, ShapeException for a longer sequence.
    override _.Predict(x: Tensor) : Tensor =
        match weights with
        | NonNull weights -> Positions.added "PositionEmbedding" weights x
        | _ -> Channels.notInitialised "PositionEmbedding" x

    /// The layer with weights. Those at hand are kept.
    override this.Initialize input =
        if isNull weights then
            let n = input.Channels
            PositionEmbedding(length, Initial.draw input Initialiser.NarrowNormal [ length; n ] (length, n))
        else
            this

    interface IAcceleratable

/// Adds to each step of a sequence the sines and cosines of its position. As Tensor.sinusoidalPositions, with base 10,000.
[<Sealed; AllowNullLiteral(false)>]
type SinusoidalPositions() =
    inherit Layer()

    override _.Predict(Given "SinusoidalPositions" x) =
        let layout = Sequence.layout "SinusoidalPositions" x.Type
        let table = Positions.sinusoidal x.DType (Sequence.length layout) (Sequence.channels layout) 10000. 0
        Positions.added "SinusoidalPositions" table x

    interface IAcceleratable
