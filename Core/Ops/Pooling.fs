namespace Functional

/// One number of many: of each window, of all positions, of as many parts as are asked for. Along the spatial dimensions of
/// operands that have labels.
[<RequireQualifiedAccess>]
module internal Pooling =
    let private number (x: Tensor) value = Tensor.Literal(x.DType, value)
    let private sizesOf (x: Tensor) = List.ofArray x.Type.Sizes
    let private behind (x: Tensor) (windows: Tensor) = [ x.Rank .. windows.Rank - 1 ]

    /// The greatest of each window; what pads is less than everything.
    let max (sliding: Sliding) sizes (Given "MaxPool" x) : Tensor =
        let windows = Sliding.over "MaxPool" sliding -infinity sizes x
        Define.apply (Reductions.max (behind x windows)) [ windows ]

    /// The mean of each window: of all its positions, or of those that are no padding.
    let average (sliding: Sliding) countPadding sizes (Given "AveragePool" x) : Tensor =
        Statistics.floating "AveragePool" x
        let total (x: Tensor) =
            let windows = Sliding.over "AveragePool" sliding 0. sizes x
            Define.apply (Movement.sum (behind x windows)) [ windows ], windows

        let sum, windows = total x
        if countPadding then
            sum / (behind x windows |> List.fold (fun n d -> n * float windows.Shape[d]) 1.)
        else
            // One in each place: the same for all batches and channels.
            let spatial = Sliding.spatial "AveragePool" x.Type
            let sizes = [ for k in 0 .. x.Rank - 1 -> if List.contains k spatial then x.Shape[k] else 1 ]
            sum / fst (total (Movement.constant x.Interpreter (TensorType(x.DType, sizes, x.Format)) 1.))

    /// The greatest of each window, and where it stands: its number (Int64) among the positions of the spatial dimensions
    /// in row-major order. Of equals the first.
    let maxWithPositions (sliding: Sliding) sizes (Given "MaxPool" x) : Tensor * Tensor =
        let op = "MaxPool"
        let spatial = Sliding.spatial op x.Type
        let windows = Sliding.windows op [ x.Type ] sliding spatial sizes id
        let amounts = Sliding.around op x.Type sliding.Padding windows
        let seen = x |> Sliding.padded -infinity spatial amounts |> Sliding.slide windows
        let outer, inner = List.take x.Rank (sizesOf seen), List.skip x.Rank (sizesOf seen)
        let best =
            Arranging.resized (outer @ [ List.fold (*) 1 inner ]) Format.None seen
            |> fun flat -> Define.apply (Sorting.argMax x.Rank) [ flat ]

        // Where a window has nothing but padding, the place of the nearest element.
        let along (position, rest: Tensor) (w: Window, (before, _)) =
            let count = x.Shape[w.Dim]
            let column = [ for k in 0 .. x.Rank - 1 -> if k = w.Dim then outer[k] else 1 ]
            let first = Scans.iota x DType.Int64 outer[w.Dim] * float w.Stride - float before
            let place = Arranging.resized column Format.None first + rest % float w.Size * float w.Dilation
            let inside =
                Elementwise.lift Min [ Elementwise.lift Max [ place; number rest 0. ]; number rest (float (count - 1)) ]
            position @ [ inside ], rest / float w.Size

        let places, _ = (([], best), List.rev (List.zip windows amounts)) ||> List.fold along
        let position =
            (List.rev places, spatial)
            ||> List.zip
            |> List.reduce (fun (total, _) (place, d) -> total * float x.Shape[d] + place, d)
            |> fst
        Define.apply (Reductions.max (behind x seen)) [ seen ], Movement.relabel x.Format position

    /// Elements where positions say, as `maxWithPositions` gives them, of spatial dimensions of these sizes; 0 elsewhere.
    /// Elements of one place add up.
    let unpool (Given "MaxUnpool" positions) (sizes: int list) (Given "MaxUnpool" x) : Tensor =
        let op = "MaxUnpool"
        let spatial = Sliding.spatial op x.Type
        let sizes = Sliding.each op [ x.Type ] "the sizes" spatial [] sizes
        if positions.Type.Sizes <> x.Type.Sizes then
            Labels.shapeError
                op
                [ x.Type; positions.Type ]
                "there is not one position for each element"
                "give those of the pooling"
        if positions.DType <> DType.Int32 && positions.DType <> DType.Int64 then
            Labels.dtypeError op [ x.Type; positions.Type ] "positions are integers" "cast them to Int32 or Int64"

        let others = List.except spatial [ 0 .. x.Rank - 1 ]
        let rows = others |> List.fold (fun n d -> n * x.Shape[d]) 1
        let room = List.fold (*) 1 sizes
        // Each row's elements and positions side by side.
        let flat (t: Tensor) =
            Define.apply (Movement.permute (others @ spatial)) [ Movement.relabel Format.None t ]
            |> Arranging.resized [ rows; (if rows = 0 then 0 else x.Count / rows) ] Format.None

        let first = Arranging.resized [ rows; 1 ] Format.None (Scans.iota positions positions.DType rows) * float room
        // A position outside is refused, and does not fall into the next row.
        let inside = Define.apply (Gathering.gather 0) [ Scans.iota positions positions.DType room; flat positions ]
        let places = Arranging.resized [ x.Count ] Format.None (inside + first)
        let zeros = Movement.constant x.Interpreter (TensorType(x.DType, [ rows * room ])) 0.
        let order = [ for k in 0 .. x.Rank - 1 -> List.findIndex ((=) k) (others @ spatial) ]

        Define.apply (Gathering.scatterAdd 0) [ zeros; places; Arranging.resized [ x.Count ] Format.None (flat x) ]
        |> Arranging.resized ([ for d in others -> x.Shape[d] ] @ sizes) Format.None
        |> fun y -> Movement.relabel x.Format (Define.apply (Movement.permute order) [ y ])

    /// The mean over all positions; the spatial dimensions stay, with size 1.
    let wholeAverage (Given "GlobalAveragePool" x) : Tensor =
        Statistics.keep Statistics.mean (Sliding.spatial "GlobalAveragePool" x.Type) x

    /// The greatest over all positions; the spatial dimensions stay, with size 1.
    let wholeMax (Given "GlobalMaxPool" x) : Tensor =
        Statistics.keep Statistics.max (Sliding.spatial "GlobalMaxPool" x.Type) x

    /// Part i of a dimension of size n in `count` parts, which may overlap, is ⌊i · n / count⌋ … ⌈(i + 1) · n / count⌉ - 1.
    let private parts (x: Tensor) n count : Tensor * Tensor =
        let length = if n % count = 0 then n / count else n / count + 2
        let row = Scans.iota x DType.Int64 count
        let first = row * float n / float count
        let past = ((row + 1.) * float n + float (count - 1)) / float count
        let column t = Arranging.resized [ count; 1 ] Format.None t
        let places = column first + Scans.iota x DType.Int64 length
        let isInside = Elementwise.lift Less [ places; column past ]
        Elementwise.lift Where [ isInside; places; column past - 1. ], isInside

    /// Along each spatial dimension as many results as are asked for, each of its part, by a reduction of the last of the
    /// dimensions given a mask of what counts.
    let private adaptive op (reduce: Tensor -> int -> Tensor -> Tensor) (sizes: int list) (x: Tensor) : Tensor =
        let spatial = Sliding.spatial op x.Type
        let sizes = Sliding.each op [ x.Type ] "the sizes" spatial [] sizes

        let along (x: Tensor) (d, count) =
            let places, isInside = parts x x.Shape[d] count
            let seen = Define.apply (Gathering.gather d) [ Movement.relabel Format.None x; places ]
            reduce (Define.apply (Movement.broadcast (sizesOf seen) Format.None [ d; d + 1 ]) [ isInside ]) (d + 1) seen

        for d in spatial do
            if x.Shape[d] = 0 then
                Labels.shapeError op [ x.Type ] $"dimension {d} is empty" "pool dimensions of size 1 or more"
        (x, List.zip spatial sizes) ||> List.fold along |> Movement.relabel x.Format

    let adaptiveMax (sizes: int list) (Given "AdaptiveMaxPool" x) =
        // What does not count is the part's last element once more.
        adaptive "AdaptiveMaxPool" (fun _ d seen -> Define.apply (Reductions.max [ d ]) [ seen ]) sizes x

    let adaptiveAverage (sizes: int list) (Given "AdaptiveAveragePool" x) =
        Statistics.floating "AdaptiveAveragePool" x
        let mean (isInside: Tensor) d (seen: Tensor) =
            let total t = Define.apply (Movement.sum [ d ]) [ t ]
            let counted = Elementwise.lift Where [ isInside; seen; number seen 0. ]
            total counted / total (Elementwise.lift (Cast seen.DType) [ isInside ])
        adaptive "AdaptiveAveragePool" mean sizes x
