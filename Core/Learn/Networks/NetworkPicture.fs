namespace Functional

open System
open System.Globalization
open System.Net
open System.Text

/// What is known of a network, to be shown.
[<NoComparison; NoEquality>]
type internal NetworkView =
    {
        Layers: ILayer array
        Wiring: Wiring
        /// For each layer the layouts of its outputs, of an initialised network.
        Layouts: Layout array array option
    }

/// Networks as tables and as pictures.
[<RequireQualifiedAccess>]
module internal NetworkPicture =
    let private kindOf (layer: ILayer) = layer.GetType().Name

    let private count (tensors: NetworkTensor array) = tensors |> Array.sumBy (fun t -> int64 t.Value.Count)

    let private grouped (n: int64) = n.ToString("N0", CultureInfo.InvariantCulture)

    let private name (view: NetworkView) (source: Source) =
        if source.Node < 0 then view.Wiring.Inputs[source.Port] else view.Wiring.Names[source.Node]

    let private outputOf (view: NetworkView) node =
        match view.Layouts with
        | None -> ""
        | Some layouts -> String.Join(", ", [ for layout in layouts[node] -> string layout ])

    /// A row for each layer: name, type, where it hears from, what it gives, how many numbers it learns and keeps as state.
    let summary (view: NetworkView) : string =
        let of' tensors node = count (tensors [| view.Wiring.Names[node] |] [| view.Layers[node] |])
        let learnables, state = of' NetworkTensors.learnables, of' NetworkTensors.state
        let nodes = [ 0 .. view.Layers.Length - 1 ]
        let row node =
            [ view.Wiring.Names[node]
              kindOf view.Layers[node]
              String.Join(", ", [ for source in view.Wiring.Sources[node] -> name view source ])
              outputOf view node
              grouped (learnables node)
              grouped (state node) ]
        let total = [ "total"; ""; ""; ""; grouped (List.sumBy learnables nodes); grouped (List.sumBy state nodes) ]
        let head = [ "layer"; "type"; "from"; "output"; "learnables"; "state" ]
        let rows = head :: List.map row nodes @ [ total ]
        let widths = [ for column in List.transpose rows -> column |> List.map String.length |> List.max ]
        let padded k (cell: string) = if k < 4 then cell.PadRight widths[k] else cell.PadLeft widths[k]
        String.Join("\n", [ for row in rows -> String.Join("  ", List.mapi padded row).TrimEnd() ]) + "\n"

    /// Who gives what to whom: source, layer or output, and the port by which it leaves, where there are several.
    let private edges (view: NetworkView) =
        let port (source: Source) =
            if source.Node < 0 || view.Layers[source.Node].Outputs.Count = 1 then
                ""
            else
                view.Layers[source.Node].Outputs[source.Port]
        [ for node in 0 .. view.Layers.Length - 1 do
              for source in view.Wiring.Sources[node] -> source, node, port source ]

    /// A flow chart in the language of Mermaid.
    let mermaid (view: NetworkView) : string =
        let text = StringBuilder("flowchart TD\n")
        let line (s: string) = text.Append("    ").Append(s).Append('\n') |> ignore
        let quoted (s: string) = s.Replace("\"", "#quot;")
        let id (source: Source) = if source.Node < 0 then $"i{source.Port}" else $"n{source.Node}"
        view.Wiring.Inputs |> Array.iteri (fun k input -> line $"i{k}([\"{quoted input}\"])")
        view.Layers
        |> Array.iteri (fun k layer -> line $"n{k}[\"{quoted view.Wiring.Names[k]}: {quoted (kindOf layer)}\"]")
        view.Wiring.OutputNames |> Array.iteri (fun k output -> line $"o{k}([\"{quoted output}\"])")
        let arrow port = if port = "" then "-->" else $"-->|{quoted port}|"
        for source, node, port in edges view do
            line $"{id source} {arrow port} n{node}"
        view.Wiring.Outputs |> Array.iteri (fun k source -> line $"{id source} --> o{k}")
        text.ToString()

    let private width, height, gapX, gapY, margin = 170, 40, 30, 36, 16

    /// Boxes in rows, each row one step further from the inputs, and lines between them.
    let svg (view: NetworkView) : string =
        let depths = Array.zeroCreate<int> view.Layers.Length
        let depthOf (source: Source) = if source.Node < 0 then 0 else depths[source.Node]
        for node in 0 .. view.Layers.Length - 1 do
            depths[node] <- 1 + (view.Wiring.Sources[node] |> Seq.map depthOf |> Seq.fold max 0)
        let last = 1 + Seq.fold max 0 depths
        let boxes =
            [ for k, input in Seq.indexed view.Wiring.Inputs -> 0, (-1, k), input, ""
              for node in 0 .. view.Layers.Length - 1 ->
                  depths[node], (node, 0), view.Wiring.Names[node], kindOf view.Layers[node]
              for k, output in Seq.indexed view.Wiring.OutputNames -> last, (-2, k), output, "" ]
        let rows = boxes |> List.groupBy (fun (depth, _, _, _) -> depth) |> dict
        let widest = rows.Values |> Seq.map List.length |> Seq.max
        let whole = widest * (width + gapX) - gapX
        let place =
            dict
                [ for row in rows do
                      let used = row.Value.Length * (width + gapX) - gapX
                      for k, (depth, key, _, _) in List.indexed row.Value ->
                          key, (margin + (whole - used) / 2 + k * (width + gapX), margin + depth * (height + gapY)) ]
        let keyOf (source: Source) = if source.Node < 0 then -1, source.Port else source.Node, 0
        let text = StringBuilder()
        let line (s: string) = text.Append(s).Append('\n') |> ignore
        let w, h = whole + 2 * margin, (last + 1) * (height + gapY) - gapY + 2 * margin
        line
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" font-family=\"sans-serif\" font-size=\"12\" text-anchor=\"middle\">"
        line
            "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>"
        let connect from into =
            let (x1, y1), (x2, y2) = place[from], place[into]
            let x1, x2 = x1 + width / 2, x2 + width / 2
            line
                $"<line x1=\"{x1}\" y1=\"{y1 + height}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"#000\" marker-end=\"url(#tip)\"/>"
        for source, node, _ in edges view do
            connect (keyOf source) (node, 0)
        view.Wiring.Outputs |> Array.iteri (fun k source -> connect (keyOf source) (-2, k))
        for _, key, title, kind in boxes do
            let x, y = place[key]
            let round = if kind = "" then height / 2 else 4
            line
                $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" fill=\"#fff\" stroke=\"#000\"/>"
            let middle = x + width / 2
            if kind = "" then
                line $"<text x=\"{middle}\" y=\"{y + 24}\">{WebUtility.HtmlEncode title}</text>"
            else
                line $"<text x=\"{middle}\" y=\"{y + 17}\" font-weight=\"bold\">{WebUtility.HtmlEncode title}</text>"
                line $"<text x=\"{middle}\" y=\"{y + 32}\">{WebUtility.HtmlEncode kind}</text>"
        line "</svg>"
        text.ToString()
