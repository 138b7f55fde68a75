namespace Functional

/// A convolution as a contraction: of the filters with windows of the operand, both seen through strides.
[<Sealed>]
type internal ConvolutionLayout(x: TensorType, filters: TensorType, result: TensorType, f: Filtering) =
    let groups, perGroup, depth = f.Groups, filters.Sizes[0] / f.Groups, filters.Sizes[1]
    let spatial = [ for w in f.Windows -> w.Dim ]
    let others = [ 0 .. x.Rank - 1 ] |> List.except (f.Channel :: spatial)
    let positions = [ for d in spatial -> result.Sizes[d] ]
    let window = [ for w in f.Windows -> w.Size ]
    let otherSizes = [ for d in others -> x.Sizes[d] ]

    /// Filters are columns where channels come last, so that these are adjacent in the result.
    let filtersLast = spatial |> List.forall (fun d -> d < f.Channel)

    let product sizes = List.fold (*) 1 sizes

    /// What is computed one after another instead of side by side: where rows of positions are long enough to fill vectors,
    /// all but these, so that the result lies as it is computed.
    let isBatched = not filtersLast && product positions >= 16

    // Windows one step apart, and a result with rows as long as the operand's: from each position to the next, into the next row
    // too, it is as far in the one as in the other, so that no position is told from the next. What is computed between the
    // end of a row and the next row is looked at by nobody; it is a fifth of the whole at most.
    let rows = if spatial.IsEmpty then [] else spatial.Tail
    let flat =
        let steps = List.scanBack (fun d step -> x.Sizes[d] * step) rows 1
        1 + (Seq.zip positions steps |> Seq.sumBy (fun (size, step) -> (size - 1) * step))

    let isWide =
        isBatched
        && spatial.Length > 1
        && spatial = [ x.Rank - spatial.Length .. x.Rank - 1 ]
        && f.Windows |> List.forall (fun w -> w.Stride = 1)
        && flat * 4 <= product positions * 5

    let wide =
        if not isWide then
            result
        else
            TensorType(
                result.DType,
                [ for d in 0 .. result.Rank - 1 -> if List.contains d rows then x.Sizes[d] else result.Sizes[d] ],
                result.Format
            )
    let positions = if isWide then [ flat ] else positions
    let batch, along = if isBatched then otherSizes, [] else [], otherSizes

    // Windows: batch, groups, channels, what goes along, positions, positions in the window.
    let seen = TensorType(x.DType, batch @ [ groups; depth ] @ along @ positions @ window)
    let slid = TensorType(x.DType, batch @ [ groups; perGroup; depth ] @ window)
    let kept = batch.Length + 1
    let sum =
        [ kept, kept + 1 ]
        @ [ for k in 0 .. window.Length - 1 -> seen.Rank - window.Length + k, kept + 2 + k ]
    let swapped = List.map (fun (a, b) -> b, a)
    let pairs = { Batch = [ for k in 0 .. kept - 1 -> k, k ]; Sum = sum }

    let seenStrides (strides: int array) =
        let others = [| for d in others -> strides[d] |]
        let batch, along = if isBatched then others, [||] else [||], others
        Array.concat
            [ batch
              [| strides[f.Channel] * depth; strides[f.Channel] |]
              along
              (if isWide then [| 1 |] else [| for w in f.Windows -> strides[w.Dim] * w.Stride |])
              [| for w in f.Windows -> strides[w.Dim] * w.Dilation |] ]

    let slidStrides (strides: int array) =
        Array.concat
            [ Array.zeroCreate batch.Length; [| strides[0] * perGroup; strides[0]; strides[1] |]; strides[2..] ]

    let resultStrides =
        let dense = wide.Strides
        let others, channel = [| for d in others -> dense[d] |], dense[f.Channel]
        let batch, along = if isBatched then others, [||] else [||], others
        let positions = Array.append along (if isWide then [| 1 |] else [| for d in spatial -> dense[d] |])
        Array.concat
            [ batch
              [| channel * perGroup |]
              (if filtersLast then Array.append positions [| channel |] else Array.append [| channel |] positions) ]

    member _.Left = if filtersLast then seen else slid
    member _.Right = if filtersLast then slid else seen
    member _.Contraction = if filtersLast then pairs else { pairs with Sum = swapped sum }

    /// The result's sizes in the order in which the contraction gives them.
    member _.Result =
        let positions = along @ positions
        let inner = if filtersLast then positions @ [ perGroup ] else perGroup :: positions
        TensorType(result.DType, batch @ [ groups ] @ inner)

    member _.ResultStrides = resultStrides

    /// What is computed: the result, or one with longer rows, of which the result is the beginning of each.
    member _.Computed = wide

    /// Whether the operand lies as it is taken to: elements that follow each other in its rows, and rows in memory.
    member _.Takes(strides: int array) =
        not isWide || (let dense = x.Strides in spatial |> List.forall (fun d -> strides[d] = dense[d]))

    /// Strides, or whatever else, of operand and filters as those of left and right operand.
    member _.Sides(ofX: 'T, ofFilters: 'T) = if filtersLast then struct (ofX, ofFilters) else struct (ofFilters, ofX)

    member _.SeenStrides strides = seenStrides strides
    member _.SlidStrides strides = slidStrides strides

[<RequireQualifiedAccess>]
module internal Convolving =
    let private planned (layout: ConvolutionLayout) =
        ContractionPlan(
            layout.Left,
            layout.Right,
            layout.Result,
            layout.Contraction,
            TileKernels.NoEpilogue,
            ContractionOptions.Default,
            layout.ResultStrides
        )

    /// What a convolution computes: its result, or one with longer rows.
    let computed x filters result f = ConvolutionLayout(x, filters, result, f).Computed

    /// Into a dense block of what is computed.
    let filling xType filters result f : Block -> Block -> Block -> unit =
        let layout = ConvolutionLayout(xType, filters, result, f)
        let plan = planned layout
        fun x filters target ->
            let x = if layout.Takes x.Strides then x else Blocks.contiguous xType x
            let x = { x with Strides = layout.SeenStrides x.Strides }
            let filters = { filters with Strides = layout.SlidStrides filters.Strides }
            let struct (left, right) = layout.Sides(x, filters)
            plan.Run(left, right, null, [||], target.Data, target.Offset)

    /// For operands with these strides, where none has to be copied first; and what is given for each, in the order of the
    /// contraction.
    let tryBind x (xStrides: int array) filters (filterStrides: int array) result f (ofX, ofFilters) =
        let layout = ConvolutionLayout(x, filters, result, f)
        if layout.Takes xStrides then
            let struct (left, right) = layout.Sides(layout.SeenStrides xStrides, layout.SlidStrides filterStrides)
            (planned layout).TryBind(left, right, [||], ValueNone)
            |> Option.map (fun bind -> bind, layout.Sides(ofX, ofFilters))
        else
            None
