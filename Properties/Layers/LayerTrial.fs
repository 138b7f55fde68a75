namespace Functional.Properties

open System
open System.Collections.Generic
open Functional

/// What a layer is tried on: layouts without open sizes, and a seed for all draws. `Arbitraries.layerTrial` makes them at
/// random, and smaller ones of those that fail.
[<Sealed; AllowNullLiteral(false)>]
type LayerTrial internal (inputs: Layout list, dtype: DType, sizes: Map<char, int>, seed: uint64) =
    let filled (layout: Layout) =
        let label k = if layout.Format.IsNone then 'U' else layout.Format.Labels[k]
        let shape = layout.Sizes |> Seq.mapi (fun k size -> size.GetValueOrDefault sizes[label k])
        Layout.Of(TensorType((if Scalars.isFloating layout.DType then dtype else layout.DType), shape, layout.Format))

    let layouts: IReadOnlyList<Layout> = [| for layout in inputs -> filled layout |]

    /// One for each input of the layer.
    member _.Inputs = layouts
    /// For parameters and draws.
    member _.Seed = seed
    override _.ToString() = $"""{String.Join(", ", layouts)}, seed {seed}"""

    member internal _.Simpler: LayerTrial seq = seq {
        if dtype <> DType.Float32 then LayerTrial(inputs, DType.Float32, sizes, seed)

        for KeyValue(label, size) in sizes do
            for smaller in List.distinct [ size / 2; size - 1 ] do
                if smaller > 0 then LayerTrial(inputs, dtype, Map.add label smaller sizes, seed)
    }

    /// At random; equal labels have one size.
    static member internal Draw(random: Random, inputs: Layout list) : LayerTrial =
        let labels = "SCBTU" |> Seq.map (fun label -> label, random.Next(1, 9)) |> Map.ofSeq
        let dtype = if random.Next 2 = 0 then DType.Float32 else DType.Float64
        LayerTrial(inputs, dtype, labels, uint64 (random.Next()))
