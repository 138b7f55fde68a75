namespace Functional

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// A run of neighbouring layers: what they are run for, whether their next state is wanted, the layers, and the input.
type internal LayerRun = (struct (LayerMode * bool * ILayer array * Tensor))

/// Layers one after another, immutable. As a structure a network is its layers: the gradient with respect to a network is a
/// network, and an optimiser makes the next one from both. All networks that come from one share its traces, so that new
/// parameters or a new state need no new trace.
[<Sealed; AllowNullLiteral(false)>]
type Network private (layers: ILayer array, cache: AcceleratedFunction<LayerRun, struct (Tensor * ILayer array)>) =
    static do
        Structure.Register<Network>(
            (fun network -> network.Parts),
            (fun network parts -> network.With [| for layer in parts -> unbox<ILayer> layer |])
        )

    static let rec isAcceleratable (layer: ILayer) =
        match layer with
        | :? Network as network -> network.Layers |> Seq.forall isAcceleratable
        | layer -> layer :? IAcceleratable

    static let step mode (x: Tensor) (layer: ILayer) =
        let struct (outputs, next) = LayerCall.run "Network" mode layer [| x |]
        next, Ports.single layer outputs

    /// The output, and the layers with their next state where it is wanted.
    static let direct (struct (mode, withState, layers, x): LayerRun) =
        let next, y = (x, layers) ||> Array.mapFold (fun x layer -> step mode x layer)
        struct (y, (if withState then next else [||]))

    /// Neighbours that are alike in being acceleratable, together.
    static let rec runs (layers: ILayer list) =
        match layers with
        | [] -> []
        | first :: _ ->
            let alike layer = isAcceleratable layer = isAcceleratable first
            let run, rest = List.takeWhile alike layers, List.skipWhile alike layers
            (isAcceleratable first, Array.ofList run) :: runs rest

    member private _.Parts: IReadOnlyList<objnull> = [| for layer in layers -> box layer |]
    member private _.With(layers: ILayer array) = Network(layers, cache)

    member private this.Run(mode, withState, acceleration, x) : struct (Tensor * Network) =
        let run (x: Tensor) (isAcceleratable, layers: ILayer array) =
            let f = if isAcceleratable then cache.Invoke else direct
            let struct (y, next) = f (struct (mode, withState, layers, x))
            next, y

        let next, y =
            if acceleration = Acceleration.None || Directly.IsOn then
                Directly.Run(fun () -> run x (false, layers))
            else
                let next, y = List.mapFold run x (runs (List.ofArray layers))
                Array.concat next, y

        struct (y, (if withState then this.With next else this))

    member private this.Only(struct (y: Tensor, _: Network)) = y

    /// A network of these layers, with a cache of its own.
    static member Sequential([<ParamArray>] layers: ILayer array) =
        Network(
            Array.copy layers,
            AcceleratedFunction<_, _>(direct, { FSharp.AccelerateOptions.Default with Name = "Network" })
        )

    /// The layers, first to last.
    member _.Layers = layers :> IReadOnlyList<ILayer>

    /// The traces of this network and of all that come from it, with their counters.
    member _.Cache = cache :> AcceleratedFunction

    /// What the trained network makes of its input. The next state is dropped.
    member this.Predict
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : Tensor =
        this.Only(this.Run(LayerMode.Predict, false, acceleration, x))

    /// What the network makes of its input while it is trained: dropout drops, noise is added. The next state is dropped.
    member this.Forward
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : Tensor =
        this.Only(this.Run(LayerMode.Forward, false, acceleration, x))

    /// What the trained network makes of its input, and the network with its next state.
    member this.PredictWithState
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : struct (Tensor * Network) =
        this.Run(LayerMode.Predict, true, acceleration, x)

    /// What the network makes of its input while it is trained, and the network with its next state.
    member this.ForwardWithState
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : struct (Tensor * Network) =
        this.Run(LayerMode.Forward, true, acceleration, x)

    /// The network with the state of a new sequence in each layer. Statistics of what was seen in training are kept.
    member this.Reset() : Network = this.With [| for layer in layers -> layer.Reset() |]

    /// The network with parameters, drawn from the current generator, for such input.
    /// Throws what a layer throws that takes no such input.
    member this.Initialize(input: Layout) : Network =
        let initialize (input: Layout) (layer: ILayer) =
            let layer = layer.Initialize [| input |]
            layer, input.Through layer.Predict

        this.With(Array.mapFold initialize input layers |> fst)

    /// The network with parameters, drawn from a generator with this seed, for such input.
    member this.Initialize(input: Layout, seed: uint64) : Network =
        let ambient = Generator.Current
        Generator.Current <- Generator seed

        try
            this.Initialize input
        finally
            Generator.Current <- ambient

    interface ILayer with
        member _.Inputs = Ports.input
        member _.Outputs = Ports.output
        member this.Initialize inputs = this.Initialize(Ports.single this inputs)
        member this.Reset() = this.Reset()

        member this.Run(mode, inputs) =
            let struct (y, next) = this.Run(mode, true, Acceleration.Auto, Ports.single this inputs)
            struct ([| y |], next)
