namespace Functional

/// Convolution (as the field has it: the filters are not turned round) and its transpose, over any number of spatial
/// dimensions. Operands have labels; the filters have none.
[<RequireQualifiedAccess>]
module internal Convolutions =
    let private bare (x: Tensor) = Movement.relabel Format.None x
    let private sizesOf (x: Tensor) = List.ofArray x.Type.Sizes
    let private dims (windows: Window list) = [ for w in windows -> w.Dim ]

    /// Dimension d as two, groups first; as it is for one group.
    let private apart groups d (x: Tensor) =
        let sizes = sizesOf x
        let parts = List.take d sizes @ [ groups; sizes[d] / groups ] @ List.skip (d + 1) sizes
        if groups = 1 then x else Arranging.resized parts Format.None x

    /// The groups' filters, which lead, as one dimension.
    let private together groups (x: Tensor) =
        let sizes = sizesOf x
        if groups = 1 then x else Arranging.resized (sizes[0] * sizes[1] :: List.skip 2 sizes) Format.None x

    /// Filters, channels and windows of the operands, or a typed error. Of the filters' first two sizes one counts the
    /// channels of the operand, the other is for one group.
    let private check op (sliding: Sliding) groups (weights: Tensor) channelsAt (x: Tensor) =
        let types = [ x.Type; weights.Type ]
        let spatial = Sliding.spatial op x.Type
        let channel = Sliding.channel op x.Type
        if weights.Rank <> spatial.Length + 2 then
            Labels.shapeError
                op
                types
                $"filters of {weights.Rank} dimensions do not slide over {spatial.Length}"
                "their sizes are two numbers of channels, then one for each spatial dimension"
        if groups < 1 || weights.Shape[0] % groups <> 0 then
            Labels.shapeError
                op
                types
                $"{groups} groups do not share {weights.Shape[0]} filters or channels"
                "the number of groups divides both"
        let expected = if channelsAt = 0 then weights.Shape[0] else weights.Shape[1] * groups
        if x.Shape[channel] <> expected then
            Labels.shapeError
                op
                types
                $"the operand has {x.Shape[channel]} channels, the filters are for {expected}"
                "give filters for as many channels, or another number of groups"
        channel, Sliding.windows op types sliding spatial (List.skip 2 (sizesOf weights)) (List.map (fun _ -> 1))

    /// The bias, one number for each channel, added.
    let private biased op (bias: Tensor option) channel (y: Tensor) =
        match bias with
        | None -> y
        | Some b when b.Rank = 1 && b.Shape[0] = y.Shape[channel] ->
            y + Define.apply (Movement.broadcast (sizesOf y) y.Format [ channel ]) [ bare b ]
        | Some b ->
            Labels.shapeError
                op
                [ y.Type; b.Type ]
                "the bias does not fit the filters"
                $"give {y.Shape[channel]} numbers in one dimension"

    /// Σ over channels and positions of a window, weighted by each filter. Filters: [filters; channels / groups; sizes …].
    let convolve (sliding: Sliding) groups (Given "Convolution" weights) bias (Given "Convolution" x) : Tensor =
        let op = "Convolution"
        let channel, windows = check op sliding groups weights 1 x
        let padded = bare x |> Sliding.padded 0. (dims windows) (Sliding.around op x.Type sliding.Padding windows)
        // Where there are groups, each channel dimension is two.
        let split = if groups = 1 then 0 else 1
        let moved = [ for w in windows -> if w.Dim > channel then { w with Dim = w.Dim + split } else w ]
        let seen = padded |> apart groups channel |> Sliding.slide moved
        let filters = apart groups 0 (bare weights)
        let sum =
            [ for k in 0 .. windows.Length -> 1 + split + k, (if k = 0 then channel + split else x.Rank + split + k - 1) ]

        let y =
            if channel = x.Rank - 1 && groups = 1 then
                // The filters come out where the channels belong.
                Define.apply (Contractions.op { Batch = []; Sum = [ for w, x in sum -> x, w ] }) [ seen; filters ]
            else
                let batch = if groups = 1 then [] else [ 0, channel ]
                let y = Define.apply (Contractions.op { Batch = batch; Sum = sum }) [ filters; seen ] |> together groups
                Define.apply (Movement.permute ([ 1..channel ] @ [ 0 ] @ [ channel + 1 .. x.Rank - 1 ])) [ y ]

        Movement.relabel x.Format y |> biased op bias channel

    /// What is cut off before and after: what the convolution was padded by.
    let private cropping op (t: TensorType) padding (windows: Window list) =
        let excess (w: Window) = Windows.reach w - int64 w.Stride
        match padding with
        | Causally -> [ for w in windows -> 0, int (max 0L (excess w)) ]
        | _ -> Sliding.amounts op t padding windows (fun w _ -> excess w)

    /// Windows one stride after another, added up and cropped.
    let private addUp op (t: TensorType) padding (windows: Window list) (y: Tensor) =
        let lengths =
            [ for w, (before, after) in List.zip windows (cropping op t padding windows) ->
                  let strides = int64 t.Sizes[w.Dim] * int64 w.Stride
                  let full = strides - int64 w.Stride + Windows.reach w
                  match padding with
                  | Amounts _ -> full, before, full - int64 before - int64 after
                  | _ -> max full strides, before, strides ]

        for w, (full, _, size) in List.zip windows lengths do
            if size < 1L || full > int64 System.Array.MaxLength then
                Labels.shapeError
                    op
                    [ t ]
                    $"dimension {w.Dim} would have size {size}"
                    "crop less, or use another stride"

        // The positions of the last window are the last dimension.
        let whole =
            (List.zip windows lengths, y)
            ||> List.foldBack (fun (w, (full, _, _)) y -> Define.apply (Windows.overlap w (int full)) [ y ])

        let kept = dict [ for w, (_, before, size) in List.zip windows lengths -> w.Dim, (before, 1, int size) ]
        let range k =
            match kept.TryGetValue k with
            | true, range -> range
            | _ -> 0, 1, whole.Shape[k]
        Define.apply (Movement.slice [ for k in 0 .. whole.Rank - 1 -> range k ]) [ whole ]

    /// The transpose of the convolution with these windows: each element of the operand adds its multiple of the filter to
    /// the result. Filters: [channels; filters / groups; sizes …]. What would pad the convolution is cut off.
    let convolveTransposed
        (sliding: Sliding)
        groups
        (Given "TransposedConvolution" weights)
        bias
        (Given "TransposedConvolution" x)
        : Tensor =
        let op = "TransposedConvolution"
        let channel, windows = check op sliding groups weights 0 x
        let count = windows.Length
        let split = if groups = 1 then 0 else 1
        let filters, seen = apart groups 0 (bare weights), apart groups channel (bare x)
        let batch = if groups = 1 then [] else [ 0, channel ]
        let pairs = { Batch = batch; Sum = [ split, channel + split ] }
        // Filters, positions, and the operand's other dimensions; then as the operand has them, the positions last.
        let y = Define.apply (Contractions.op pairs) [ filters; seen ] |> together groups
        let before, after = [ 1 + count .. count + channel ], [ count + channel + 1 .. count + x.Rank - 1 ]
        Define.apply (Movement.permute (before @ [ 0 ] @ after @ [ 1..count ])) [ y ]
        |> addUp op x.Type sliding.Padding windows
        |> Movement.relabel x.Format
        |> biased op bias channel
