namespace Functional

/// Which outputs a recurrent layer gives.
type RecurrentOutput =
    /// Those of all steps.
    | Sequence = 0
    /// That of the step it comes to last: the sequence without its time.
    | Last = 1

namespace Functional.FSharp

open Functional

/// How a recurrent layer is made and goes through time.
type RecurrentLayerOptions =
    {
        /// Which outputs it gives.
        Output: RecurrentOutput
        /// From the last step to the first; each output stays with its step.
        Reversed: bool
        /// Whether the state goes on from call to call; else each sequence starts from 0. Batches are then of one size until
        /// Reset.
        CarriesState: bool
        /// How weights of the input are drawn.
        InitialInput: Initialiser
        /// How weights of the last output are drawn.
        InitialRecurrent: Initialiser
    }

    /// All outputs, forward, each sequence from 0; Glorot's uniform initialiser for the input, an orthogonal one for the last
    /// output.
    static member Default =
        { Output = RecurrentOutput.Sequence
          Reversed = false
          CarriesState = false
          InitialInput = Initialiser.GlorotUniform
          InitialRecurrent = Initialiser.Orthogonal 1. }

namespace Functional

open System
open Functional.FSharp

/// What recurrent layers have in common.
[<RequireQualifiedAccess>]
module private Recurrent =
    let options (layer: RecurrentLayerOptions) = { RecurrenceOptions.Default with Backward = layer.Reversed }

    /// Weights of the input, of an output of `outputs` numbers, and bias, for so many gates of units.
    let draw (options: RecurrentLayerOptions) (input: Layout) gates units outputs bias =
        let n, m = input.Channels, gates * units
        Initial.draw input options.InitialInput [ n; m ] (n, m),
        Initial.draw input options.InitialRecurrent [ outputs; m ] (outputs, m),
        Initial.draw input bias [ m ] (n, m)

    let output (options: RecurrentLayerOptions) (all: Tensor) (last: Tensor) =
        if options.Output = RecurrentOutput.Last then last else all

/// Long short-term memory (Hochreiter and Schmidhuber, 1997), if asked for with peepholes, by which gates see the cell (Gers and
/// Schmidhuber, 2000), and a projection of its output (Sak, Senior and Beaufays, 2014). Input: a sequence, as Tensor.lstm
/// takes it. Parameters are null until the layer is initialised, those not asked for always.
[<Sealed; AllowNullLiteral(false)>]
type Lstm
    (
        units: int,
        hasPeepholes: bool,
        outputs: Nullable<int>,
        options: RecurrentLayerOptions,
        inputWeights: Tensor | null,
        recurrentWeights: Tensor | null,
        bias: Tensor | null,
        peepholes: Tensor | null,
        projection: Tensor | null,
        [<State>] hidden: Tensor | null,
        [<State>] cell: Tensor | null
    ) =
    inherit StatefulLayer<Lstm>()

    do
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1)
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs.GetValueOrDefault 1, 1, nameof outputs)

    /// A layer whose parameters are yet to be drawn, the bias 1 for the forget gate and 0 else. `outputs`: to how many numbers
    /// the units' output is projected; null for no projection.
    new(units: int, hasPeepholes: bool, outputs: Nullable<int>, options: RecurrentLayerOptions) =
        Lstm(units, hasPeepholes, outputs, options, null, null, null, null, null, null, null)

    /// The same, without peepholes and projection.
    new(units: int, options: RecurrentLayerOptions) = Lstm(units, false, Nullable(), options)

    /// The same; all outputs, each sequence from a state of 0.
    new(units: int) = Lstm(units, RecurrentLayerOptions.Default)

    /// How many cells it has.
    member _.Units = units
    /// How it goes through time.
    member _.Options = options
    /// [channels; 4 · units], in the order of gates i, f, g, o; null until the layer is initialised.
    member _.InputWeights = inputWeights
    /// [outputs; 4 · units]; null until the layer is initialised.
    member _.RecurrentWeights = recurrentWeights
    /// [4 · units]; null until the layer is initialised.
    member _.Bias = bias
    /// [3 · units], of the gates i, f and o; null without peepholes.
    member _.Peepholes = peepholes
    /// [units; outputs]; null without a projection.
    member _.Projection = projection
    /// The last output, where state is carried; null for 0.
    member _.Hidden = hidden
    /// The cell, where state is carried; null for 0.
    member _.Cell = cell

    member private _.With(hidden: Tensor | null, cell: Tensor | null) =
        Lstm(
            units,
            hasPeepholes,
            outputs,
            options,
            inputWeights,
            recurrentWeights,
            bias,
            peepholes,
            projection,
            hidden,
            cell
        )

    /// The outputs, and the layer with its next state. Throws StructureException before the layer is initialised,
    /// ShapeException where a state that is carried is of a batch of another size.
    override this.Predict(x: Tensor) =
        match inputWeights, recurrentWeights with
        | NonNull input, NonNull recurrent ->
            let weights =
                { Input = input
                  Recurrent = recurrent
                  Bias = Option.ofObj bias
                  Peepholes = Option.ofObj peepholes
                  Projection = Option.ofObj projection }
            let state =
                match hidden, cell with
                | NonNull hidden, NonNull cell -> Some { Hidden = hidden; Cell = cell }
                | _ -> None
            let all, next = Recurrence.lstm (Recurrent.options options) weights state x
            let y = Recurrent.output options all next.Hidden
            if options.CarriesState then struct (y, this.With(next.Hidden, next.Cell)) else struct (y, this)
        | _ -> Channels.notInitialised "Lstm" x

    /// The layer with parameters. Those at hand are kept.
    override this.Initialize input =
        if isNull inputWeights then
            let size = outputs.GetValueOrDefault units
            let inputWeights, recurrentWeights, bias =
                Recurrent.draw options input 4 units size Initialiser.UnitForgetGate
            let draw isWanted sizes fans : Tensor | null =
                if isWanted then Initial.draw input options.InitialInput sizes fans else null
            Lstm(
                units,
                hasPeepholes,
                outputs,
                options,
                inputWeights,
                recurrentWeights,
                bias,
                draw hasPeepholes [ 3 * units ] (units, units),
                draw outputs.HasValue [ units; size ] (units, size),
                null,
                null
            )
        else
            this

    /// The layer with a state of 0.
    override this.Reset() = if isNull hidden then this else this.With(null, null)

    interface IAcceleratable

