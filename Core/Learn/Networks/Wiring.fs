namespace Functional

open System
open System.Collections.Generic

/// A layer of a network under a name, and where its inputs come from: from inputs of the network or outputs of layers, in
/// the order in which the layer names its inputs. An output is named by its layer, of several "layer/output".
[<Sealed; AllowNullLiteral(false)>]
type NamedLayer(name: string, layer: ILayer, [<ParamArray>] inputs: string array) =
    let inputs = Array.copy inputs
    /// By which others hear from it.
    member _.Name = name
    /// The layer itself.
    member _.Layer = layer
    /// One source for each input of the layer.
    member _.Inputs = inputs :> IReadOnlyList<string>

/// An output of a node, or, for node -1, an input of the network.
[<Struct>]
type internal Source = { Node: int; Port: int }

/// Which layers of a network give what to which, in an order in which they can run.
type internal Wiring =
    {
        Inputs: string array
        Names: string array
        /// For each node the source of each of its inputs.
        Sources: Source array array
        OutputNames: string array
        Outputs: Source array
    }

    /// All that tells it from others.
    member w.Key =
        let shown (sources: Source array) = String.Join(" ", [ for s in sources -> $"{s.Node}/{s.Port}" ])
        let nodes = [ for name, sources in Array.zip w.Names w.Sources -> $"{name}={shown sources}" ]
        String.Join("; ", [ String.Join(" ", w.Inputs); String.Join(" ", w.OutputNames); shown w.Outputs ] @ nodes)

