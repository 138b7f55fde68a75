namespace Functional

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// A stretch that runs: what for, whether the next state is wanted, which it is, its layers, and what it is given.
type internal LayerRun = (struct (LayerMode * bool * int * ILayer array * Tensor array))

/// What networks that come from one share.
[<Sealed>]
type internal NetworkPlan
    (
        wiring: Wiring,
        stretches: LayerStretch list,
        whole: LayerStretch,
        cache: AcceleratedFunction<LayerRun, struct (Tensor array * ILayer array)>
    ) =
    member _.Wiring = wiring
    member _.Stretches = stretches
    /// All layers as one stretch, to run directly.
    member _.Whole = whole
    member _.Cache = cache
    /// How its layers are connected, as a part of signatures.
    member val Key = wiring.Key

/// Layers and how they are connected, immutable. As a structure a network is its layers: the gradient with respect to a
/// network is a network, and an optimiser makes the next one from both. All networks that come from one share its traces, so
/// that new parameters or a new state need no new trace.
[<Sealed; AllowNullLiteral(false)>]
type Network internal (layers: ILayer array, plan: NetworkPlan, layouts: Layout array array option) =
    static do Openings.register typeof<Network> (fun _ -> NetworkOpening())

    static let rec isAcceleratable (layer: ILayer) =
        match layer with
        | :? Network as network -> network.Layers |> Seq.forall isAcceleratable
        | layer -> layer :? IAcceleratable

    let wiring, cache = plan.Wiring, plan.Cache
    let names = wiring.Names

    /// A network with a cache of its own.
    static let make (layers: ILayer array) (wiring: Wiring) layouts =
        let stretches = LayerStretches.divide isAcceleratable layers wiring
        let all = Array.ofList stretches
        let run (struct (mode, withState, which, layers, given): LayerRun) =
            let struct (outputs, next) = LayerStretches.run wiring.Names all[which] mode layers given
            struct (outputs, (if withState then next else [||]))
        let cache = AcceleratedFunction<_, _>(run, { FSharp.AccelerateOptions.Default with Name = "Network" })
        Network(layers, NetworkPlan(wiring, stretches, LayerStretches.whole layers wiring, cache), layouts)

    member internal _.Key = plan.Key
    member internal _.Wiring = wiring
    member internal _.With(layers: ILayer array) = Network(layers, plan, layouts)

    member private this.RunAll(mode, withState, acceleration, inputs: IReadOnlyList<Tensor>) =
        Ports.count this wiring.Inputs.Length inputs
        let next = if withState then Array.copy layers else layers
        let made = Dictionary<Source, Tensor>()
        for k in 0 .. inputs.Count - 1 do
            made[{ Node = -1; Port = k }] <- inputs[k]

        let run which (stretch: LayerStretch) =
            let own = [| for node in stretch.Nodes -> layers[node] |]
            let given = [| for source in stretch.Needs -> made[source] |]
            let struct (outputs, after) =
                if which >= 0 && stretch.IsAcceleratable then
                    cache.Invoke(struct (mode, withState, which, own, given))
                else
                    LayerStretches.run names stretch mode own given
            stretch.Made |> Array.iteri (fun k source -> made[source] <- outputs[k])
            if withState then stretch.Nodes |> Array.iteri (fun k node -> next[node] <- after[k])

        if acceleration = Acceleration.None || Directly.IsOn then
            Directly.Run(fun () -> run -1 plan.Whole)
        else
            List.iteri run plan.Stretches
        struct ([| for source in wiring.Outputs -> made[source] |], (if withState then this.With next else this))

    member private this.RunOne(mode, withState, acceleration, x: Tensor) : struct (Tensor * Network) =
        let struct (outputs, next) = this.RunAll(mode, withState, acceleration, [| x |])
        struct (Ports.single this outputs, next)

    member private _.Only(struct (y: 'Y, _: Network)) = y

    /// A network of these layers, one after another, named by their numbers.
    /// Throws StructureException for a layer of several inputs or outputs.
    static member Sequential([<ParamArray>] layers: ILayer array) =
        for layer in layers do
            Ports.count layer 1 layer.Inputs
            Ports.count layer 1 layer.Outputs
        make (Array.copy layers) (Wiring.chain layers) None

    /// A network of named inputs, layers in any order, and outputs: each the name of a layer, of several outputs
    /// "layer/output".
    /// Throws StructureException, which names the layer, for names that are none, are not there or stand for two things, for
    /// cycles, and for inputs and outputs that are not connected.
    static member Graph
        (inputs: IReadOnlyList<string>, layers: IReadOnlyList<NamedLayer>, outputs: IReadOnlyList<string>)
        : Network =
        let layers, wiring = Wiring.graph (List.ofSeq inputs) (List.ofSeq layers) (List.ofSeq outputs)
        make layers wiring None

    /// A network of these connections. Throws StructureException where they are none.
    static member internal Wired(layers: ILayer array, wiring: Wiring) : Network =
        Wiring.check layers wiring
        make layers wiring None

    /// The layers, in the order in which they run.
    member _.Layers = layers :> IReadOnlyList<ILayer>
    /// Their names.
    member _.Names = names :> IReadOnlyList<string>
    /// The names of the inputs.
    member _.Inputs = wiring.Inputs :> IReadOnlyList<string>
    /// The names of the outputs.
    member _.Outputs = wiring.OutputNames :> IReadOnlyList<string>

    /// The layer of a name. Throws StructureException where there is none.
    member this.Item
        with get (name: string): ILayer = layers[this.Place name]

    member private _.Place(name: string) =
        match Array.tryFindIndex ((=) name) names with
        | Some k -> k
        | None ->
            let known = String.Join(", ", [ for name in names -> $"'{name}'" ])
            raise (StructureException("Network", [], $"there is no layer '{name}'", $"name one of {known}"))

    /// The network with another layer in the place of one. It keeps its traces where the layer differs in tensors alone.
    /// Throws StructureException where there is none of the name, or the other one has other inputs or outputs.
    member this.WithLayer(name: string, layer: ILayer) : Network =
        let k = this.Place name
        let isAlike (a: IReadOnlyList<string>) (b: IReadOnlyList<string>) = List.ofSeq a = List.ofSeq b
        if not (isAlike layer.Inputs layers[k].Inputs && isAlike layer.Outputs layers[k].Outputs) then
            raise (
                StructureException(
                    "Network.WithLayer",
                    [],
                    $"the layer for '{name}' has other inputs or outputs",
                    "give a layer that names the same"
                )
            )
        let changed = Array.updateAt k layer layers
        if isAcceleratable layer = isAcceleratable layers[k] then
            this.With changed
        else
            make changed wiring layouts

    /// The same layers with other outputs, by the names that Graph takes: of what lies within the network, or a part of them.
    /// It has traces of its own, and runs the layers alone that are needed.
    /// Throws StructureException for a name that is not there.
    member _.WithOutputs([<ParamArray>] outputs: string array) : Network =
        make layers (Wiring.withOutputs layers wiring (List.ofArray outputs)) layouts

    /// The traces of this network and of all that come from it, with their counters.
    member _.Cache = cache :> AcceleratedFunction

    /// What training changes, layer by layer.
    member _.Learnables: IReadOnlyList<NetworkTensor> = NetworkTensors.learnables names layers
    /// What running the layers changes, layer by layer.
    member _.State: IReadOnlyList<NetworkTensor> = NetworkTensors.state names layers

    member private _.View: NetworkView = { Layers = layers; Wiring = wiring; Layouts = layouts }

    /// A table of its layers: name, type, where each hears from, what it gives (of an initialised network), how many numbers
    /// it learns and how many it keeps as state.
    member this.Summary() : string = NetworkPicture.summary this.View

    /// A picture of its layers and their connections in the language of Mermaid.
    member this.ToMermaid() : string = NetworkPicture.mermaid this.View

    /// The same as SVG.
    member this.ToSvg() : string = NetworkPicture.svg this.View

    /// What the trained network makes of its input. The next state is dropped.
    /// Throws StructureException for a network of several inputs or outputs.
    member this.Predict
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : Tensor =
        this.Only(this.RunOne(LayerMode.Predict, false, acceleration, x))

    /// What the trained network makes of its inputs: a tensor for each output. The next state is dropped.
    member this.Predict
        (
            inputs: IReadOnlyList<Tensor>,
            [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration
        ) : IReadOnlyList<Tensor> =
        this.Only(this.RunAll(LayerMode.Predict, false, acceleration, inputs))

    /// What the network makes of its input while it is trained: dropout drops, noise is added. The next state is dropped.
    /// Throws StructureException for a network of several inputs or outputs.
    member this.Forward
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : Tensor =
        this.Only(this.RunOne(LayerMode.Forward, false, acceleration, x))

    /// What the network makes of its inputs while it is trained: a tensor for each output. The next state is dropped.
    member this.Forward
        (
            inputs: IReadOnlyList<Tensor>,
            [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration
        ) : IReadOnlyList<Tensor> =
        this.Only(this.RunAll(LayerMode.Forward, false, acceleration, inputs))

    /// What the trained network makes of its input, and the network with its next state.
    /// Throws StructureException for a network of several inputs or outputs.
    member this.PredictWithState
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : struct (Tensor * Network) =
        this.RunOne(LayerMode.Predict, true, acceleration, x)

    /// What the trained network makes of its inputs, and the network with its next state.
    member this.PredictWithState
        (
            inputs: IReadOnlyList<Tensor>,
            [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration
        ) : struct (IReadOnlyList<Tensor> * Network) =
        let struct (outputs, next) = this.RunAll(LayerMode.Predict, true, acceleration, inputs)
        struct (outputs, next)

    /// What the network makes of its input while it is trained, and the network with its next state.
    /// Throws StructureException for a network of several inputs or outputs.
    member this.ForwardWithState
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : struct (Tensor * Network) =
        this.RunOne(LayerMode.Forward, true, acceleration, x)

    /// What the network makes of its inputs while it is trained, and the network with its next state.
    member this.ForwardWithState
        (
            inputs: IReadOnlyList<Tensor>,
            [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration
        ) : struct (IReadOnlyList<Tensor> * Network) =
        let struct (outputs, next) = this.RunAll(LayerMode.Forward, true, acceleration, inputs)
        struct (outputs, next)

    /// The network with the state of a new sequence in each layer. Statistics of what was seen in training are kept.
    member this.Reset() : Network = this.With [| for layer in layers -> layer.Reset() |]

    /// The network with parameters, drawn from the current generator, for such inputs, one for each that it names.
    /// Throws what a layer throws that takes no such input; the error names the layer.
    member this.Initialize(inputs: IReadOnlyList<Layout>) : Network =
        Ports.count this wiring.Inputs.Length inputs
        let made = Array.zeroCreate<Layout array> layers.Length
        let layoutOf (source: Source) = if source.Node < 0 then inputs[source.Port] else made[source.Node][source.Port]
        let initialised =
            layers
            |> Array.mapi (fun node layer ->
                let given = Array.map layoutOf wiring.Sources[node]
                let layer = LayerCall.named names[node] layer (fun () -> layer.Initialize given)
                let predict xs =
                    let struct (outputs, _) = LayerCall.run names[node] LayerMode.Predict layer (Array.ofList xs)
                    List.ofArray outputs
                made[node] <- Layout.Through(List.ofArray given, predict) |> Array.ofList
                layer)
        let kinds (layers: ILayer array) = Array.map isAcceleratable layers
        if kinds initialised = kinds layers then
            Network(initialised, plan, Some made)
        else
            make initialised wiring (Some made)

    /// The network with parameters, drawn from the current generator, for such input.
    /// Throws what a layer throws that takes no such input; the error names the layer.
    member this.Initialize(input: Layout) : Network = this.Initialize([| input |] :> IReadOnlyList<Layout>)

    /// The network with parameters, drawn from a generator with this seed, for such inputs.
    member this.Initialize(inputs: IReadOnlyList<Layout>, seed: uint64) : Network =
        let ambient = Generator.Current
        Generator.Current <- Generator seed

        try
            this.Initialize inputs
        finally
            Generator.Current <- ambient

    /// The network with parameters, drawn from a generator with this seed, for such input.
    member this.Initialize(input: Layout, seed: uint64) : Network =
        this.Initialize([| input |] :> IReadOnlyList<Layout>, seed)

    interface ILayer with
        member _.Inputs = wiring.Inputs
        member _.Outputs = wiring.OutputNames
        member this.Initialize inputs = this.Initialize inputs
        member this.Reset() = this.Reset()

        member this.Run(mode, inputs) =
            let struct (outputs, next) = this.RunAll(mode, true, Acceleration.Auto, inputs)
            struct (outputs, next)

/// A network as its layers, by name, and how they are connected.
and [<Sealed>] internal NetworkOpening() =
    inherit Opening<Network>(typeof<Network>)
    override _.HasKeys = true

    override _.ShowValue(network, visitor) =
        for k in 0 .. network.Layers.Count - 1 do
            visitor.Key network.Names[k]
            visitor.Part network.Layers[k]
        visitor.Key "wiring"
        visitor.Part network.Key

    override _.ReplaceValue(network, source) =
        network.With [| for layer in network.Layers -> unbox<ILayer>(source.Part layer) |]
