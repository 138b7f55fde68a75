namespace Functional

open System.Collections.Generic

/// Where a layer of a stretch hears from: a layer of the stretch, or what the stretch is given.
[<RequireQualifiedAccess; Struct>]
type internal Wire =
    | Within of node: int * port: int
    | Given of at: int

/// Layers of a network that run together: from one to another in the order of the wiring.
type internal LayerStretch =
    {
        /// One trace, or none.
        IsAcceleratable: bool
        /// The numbers of its nodes.
        Nodes: int array
        /// What it is given.
        Needs: Source array
        /// For each of its nodes.
        Wires: Wire array array
        /// What is wanted of it.
        Gives: Wire array
        /// The same, in the network.
        Made: Source array
    }

/// How networks are divided into stretches, and how these run.
[<RequireQualifiedAccess>]
module internal LayerStretches =
    let private stretch (wiring: Wiring) isAcceleratable (nodes: int array) (wanted: HashSet<Source>) : LayerStretch =
        let places = dict [ for k, node in Seq.indexed nodes -> node, k ]
        let needs = List<Source>()

        let wire (source: Source) =
            match places.TryGetValue source.Node with
            | true, k -> Wire.Within(k, source.Port)
            | _ ->
                match needs.IndexOf source with
                | -1 ->
                    needs.Add source
                    Wire.Given(needs.Count - 1)
                | at -> Wire.Given at

        let wires = [| for node in nodes -> Array.map wire wiring.Sources[node] |]
        let made =
            [| for source in wanted do
                   if places.ContainsKey source.Node then source |]
        { IsAcceleratable = isAcceleratable
          Nodes = nodes
          Needs = needs.ToArray()
          Wires = wires
          Gives = Array.map wire made
          Made = made }

    /// The nodes that outputs depend on.
    let private needed (wiring: Wiring) =
        let needed = HashSet<int>()
        let rec enter (source: Source) =
            if source.Node >= 0 && needed.Add source.Node then Array.iter enter wiring.Sources[source.Node]
        Array.iter enter wiring.Outputs
        needed

    /// Neighbours that are alike in being acceleratable, together; layers that no output depends on run not at all.
    let divide isAcceleratable (layers: ILayer array) (wiring: Wiring) : LayerStretch list =
        let needed = needed wiring
        let rec divided (nodes: int list) =
            match nodes with
            | [] -> []
            | first :: _ ->
                let kind = isAcceleratable layers[first]
                let isAlike node = isAcceleratable layers[node] = kind
                (kind, Array.ofList (List.takeWhile isAlike nodes)) :: divided (List.skipWhile isAlike nodes)
        let parts =
            divided
                [ for node in 0 .. layers.Length - 1 do
                      if needed.Contains node then node ]
        // What later stretches or the network's outputs hear from.
        let wantedAfter nodes =
            let inside = HashSet<int>(nodes: int array)
            let heard =
                Seq.append
                    wiring.Outputs
                    (seq {
                        for node in needed do
                            if not (inside.Contains node) then yield! wiring.Sources[node]
                    })
            HashSet<Source> heard
        [ for kind, nodes in parts -> stretch wiring kind nodes (wantedAfter nodes) ]

    /// All nodes that are needed as one stretch.
    let whole (layers: ILayer array) (wiring: Wiring) : LayerStretch =
        match divide (fun _ -> false) layers wiring with
        | [ stretch ] -> stretch
        | _ -> stretch wiring false [||] (HashSet wiring.Outputs)

    /// What the stretch gives, and its layers with their next state.
    let run (names: string array) (stretch: LayerStretch) mode (layers: ILayer array) (given: Tensor array) =
        let outputs = Array.zeroCreate<Tensor array> layers.Length
        let next = Array.copy layers
        let value wire =
            match wire with
            | Wire.Within(node, port) -> outputs[node][port]
            | Wire.Given at -> given[at]
        for k in 0 .. layers.Length - 1 do
            let struct (made, after) =
                LayerCall.run names[stretch.Nodes[k]] mode layers[k] (Array.map value stretch.Wires[k])
            outputs[k] <- made
            next[k] <- after
        struct (Array.map value stretch.Gives, next)
