namespace Functional

/// The same elements in other sizes, orders and labels; tensors put together and taken apart. Compositions of movements.
[<RequireQualifiedAccess>]
module internal Arranging =
    let private sizesOf (x: Tensor) = List.ofArray x.Type.Sizes

    let resized sizes format (x: Tensor) = Define.apply (Movement.reshape sizes format) [ x ]

    let private labelsOf (x: Tensor) = x.Format.Labels

    /// The same elements in row-major order in other sizes, with these labels ("" for none). One size may be -1: what is
    /// left. Throws ShapeException where the number of elements differs.
    let reshape (sizes: int list) (labels: string) (Given "Reshape" x) =
        let known = sizes |> List.filter ((<>) -1) |> List.fold (*) 1
        match sizes |> List.filter ((=) -1) with
        | [] -> resized sizes (Format.Parse labels) x
        | [ _ ] when known > 0 && x.Count % known = 0 ->
            resized [ for s in sizes -> if s = -1 then x.Count / known else s ] (Format.Parse labels) x
        | _ ->
            Labels.shapeError
                "Reshape"
                [ x.Type ]
                $"-1 in %A{sizes} stands for no size"
                "use -1 once, where the other sizes divide the number of elements"

    /// Dimension k of the result is dimension `order[k]`, label and all. Negative numbers count from the end.
    let permute (order: int list) (Given "Permute" x) =
        let order = order |> List.map (Labels.dimension "Permute" x.Type)
        Define.apply (Movement.permute order) [ x ]

    /// The dimensions in the order of these labels; equal labels keep their order. Throws TensorFormatException unless x has
    /// just these labels.
    let arrange (labels: string) (Given "Arrange" x) =
        if Seq.sort labels |> Seq.compareWith compare (Seq.sort (labelsOf x)) <> 0 then
            Labels.formatError
                "Permute"
                [ x.Type ]
                $"its labels are no other order of \"{labels}\""
                "name each of its labels as often as it occurs"
        let place k label =
            let earlier = labels |> Seq.take k |> Seq.filter ((=) label) |> Seq.length
            Labels.find "Permute" x.Type label |> List.item earlier
        Define.apply (Movement.permute (labels |> Seq.mapi place |> List.ofSeq)) [ x ]

    /// Two dimensions change places, labels and all.
    let swap a b (Given "SwapDims" x) =
        let a, b = Labels.dimension "Transpose" x.Type a, Labels.dimension "Transpose" x.Type b
        let order =
            [ for k in 0 .. x.Rank - 1 ->
                  if k = a then b
                  elif k = b then a
                  else k ]
        Define.apply (Movement.permute order) [ x ]

    /// The last two dimensions change places, labels and all: [...; n; m] → [...; m; n].
    let transpose (Given "Transpose" x) =
        if x.Rank < 2 then
            Labels.dimensionError "Transpose" [ x.Type ] "it has no two dimensions" "give a matrix, or a batch of them"
        swap -2 -1 x

    /// One dimension moves to another place; the others keep their order.
    let moveDim source destination (Given "MoveDim" x) =
        let source = Labels.dimension "MoveDim" x.Type source
        let destination = Labels.dimension "MoveDim" x.Type destination
        let order = [ 0 .. x.Rank - 1 ] |> List.removeAt source |> List.insertAt destination source
        Define.apply (Movement.permute order) [ x ]

    /// Repeated to these sizes, aligned from the last dimension; sizes are equal, or 1 in x. New dimensions get the label
    /// U if x has labels.
    let broadcastTo (sizes: int list) (Given "BroadcastTo" x) =
        let added = sizes.Length - x.Rank
        if added < 0 then
            Labels.shapeError
                "Broadcast"
                [ x.Type ]
                $"it has more dimensions than %A{sizes}"
                "give as many sizes, or more"
        let labels = if x.Format.IsNone then "" else System.String('U', added) + labelsOf x
        Define.apply (Movement.broadcast sizes (Format.Parse labels) [ added .. sizes.Length - 1 ]) [ x ]

    /// A new dimension of size 1 at a place (-1: after the last), labelled U if x has labels.
    let expandDims dim (Given "ExpandDims" x) =
        if dim < -x.Rank - 1 || dim > x.Rank then
            Labels.dimensionError
                "ExpandDims"
                [ x.Type ]
                $"there is no place {dim} for a dimension"
                $"use {-x.Rank - 1} to {x.Rank}"
        let dim = if dim < 0 then dim + x.Rank + 1 else dim
        let labels = if x.Format.IsNone then "" else (labelsOf x).Insert(dim, "U")
        resized (List.insertAt dim 1 (sizesOf x)) (Format.Parse labels) x

    /// Without these dimensions, of size 1 each. Throws ShapeException for any other size.
    let squeeze (dims: int list) (Given "Squeeze" x) =
        let dims = Labels.dimensions "Squeeze" x.Type dims
        match dims |> List.filter (fun d -> x.Type.Sizes[d] <> 1) with
        | [] ->
            let kept = List.except dims [ 0 .. x.Rank - 1 ]
            resized [ for d in kept -> x.Type.Sizes[d] ] (Labels.keep x.Type (fun d -> not (List.contains d dims))) x
        | d :: _ ->
            Labels.shapeError
                "Squeeze"
                [ x.Type ]
                $"dimension {d} has size {x.Type.Sizes[d]}"
                "only dimensions of size 1 can go"

    /// Without any dimension of size 1.
    let squeezeAll (Given "Squeeze" x) =
        squeeze
            [ for d in 0 .. x.Rank - 1 do
                  if x.Type.Sizes[d] = 1 then d ]
            x

    let private some name (xs: Tensor list) =
        if xs.IsEmpty then Labels.shapeError name [] "there are no operands" "give at least one tensor"

    /// One after another along a dimension: types are alike apart from that dimension's size.
    let concat dim (xs: Tensor list) =
        some "Concat" xs
        Define.apply (Movement.concat (Labels.dimension "Concat" xs.Head.Type dim)) xs

    /// Tensors of one type side by side along a new dimension (-1: after the last), labelled U if they have labels.
    let stack dim (xs: Tensor list) =
        some "Stack" xs
        let dim = if dim < 0 then dim + xs.Head.Rank + 1 else dim
        Define.apply (Movement.concat dim) (xs |> List.map (expandDims dim))

    /// Parts of these sizes, one after another, along a dimension. Throws ShapeException unless they add up to its size.
    let split dim (sizes: int list) (Given "Split" x) : Tensor list =
        let dim = Labels.dimension "Split" x.Type dim
        if sizes |> List.exists (fun s -> s < 0) || List.sumBy int64 sizes <> int64 x.Type.Sizes[dim] then
            Labels.shapeError
                "Split"
                [ x.Type ]
                $"%A{sizes} are no parts of dimension {dim}"
                $"give sizes of at least 0 that add up to {x.Type.Sizes[dim]}"
        let part start size =
            let ranges = [ for k in 0 .. x.Rank - 1 -> if k = dim then start, 1, size else 0, 1, x.Type.Sizes[k] ]
            Define.apply (Movement.slice ranges) [ x ]
        List.map2 part (List.scan (+) 0 sizes |> List.take sizes.Length) sizes

    /// So many parts along a dimension, of sizes that differ by at most 1, the larger ones first.
    let chunk dim count (Given "Chunk" x) : Tensor list =
        if count < 1 then
            Labels.shapeError "Chunk" [ x.Type ] $"there are no {count} parts" "ask for at least one"
        let size = x.Type.Sizes[Labels.dimension "Chunk" x.Type dim]
        split dim [ for k in 0 .. count - 1 -> size / count + (if k < size % count then 1 else 0) ] x

    /// The whole tensor so many times over along each dimension: sizes [a; b] with [2; 1] → [2a; b].
    let tile (counts: int list) (Given "Tile" x) =
        if counts.Length <> x.Rank || counts |> List.exists (fun c -> c < 0) then
            Labels.shapeError
                "Tile"
                [ x.Type ]
                $"%A{counts} does not fit"
                "give a count of at least 0 for each dimension"
        let paired = List.zip counts (sizesOf x)
        x
        |> resized (paired |> List.collect (fun (_, s) -> [ 1; s ])) Format.None
        |> broadcastTo (paired |> List.collect (fun (c, s) -> [ c; s ]))
        |> resized (paired |> List.map (fun (c, s) -> c * s)) x.Format

    /// Each element so many times in a row along a dimension: a b → a a b b.
    let repeat dim count (Given "Repeat" x) =
        let dim = Labels.dimension "Repeat" x.Type dim
        if count < 0 then
            Labels.shapeError "Repeat" [ x.Type ] $"nothing occurs {count} times" "repeat 0 times or more"
        let sizes = sizesOf x
        x
        |> resized (List.insertAt (dim + 1) 1 sizes) Format.None
        |> broadcastTo (List.insertAt (dim + 1) count sizes)
        |> resized (List.updateAt dim (sizes[dim] * count) sizes) x.Format