/// Networks as users write them, and what is wrong with them.
[<RequireQualifiedAccess>]
module internal Wiring =
    let private refuse problem remedy = raise (StructureException("Network.Graph", [], problem, remedy))
    let private listed (names: string seq) = String.Join(", ", [ for name in names -> $"'{name}'" ])

    /// One layer after another.
    let chain (layers: ILayer array) : Wiring =
        let count = layers.Length
        { Inputs = [| "in" |]
          Names = [| for k in 0 .. count - 1 -> string k |]
          Sources = [| for k in 0 .. count - 1 -> [| { Node = k - 1; Port = 0 } |] |]
          OutputNames = [| "out" |]
          Outputs = [| { Node = count - 1; Port = 0 } |] }

    let private checkNames (inputs: string list) (layers: NamedLayer list) =
        let names = inputs @ [ for layer in layers -> layer.Name ]
        for name in names do
            if String.IsNullOrWhiteSpace name || name.IndexOfAny [| '/'; '.'; '['; ']' |] >= 0 then
                refuse $"\"{name}\" is no name" "name layers and inputs, without '/', '.', '[' and ']'"
        match names |> List.countBy id |> List.tryFind (fun (_, n) -> n > 1) with
        | Some(name, n) -> refuse $"{n} layers and inputs are named '{name}'" "give each a name of its own"
        | None -> ()

    let private checkOutputs (outputs: string list) =
        if outputs.IsEmpty then refuse "the network has no output" "name the output of a layer"
        if List.distinct outputs <> outputs then
            refuse $"an output is named twice: {listed outputs}" "name each output once"

    /// Layers so that each comes after those that it hears from; of several that could be next the one that was given first.
    let private ordered (inputs: string list) (layers: NamedLayer list) =
        let ownerOf (source: string) = source.Split('/')[0]
        let rec next (known: Set<string>) (waiting: NamedLayer list) =
            let isReady (layer: NamedLayer) = layer.Inputs |> Seq.forall (fun s -> known.Contains(ownerOf s))
            match waiting, List.tryFind isReady waiting with
            | [], _ -> []
            | _, Some layer ->
                layer
                :: next (known.Add layer.Name) (List.filter (fun l -> not (obj.ReferenceEquals(l, layer))) waiting)
            | _, None ->
                // Each of those that wait hears from another one.
                let rec walk (path: string list) name =
                    if List.contains name path then
                        List.rev (name :: path) |> List.skipWhile ((<>) name)
                    else
                        let layer = waiting |> List.find (fun l -> l.Name = name)
                        let owner = layer.Inputs |> Seq.map ownerOf |> Seq.find (fun s -> not (known.Contains s))
                        walk (name :: path) owner
                let cycle = walk [] waiting.Head.Name |> List.rev
                refuse $"""layers hear from themselves: {String.Join(" → ", cycle)}""" "break the cycle"
        next (Set.ofList inputs) layers

    /// The source that a name stands for.
    let private sourceOf (inputs: string list) (layers: NamedLayer list) who (name: string) : Source =
        let owner, port =
            match name.IndexOf '/' with
            | -1 -> name, None
            | at -> name[.. at - 1], Some name[at + 1 ..]
        match List.tryFindIndex ((=) owner) inputs, layers |> List.tryFindIndex (fun l -> l.Name = owner), port with
        | Some k, _, None -> { Node = -1; Port = k }
        | Some _, _, Some port -> refuse $"{who}: the input '{owner}' has no output '{port}'" $"write '{owner}'"
        | None, None, _ ->
            refuse
                $"{who}: '{owner}' is no layer and no input of the network"
                $"name one of {listed (inputs @ [ for l in layers -> l.Name ])}"
        | None, Some node, port ->
            let outputs = List.ofSeq layers[node].Layer.Outputs
            match port with
            | None when outputs.Length = 1 -> { Node = node; Port = 0 }
            | None ->
                refuse
                    $"{who}: '{owner}' has {outputs.Length} outputs"
                    $"""name one of {listed [ for o in outputs -> owner + "/" + o ]}"""
            | Some port ->
                match List.tryFindIndex ((=) port) outputs with
                | Some k -> { Node = node; Port = k }
                | None -> refuse $"{who}: '{owner}' has no output '{port}'" $"name one of {listed outputs}"

    let private checkUses (wiring: Wiring) (layers: NamedLayer list) =
        let used = HashSet(Seq.append wiring.Outputs (Seq.concat wiring.Sources))
        wiring.Inputs
        |> Array.iteri (fun k name ->
            if not (used.Contains { Node = -1; Port = k }) then
                refuse $"nothing hears from the input '{name}'" "connect it to a layer, or leave it out")
        layers
        |> List.iteri (fun node layer ->
            layer.Layer.Outputs
            |> Seq.iteri (fun port output ->
                if not (used.Contains { Node = node; Port = port }) then
                    refuse
                        $"nothing hears from output '{output}' of layer '{layer.Name}'"
                        "connect it, make it an output of the network, or leave the layer out"))

    /// The layers in order, and how they are connected. Throws StructureException for names that are none, are not there or
    /// stand for two things, for cycles, and for inputs and outputs that are not connected.
    let graph (inputs: string list) (layers: NamedLayer list) (outputs: string list) : ILayer array * Wiring =
        checkNames inputs layers
        checkOutputs outputs
        for layer in layers do
            let expected, given = layer.Layer.Inputs, layer.Inputs
            if given.Count <> expected.Count then
                refuse
                    $"layer '{layer.Name}' hears {listed expected}, and is given {listed given}"
                    "give one source for each input, in their order"
            for k in 0 .. given.Count - 1 do
                sourceOf inputs layers $"input '{expected[k]}' of layer '{layer.Name}'" given[k] |> ignore
        let layers = ordered inputs layers
        let source who name = sourceOf inputs layers who name
        let wiring =
            { Inputs = Array.ofList inputs
              Names = [| for layer in layers -> layer.Name |]
              Sources =
                [| for layer in layers ->
                       [| for name in layer.Inputs -> source $"an input of layer '{layer.Name}'" name |] |]
              OutputNames = Array.ofList outputs
              Outputs = [| for name in outputs -> source "an output of the network" name |] }
        checkUses wiring layers
        [| for layer in layers -> layer.Layer |], wiring

    /// The same layers with other outputs; what nothing hears from stays.
    let withOutputs (layers: ILayer array) (wiring: Wiring) (outputs: string list) : Wiring =
        checkOutputs outputs
        let named = [ for name, layer in Array.zip wiring.Names layers -> NamedLayer(name, layer) ]
        { wiring with
            OutputNames = Array.ofList outputs
            Outputs =
                [| for name in outputs -> sourceOf (List.ofArray wiring.Inputs) named "an output of the network" name |] }

    /// Refuses connections that are none.
    let check (layers: ILayer array) (wiring: Wiring) : unit =
        let isThere before (source: Source) =
            source.Port >= 0
            && (if source.Node = -1 then
                    source.Port < wiring.Inputs.Length
                else
                    source.Node >= 0 && source.Node < before && source.Port < layers[source.Node].Outputs.Count)
        let fits node (layer: ILayer) =
            wiring.Sources[node].Length = layer.Inputs.Count && Array.forall (isThere node) wiring.Sources[node]
        let isDistinct (names: string array) = (Array.distinct names).Length = names.Length
        let isSound =
            wiring.Names.Length = layers.Length
            && wiring.Sources.Length = layers.Length
            && wiring.Outputs.Length = wiring.OutputNames.Length
            && isDistinct (Array.append wiring.Inputs wiring.Names)
            && isDistinct wiring.OutputNames
            && Seq.forall2 fits (seq { 0 .. layers.Length - 1 }) layers
            && Array.forall (isThere layers.Length) wiring.Outputs
        if not isSound then
            refuse "the layers are not connected to each other" "connect each input to an earlier layer"