/// Gated recurrent unit (Cho et al., 2014). Input: a sequence, as Tensor.gru takes it. Parameters are null until the layer is
/// initialised.
[<Sealed; AllowNullLiteral(false)>]
type Gru
    (
        units: int,
        resetsAfter: bool,
        options: RecurrentLayerOptions,
        inputWeights: Tensor | null,
        recurrentWeights: Tensor | null,
        bias: Tensor | null,
        recurrentBias: Tensor | null,
        [<State>] hidden: Tensor | null
    ) =
    inherit StatefulLayer<Gru>()
    do ArgumentOutOfRangeException.ThrowIfLessThan(units, 1)

    /// A layer whose parameters are yet to be drawn, biases of 0. `resetsAfter`: the reset gate multiplies the state's product
    /// with the recurrent weights, which then has a bias, and not the state before it.
    new(units: int, resetsAfter: bool, options: RecurrentLayerOptions) =
        Gru(units, resetsAfter, options, null, null, null, null, null)

    /// The same, reset after the product.
    new(units: int, options: RecurrentLayerOptions) = Gru(units, true, options)

    /// The same; all outputs, each sequence from a state of 0.
    new(units: int) = Gru(units, RecurrentLayerOptions.Default)

    /// How many outputs a step has.
    member _.Units = units
    /// How it goes through time.
    member _.Options = options
    /// [channels; 3 · units], in the order of gates r, z, n; null until the layer is initialised.
    member _.InputWeights = inputWeights
    /// [units; 3 · units]; null until the layer is initialised.
    member _.RecurrentWeights = recurrentWeights
    /// [3 · units]; null until the layer is initialised.
    member _.Bias = bias
    /// [3 · units]; null where the reset comes before the product.
    member _.RecurrentBias = recurrentBias
    /// The last output, where state is carried; null for 0.
    member _.Hidden = hidden

    member private _.With(hidden: Tensor | null) =
        Gru(units, resetsAfter, options, inputWeights, recurrentWeights, bias, recurrentBias, hidden)

    /// The outputs, and the layer with its next state. Throws StructureException before the layer is initialised,
    /// ShapeException where a state that is carried is of a batch of another size.
    override this.Predict(x: Tensor) =
        match inputWeights, recurrentWeights with
        | NonNull input, NonNull recurrent ->
            let weights: GruWeights =
                { Input = input
                  Recurrent = recurrent
                  Bias = Option.ofObj bias
                  RecurrentBias = Option.ofObj recurrentBias }
            let how = { Recurrent.options options with ResetAfter = resetsAfter }
            let all, last = Recurrence.gru how weights (Option.ofObj hidden) x
            let y = Recurrent.output options all last
            if options.CarriesState then struct (y, this.With last) else struct (y, this)
        | _ -> Channels.notInitialised "Gru" x

    /// The layer with parameters. Those at hand are kept.
    override this.Initialize input =
        if isNull inputWeights then
            let inputWeights, recurrentWeights, bias = Recurrent.draw options input 3 units units Initialiser.Zeros
            let recurrentBias: Tensor | null = if resetsAfter then bias else null
            Gru(units, resetsAfter, options, inputWeights, recurrentWeights, bias, recurrentBias, null)
        else
            this

    /// The layer with a state of 0.
    override this.Reset() = if isNull hidden then this else this.With null

    interface IAcceleratable

