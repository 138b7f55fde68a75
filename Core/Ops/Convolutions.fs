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

    let private infer (f: Filtering) (types: TensorType list) =
        let x, filters = types[0], types[1]
        if filters.DType <> x.DType then
            Labels.dtypeError "Convolution" types "its operands have different data types" "cast them to one"
        if x.DType = DType.Bool then
            Labels.dtypeError "Convolution" types "Bool has no product" "cast the operands"
        let fits =
            filters.Rank = f.Windows.Length + 2
            && filters.Sizes[0] % f.Groups = 0
            && x.Sizes[f.Channel] = filters.Sizes[1] * f.Groups
            && List.ofArray filters.Sizes[2..] = [ for w in f.Windows -> w.Size ]
        if not fits then
            Labels.shapeError
                "Convolution"
                types
                "filters and operand do not fit each other"
                "give filters [filters; channels / groups; sizes of windows]"
        for w in f.Windows do
            if Windows.fitting w x.Sizes[w.Dim] = 0 then
                Labels.shapeError
                    "Convolution"
                    types
                    $"windows that reach over {Windows.reach w} positions do not fit into dimension {w.Dim}, of size {x.Sizes[w.Dim]}"
                    "use smaller filters or less dilation, or pad the operand"
        let sizes = Array.updateAt f.Channel filters.Sizes[0] x.Sizes
        for w in f.Windows do
            sizes[w.Dim] <- Windows.fitting w x.Sizes[w.Dim]
        TensorType(x.DType, sizes, x.Format)

    let private eval (f: Filtering) (result: TensorType) (lanes: Lanes list) (i: int list) =
        let x, filters = lanes[0], lanes[1]
        let depth = filters.Type.Sizes[1]
        let first = i[f.Channel] / (filters.Type.Sizes[0] / f.Groups) * depth

        let product (at: int list) =
            let place =
                (List.updateAt f.Channel (first + at.Head) i, List.zip f.Windows at.Tail)
                ||> List.fold (fun place (w, k) -> List.updateAt w.Dim (i[w.Dim] * w.Stride + k * w.Dilation) place)
            Scalars.eval Mul [ x.At place; filters.At(i[f.Channel] :: at) ]

        Contractions.indices (List.ofArray filters.Type.Sizes[1..])
        |> Seq.map product
        |> Scalars.sum
        |> Scalars.store result.DType

    /// Windows of an operand whose channels are in groups.
    let private slid (f: Filtering) (x: Tensor) =
        let split = if f.Groups = 1 then 0 else 1
        let moved = [ for w in f.Windows -> if w.Dim > f.Channel then { w with Dim = w.Dim + split } else w ]
        x |> apart f.Groups f.Channel |> Sliding.slide moved

    /// Each element's multiple of its filter; the positions of the windows are the last dimensions.
    let private spread (f: Filtering) (filters: Tensor) (x: Tensor) =
        let count, split = f.Windows.Length, (if f.Groups = 1 then 0 else 1)
        let batch = if f.Groups = 1 then [] else [ 0, f.Channel ]
        let pairs = { Batch = batch; Sum = [ split, f.Channel + split ] }
        // Filters, positions, and the operand's other dimensions; then as the operand has them, the positions last.
        let y =
            Define.apply (Contractions.op pairs) [ apart f.Groups 0 filters; apart f.Groups f.Channel x ]
            |> together f.Groups
        let before, after = [ 1 + count .. count + f.Channel ], [ count + f.Channel + 1 .. count + x.Rank - 1 ]
        Define.apply (Movement.permute (before @ [ 0 ] @ after @ [ 1..count ])) [ y ]

    /// Adds up where they lie the windows whose positions are the last dimensions, in dimensions of these sizes.
    let private addUp (windows: Window list) (sizes: int list) (y: Tensor) =
        (List.zip windows sizes, y)
        ||> List.foldBack (fun (w, size) y -> Define.apply (Windows.overlap w size) [ y ])

    /// Σ over the channels of a group and the positions of a window, weighted by each filter.
    let rec filter (f: Filtering) : Op =
        let windows = [ for w in f.Windows -> $"{w.Dim}: {w.Size} by {w.Stride}, {w.Dilation} apart" ]
        Define.op
            "Convolve"
            [ "channel", box f.Channel; "windows", windows; "groups", f.Groups ]
            (Convolve f)
            (infer f)
            (eval f)
            (pull f)

    and private pull f i args _ (dy: Tensor) =
        let x, filters, bareDy = args[0], args[1], bare dy
        if i = 1 then
            // Over all positions of the windows, and all that they are counted by.
            let split = if f.Groups = 1 then 0 else 1
            let counted = List.except [ f.Channel ] [ 0 .. x.Rank - 1 ]
            let sum = [ for d in counted -> let d = (if d > f.Channel then d + split else d) in d, d ]
            let batch = if f.Groups = 1 then [] else [ f.Channel, f.Channel ]
            let pairs = Contractions.op { Batch = batch; Sum = sum }
            let product = Define.apply pairs [ apart f.Groups f.Channel bareDy; slid f (bare x) ]
            Some(product |> together f.Groups |> Movement.relabel filters.Format)
        elif f.Windows |> List.forall (fun w -> w.Stride = 1) then
            // A window of results has seen each element: filters turned round, of filters for channels.
            let turned = apart f.Groups 0 filters |> turn f
            let around =
                [ for k in 0 .. x.Rank - 1 ->
                      match f.Windows |> List.tryFind (fun w -> w.Dim = k) with
                      | Some w -> let beyond = int (Windows.reach w) - 1 in beyond, beyond, 0
                      | None -> 0, 0, 0 ]
            Some(Define.apply (filter f) [ Define.apply (Movement.pad around 0.) [ dy ]; turned ])
        else
            let sizes = [ for w in f.Windows -> x.Type.Sizes[w.Dim] ]
            Some(spread f filters bareDy |> addUp f.Windows sizes |> Movement.relabel x.Format)

    /// Filters [groups; filters; channels; sizes …] as those from filters to channels, last position first.
    and private turn f (filters: Tensor) =
        let split = if f.Groups = 1 then 0 else 1
        let spatial = [ split + 2 .. filters.Rank - 1 ]
        let swapped = Define.apply (Movement.permute ([ 0 .. split - 1 ] @ [ split + 1; split ] @ spatial)) [ filters ]
        let backwards =
            [ for k, size in List.indexed (sizesOf swapped) -> if k > split + 1 then size - 1, -1, size else 0, 1, size ]
        Define.apply (Movement.slice backwards) [ swapped ] |> together f.Groups

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
        let filtering = { Channel = channel; Windows = windows; Groups = groups }
        let y = Define.apply (filter filtering) [ padded; bare weights ]
        Movement.relabel x.Format y |> biased op bias channel

    /// What is cut off before and after: what the convolution was padded by.
    let private cropping op (t: TensorType) padding (windows: Window list) =
        let excess (w: Window) = Windows.reach w - int64 w.Stride
        match padding with
        | Causally -> [ for w in windows -> 0, int (max 0L (excess w)) ]
        | _ -> Sliding.amounts op t padding windows (fun w _ -> excess w)

    /// Windows one stride after another, added up and cropped.
    let private addUpCropped op (t: TensorType) padding (windows: Window list) (y: Tensor) =
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

        let whole = y |> addUp windows [ for full, _, _ in lengths -> int full ]
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
        spread { Channel = channel; Windows = windows; Groups = groups } (bare weights) (bare x)
        |> addUpCropped op x.Type sliding.Padding windows
        |> Movement.relabel x.Format
        |> biased op bias channel

    let entries: Entry list =
        [ { Name = "Convolve"
            Family = "contraction"
            Summary = "Σ filter · x over the channels of a group and the positions of a window."
            Sample =
              fun choose t ->
                  let channel = choose (max 1 t.Rank)
                  let windows =
                      [ for d in 0 .. t.Rank - 1 do
                            if d <> channel && choose 2 = 0 then Windows.choices choose d t.Sizes[d] ]
                  if t.DType = DType.Bool || t.Rank = 0 || t.Count = 0 then
                      None
                  else
                      let groups = if t.Sizes[channel] % 2 = 0 then 1 + choose 2 else 1
                      let filters = groups * (1 + choose 3)
                      let sizes = filters :: t.Sizes[channel] / groups :: [ for w in windows -> w.Size ]
                      let filtering = { Channel = channel; Windows = windows; Groups = groups }
                      Some(filter filtering, [ Operand.any t; Operand.any (TensorType(t.DType, sizes)) ]) } ]
