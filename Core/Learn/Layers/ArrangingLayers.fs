namespace Functional

open System.Collections.Generic
open Functional.FSharp

/// Channels and spatial dimensions become channels, the last dimension; all others stay: "BCSS" → "BC". Of unformatted input
/// all dimensions but the first.
[<Sealed; AllowNullLiteral(false)>]
type Flatten() =
    inherit Layer()

    override _.Predict(Given "Flatten" x) =
        let labels = if x.Format.IsNone then "U" + String.replicate (x.Rank - 1) "C" else x.Format.Labels
        let isFlat k = labels[k] = 'C' || labels[k] = 'S'
        let flat, kept = List.partition isFlat [ 0 .. x.Rank - 1 ]
        let sizes = [ for k in kept -> x.Shape[k] ] @ [ List.fold (fun n k -> n * x.Shape[k]) 1 flat ]
        let format = if x.Format.IsNone then "" else System.String.Concat [ for k in kept -> string labels[k] ] + "C"
        Arranging.permute (kept @ flat) x |> Arranging.reshape sizes format

    interface IAcceleratable

/// Each example, all but the batch, brought to other sizes under other labels; elements keep their row-major order. The batch,
/// labelled B, or the first dimension of unformatted input, comes first.
[<Sealed; AllowNullLiteral(false)>]
type Reshape(sizes: IReadOnlyList<int>, labels: string) =
    inherit Layer()
    let sizes = List.ofSeq sizes
    /// Without labels.
    new(sizes: IReadOnlyList<int>) = Reshape(sizes, "")

    /// Throws ShapeException where the sizes do not make up an example, TensorFormatException for labels that are not one for
    /// each size, DimensionException for labelled input without a batch.
    override _.Predict(Given "Reshape" x) =
        let batch = if x.Format.IsNone then 0 else Labels.single "Reshape" x.Type 'B'
        if x.Rank = 0 then
            Labels.dimensionError "Reshape" [ x.Type ] "it has no batch" "give examples side by side"
        let order = batch :: List.except [ batch ] [ 0 .. x.Rank - 1 ]
        let format = if labels = "" then "" else "B" + labels
        Arranging.permute order x |> Arranging.reshape (x.Shape[batch] :: sizes) format

    interface IAcceleratable

/// To these sizes of the spatial dimensions. As Tensor.resize.
[<Sealed; AllowNullLiteral(false)>]
type Resize(sizes: IReadOnlyList<int>, interpolation: Interpolation, samples: SamplePoints) =
    inherit Layer()
    let sizes = List.ofSeq sizes
    /// Elements are small areas, whose centres are interpolated between. A number for each spatial dimension, or one for all.
    new(sizes: IReadOnlyList<int>, interpolation: Interpolation) = Resize(sizes, interpolation, SamplePoints.HalfPixel)
    override _.Predict x = Resizing.resize interpolation samples sizes x
    interface IAcceleratable

/// Channels become positions: spatial dimensions are as many times as large as blocks say. As Tensor.depthToSpace.
[<Sealed; AllowNullLiteral(false)>]
type DepthToSpace(blocks: IReadOnlyList<int>, order: DepthOrder) =
    inherit Layer()
    let blocks = List.ofSeq blocks
    /// Channel numbers count the position in a block in the inner place, as PyTorch's pixel shuffle. A number for each spatial
    /// dimension, or one for all.
    new(blocks: IReadOnlyList<int>) = DepthToSpace(blocks, DepthOrder.ChannelFirst)
    override _.Predict x = Resizing.depthToSpace order blocks x
    interface IAcceleratable

/// Positions become channels, the inverse of DepthToSpace. As Tensor.spaceToDepth.
[<Sealed; AllowNullLiteral(false)>]
type SpaceToDepth(blocks: IReadOnlyList<int>, order: DepthOrder) =
    inherit Layer()
    let blocks = List.ofSeq blocks
    /// Channel numbers count the position in a block in the inner place. A number for each spatial dimension, or one for all.
    new(blocks: IReadOnlyList<int>) = SpaceToDepth(blocks, DepthOrder.ChannelFirst)
    override _.Predict x = Resizing.spaceToDepth order blocks x
    interface IAcceleratable