/// The simple recurrence h ← f(x W + h U + b) (Elman, 1990). Input: a sequence, as Tensor.rnn takes it. Parameters are null until
/// the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type Rnn
    (
        units: int,
        activation: RecurrentActivation,
        options: RecurrentLayerOptions,
        inputWeights: Tensor | null,
        recurrentWeights: Tensor | null,
        bias: Tensor | null,
        [<State>] hidden: Tensor | null
    ) =
    inherit StatefulLayer<Rnn>()
    do ArgumentOutOfRangeException.ThrowIfLessThan(units, 1)

    /// A layer whose parameters are yet to be drawn, a bias of 0.
    new(units: int, activation: RecurrentActivation, options: RecurrentLayerOptions) =
        Rnn(units, activation, options, null, null, null, null)

    /// The same, by the hyperbolic tangent.
    new(units: int, options: RecurrentLayerOptions) = Rnn(units, RecurrentActivation.Tanh, options)

    /// The same; all outputs, each sequence from a state of 0.
    new(units: int) = Rnn(units, RecurrentLayerOptions.Default)

    /// How many outputs a step has.
    member _.Units = units
    /// How it goes through time.
    member _.Options = options
    /// [channels; units]; null until the layer is initialised.
    member _.InputWeights = inputWeights
    /// [units; units]; null until the layer is initialised.
    member _.RecurrentWeights = recurrentWeights
    /// [units]; null until the layer is initialised.
    member _.Bias = bias
    /// The last output, where state is carried; null for 0.
    member _.Hidden = hidden

    member private _.With(hidden: Tensor | null) =
        Rnn(units, activation, options, inputWeights, recurrentWeights, bias, hidden)

    /// The outputs, and the layer with its next state. Throws StructureException before the layer is initialised,
    /// ShapeException where a state that is carried is of a batch of another size.
    override this.Predict(x: Tensor) =
        match inputWeights, recurrentWeights with
        | NonNull input, NonNull recurrent ->
            let weights: RnnWeights = { Input = input; Recurrent = recurrent; Bias = Option.ofObj bias }
            let how = { Recurrent.options options with Activation = activation }
            let all, last = Recurrence.rnn how weights (Option.ofObj hidden) x
            let y = Recurrent.output options all last
            if options.CarriesState then struct (y, this.With last) else struct (y, this)
        | _ -> Channels.notInitialised "Rnn" x

    /// The layer with parameters. Those at hand are kept.
    override this.Initialize input =
        if isNull inputWeights then
            let inputWeights, recurrentWeights, bias = Recurrent.draw options input 1 units units Initialiser.Zeros
            Rnn(units, activation, options, inputWeights, recurrentWeights, bias, null)
        else
            this

    /// The layer with a state of 0.
    override this.Reset() = if isNull hidden then this else this.With null

    interface IAcceleratable

/// Two layers of one sequence, as a rule recurrent ones of opposite directions, their outputs side by side along the channels.
[<Sealed; AllowNullLiteral(false)>]
type Bidirectional(forward: ILayer, backward: ILayer) =
    inherit StatefulLayer<Bidirectional>()
    /// Whose output comes first.
    member _.First = forward
    /// Whose output comes second.
    member _.Second = backward

    member private _.Run(mode, x: Tensor) =
        let struct (first, nextFirst) = forward.Run(mode, [| x |])
        let struct (second, nextSecond) = backward.Run(mode, [| x |])
        let first, second = Ports.single forward first, Ports.single backward second
        let channel = Channels.dimension "Bidirectional" first.Type
        struct (Arranging.concat channel [ first; second ], Bidirectional(nextFirst, nextSecond))

    override this.Predict x = this.Run(LayerMode.Predict, x)
    override this.Forward x = this.Run(LayerMode.Forward, x)

    /// Both layers initialised.
    override _.Initialize input = Bidirectional(forward.Initialize [| input |], backward.Initialize [| input |])

    /// Both layers reset.
    override _.Reset() = Bidirectional(forward.Reset(), backward.Reset())

    interface IAcceleratable
