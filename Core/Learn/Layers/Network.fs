namespace Functional

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// Layers one after another, immutable. As a structure a network is its layers: the gradient with respect to a network is a
/// network, and an optimiser makes the next one from both. All networks that come from one share its traces, so that new
/// parameters need no new trace.
[<Sealed; AllowNullLiteral(false)>]
type Network private (layers: ILayer array, cache: AcceleratedFunction<struct (bool * ILayer array * Tensor), Tensor>) =
    static do
        Structure.Register<Network>(
            (fun network -> network.Parts),
            (fun network parts -> network.With [| for layer in parts -> unbox<ILayer> layer |])
        )

    static let rec isAcceleratable (layer: ILayer) =
        match layer with
        | :? Network as network -> network.Layers |> Seq.forall isAcceleratable
        | layer -> layer :? IAcceleratable

    static let step training (x: Tensor) (layer: ILayer) =
        match layer, training with
        | :? Network as network, _ -> network.Run(training, Acceleration.None, x)
        | layer, true -> layer.Forward x
        | layer, false -> layer.Predict x

    static let direct struct (training, layers: ILayer array, x) = Array.fold (step training) x layers

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

    member private _.Run(training, acceleration, x) =
        match acceleration with
        | Acceleration.None -> direct (struct (training, layers, x))
        | _ ->
            (x, runs (List.ofArray layers))
            ||> List.fold (fun x (acceleratable, run) ->
                if acceleratable then
                    cache.Invoke(struct (training, run, x))
                else
                    (x, run) ||> Array.fold (fun x layer -> if training then layer.Forward x else layer.Predict x))

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

    /// What the trained network makes of its input.
    member this.Predict
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : Tensor =
        this.Run(false, acceleration, x)

    /// What the network makes of its input while it is trained: dropout drops, noise is added.
    member this.Forward
        (x: Tensor, [<Optional; DefaultParameterValue(Acceleration.Auto)>] acceleration: Acceleration)
        : Tensor =
        this.Run(true, acceleration, x)

    /// The network with parameters, drawn from the current generator, for such input.
    /// Throws what a layer throws that takes no such input.
    member this.Initialize(input: Layout) : Network =
        let initialize (input: Layout) (layer: ILayer) =
            let layer = layer.Initialize input
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
        member this.Predict x = this.Predict x
        member this.Forward x = this.Forward x
        member this.Initialize input = this.Initialize input
