namespace Functional

/// How values between elements are found.
type Interpolation =
    /// The nearest element: ⌊position + ½⌋, and ⌊position⌋ for SamplePoints.Asymmetric.
    | Nearest = 0
    /// On the straight line between two neighbours.
    | Linear = 1
    /// On a cubic through four neighbours (Keys, 1981, with a = -3/4).
    | Cubic = 2

/// Where, between the n elements of a dimension, lies element i of m. Positions beyond the edges take the edge.
type SamplePoints =
    /// (i + ½) · n / m - ½: elements are small areas, and the areas of both sizes cover the same.
    | HalfPixel = 0
    /// i · (n - 1) / (m - 1), 0 for m = 1: first on first and last on last.
    | AlignCorners = 1
    /// i · n / m: first on first.
    | Asymmetric = 2

/// Which channels become positions: channel numbers count blocks' positions in the outer or the inner place.
type DepthOrder =
    /// Channel = position in the block · channels + channel: TensorFlow's order, ONNX's DCR.
    | PositionFirst = 0
    /// Channel = channel · positions + position in the block: PyTorch's pixel shuffle, ONNX's CRD.
    | ChannelFirst = 1

/// Other numbers of elements along the spatial dimensions of operands that have labels.
[<RequireQualifiedAccess>]
module internal Resizing =
    let private bare (x: Tensor) = Movement.relabel Format.None x
    let private sizesOf (x: Tensor) = List.ofArray x.Type.Sizes

    /// Where m elements lie between n, in Float64.
    let private points (x: Tensor) (samples: SamplePoints) n m : Tensor =
        let i = Scans.iota x DType.Float64 m
        match samples with
        | SamplePoints.HalfPixel -> (i + 0.5) * (float n / float m) - 0.5
        | SamplePoints.AlignCorners -> i * (if m = 1 then 0. else float (n - 1) / float (m - 1))
        | _ -> i * (float n / float m)

    /// Weights of the neighbours, each at its distance from the first, by the part t between the middle ones.
    let private neighbours interpolation (t: Tensor) : (float * Tensor) list =
        match interpolation with
        | Interpolation.Linear -> [ 0., 1. - t; 1., t ]
        | _ ->
            let a = -0.75
            let near (d: Tensor) = ((a + 2.) * d - (a + 3.)) * d * d + 1.
            let far (d: Tensor) = ((a * d - 5. * a) * d + 8. * a) * d - 4. * a
            [ -1., far (t + 1.); 0., near t; 1., near (1. - t); 2., far (2. - t) ]

    let private inside n (positions: Tensor) =
        let number value = Tensor.Literal(positions.DType, value)
        Elementwise.lift
            (Cast DType.Int64)
            [ Elementwise.lift Min [ Elementwise.lift Max [ positions; number 0. ]; number (float (n - 1)) ] ]

    let private along interpolation samples (x: Tensor) (d, m) =
        let n = x.Shape[d]
        let at = points x samples n m
        let take positions = Define.apply (Gathering.gather d) [ x; inside n positions ]

        if interpolation = Interpolation.Nearest then
            take (Tensor.Floor(if samples = SamplePoints.Asymmetric then at else at + 0.5))
        else
            // Of a straight line nothing lies beyond the edges.
            let at =
                if interpolation = Interpolation.Linear then
                    Elementwise.lift Max [ at; Tensor.Literal(at.DType, 0.) ]
                else
                    at
            let first = Tensor.Floor at
            let weighted (distance: float, weight: Tensor) =
                let y = take (first + distance)
                let weight = Elementwise.lift (Cast x.DType) [ weight ]
                y * Define.apply (Movement.broadcast (sizesOf y) Format.None [ d ]) [ weight ]
            neighbours interpolation (at - first) |> List.map weighted |> List.reduce (+)

    /// To these sizes of the spatial dimensions, one dimension after another.
    let resize (interpolation: Interpolation) (samples: SamplePoints) (sizes: int list) (Given "Resize" x) : Tensor =
        let op = "Resize"
        let spatial = Sliding.spatial op x.Type
        let sizes = Sliding.each op [ x.Type ] "the sizes" spatial [] sizes
        if interpolation <> Interpolation.Nearest && not (Scalars.isFloating x.DType) then
            Labels.dtypeError op [ x.Type ] $"{x.DType} has no fractions" "cast the tensor, or take the nearest element"
        for d in spatial do
            if x.Shape[d] = 0 then
                Labels.shapeError op [ x.Type ] $"dimension {d} is empty" "resize dimensions of size 1 or more"
        (bare x, List.zip spatial sizes)
        ||> List.fold (along interpolation samples)
        |> Movement.relabel x.Format

    /// The channel dimension first, then the others in order.
    let private channelFirst channel (x: Tensor) =
        Define.apply (Movement.permute (channel :: List.except [ channel ] [ 0 .. x.Rank - 1 ])) [ bare x ]

    let private channelBack channel (format: Format) (x: Tensor) =
        let order = [ 1..channel ] @ [ 0 ] @ [ channel + 1 .. x.Rank - 1 ]
        Movement.relabel format (Define.apply (Movement.permute order) [ x ])

    /// For each dimension behind the channels the size of its blocks: 1 for those that are not spatial.
    let private blocksOf op (x: Tensor) (blocks: int list) =
        let channel, spatial = Sliding.channel op x.Type, Sliding.spatial op x.Type
        let blocks = Sliding.each op [ x.Type ] "the blocks" spatial [] blocks |> List.zip spatial |> dict
        let blockOf d =
            match blocks.TryGetValue d with
            | true, block -> block
            | _ -> 1
        channel, [ for d in List.except [ channel ] [ 0 .. x.Rank - 1 ] -> blockOf d ]

    /// Channels become positions: of c · b₁ · b₂ … channels c are left, and spatial dimension k is bₖ times as large.
    let depthToSpace (order: DepthOrder) (blocks: int list) (Given "DepthToSpace" x) : Tensor =
        let op = "DepthToSpace"
        let channel, blocks = blocksOf op x blocks
        let count, volume = blocks.Length, List.fold (*) 1 blocks
        let channels = x.Shape[channel]
        if channels % volume <> 0 then
            Labels.shapeError
                op
                [ x.Type ]
                $"blocks of {volume} positions do not use up {channels} channels"
                "give blocks whose product divides the channels"

        let moved = channelFirst channel x
        let others = List.tail (sizesOf moved)
        let left = channels / volume
        // [channels; blocks …; others …], then each block behind its dimension.
        let parts, c, first =
            if order = DepthOrder.ChannelFirst then
                left :: blocks @ others, 0, 1
            else
                blocks @ [ left ] @ others, count, 0
        let pairs =
            [ for k in 0 .. count - 1 do
                  yield! [ 1 + count + k; first + k ] ]
        Arranging.resized parts Format.None moved
        |> fun y -> Define.apply (Movement.permute (c :: pairs)) [ y ]
        |> Arranging.resized (left :: List.map2 (*) others blocks) Format.None
        |> channelBack channel x.Format

    /// Positions become channels: the inverse of `depthToSpace`.
    let spaceToDepth (order: DepthOrder) (blocks: int list) (Given "SpaceToDepth" x) : Tensor =
        let op = "SpaceToDepth"
        let channel, blocks = blocksOf op x blocks
        let count = blocks.Length
        let moved = channelFirst channel x
        let channels, others = x.Shape[channel], List.tail (sizesOf moved)
        if List.exists2 (fun size block -> size % block <> 0) others blocks then
            Labels.shapeError
                op
                [ x.Type ]
                $"blocks of %A{blocks} do not fill dimensions of sizes %A{others}"
                "give blocks that divide the spatial sizes"

        let parts =
            [ for size, block in List.zip others blocks do
                  yield! [ size / block; block ] ]
        let outer, inner = [ for k in 0 .. count - 1 -> 1 + 2 * k ], [ for k in 0 .. count - 1 -> 2 + 2 * k ]
        let order = if order = DepthOrder.ChannelFirst then 0 :: inner @ outer else inner @ [ 0 ] @ outer
        Arranging.resized (channels :: parts) Format.None moved
        |> fun y -> Define.apply (Movement.permute order) [ y ]
        |> Arranging.resized (channels * List.fold (*) 1 blocks :: List.map2 (/) others blocks) Format.None
        |> channelBack channel x.Format
