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

    // Windows one step apart, and rows of positions as long as the operand's: from each position to the next, into the next row
    // too, it is equally far in the operand, so that no position is told from the next. What is computed between the end of a row
    // and the next row is no part of the result; it is a fifth of the whole at most.
    let rows = if spatial.IsEmpty then [] else spatial.Tail
    let steps = List.scanBack (fun d step -> x.Sizes[d] * step) rows 1
    let flat = 1 + (Seq.zip positions steps |> Seq.sumBy (fun (size, step) -> (size - 1) * step))

    let isWide =
        isBatched
        && spatial.Length > 1
        && spatial = [ x.Rank - spatial.Length .. x.Rank - 1 ]
        && f.Windows |> List.forall (fun w -> w.Stride = 1)
        && flat * 4 <= product positions * 5

    let count = product positions

    /// Of the positions in long rows, those that the result has; empty: all.
    let columnsKept =
        let rec keep (kept: bool array) at extents =
            match extents with
            | [ size, _ ] -> Array.fill kept at size true
            | (size, step) :: rest ->
                for k in 0 .. size - 1 do
                    keep kept (at + k * step) rest
            | [] -> ()
        if isWide && flat > count then
            let kept = Array.zeroCreate flat
            keep kept 0 (List.zip positions steps)
            kept
        else
            [||]
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

    /// Strides of the result, or of what is repeated to its sizes, as of what is contracted.
    let resultStrides (strides: int array) =
        let others, channel = [| for d in others -> strides[d] |], strides[f.Channel]
        let batch, along = if isBatched then others, [||] else [||], others
        let positions =
            Array.append
                along
                (if isWide then [| strides[List.last spatial] |] else [| for d in spatial -> strides[d] |])
        Array.concat
            [ batch
              [| channel * perGroup |]
              (if filtersLast then Array.append positions [| channel |] else Array.append [| channel |] positions) ]

    member _.Left = if filtersLast then seen else slid
    member _.Right = if filtersLast then slid else seen
    member _.Contraction = if filtersLast then pairs else { pairs with Sum = swapped sum }

    /// The result's sizes in the order in which the contraction gives them.
    member _.Result =
        let positions = along @ if isWide then [ count ] else positions
        let inner = if filtersLast then positions @ [ perGroup ] else perGroup :: positions
        TensorType(result.DType, batch @ [ groups ] @ inner)

    member _.ResultStrides = resultStrides result.Strides

    /// Of the columns that are computed, those that the result has; empty: all.
    member _.Kept = columnsKept

    /// The strides of a tensor that is repeated to the result's sizes; none if it would have to be gathered from between gaps.
    member _.TryRepeated(strides: int array) =
        if isWide && spatial |> List.exists (fun d -> result.Sizes[d] > 1 && strides[d] <> 0) then
            None
        else
            Some(resultStrides strides)

    /// Whether the operand lies as it is taken to: elements that follow each other in its rows, and rows in memory.
    member _.Takes(strides: int array) =
        not isWide || (let dense = x.Strides in spatial |> List.forall (fun d -> strides[d] = dense[d]))

    /// Strides, or whatever else, of operand and filters as those of left and right operand.
    member _.Sides(ofX: 'T, ofFilters: 'T) = if filtersLast then struct (ofX, ofFilters) else struct (ofFilters, ofX)

    member _.SeenStrides strides = seenStrides strides
    member _.SlidStrides strides = slidStrides strides

[<RequireQualifiedAccess>]
module internal Convolving =
    let private planned (layout: ConvolutionLayout) epilogue =
        ContractionPlan(
            layout.Left,
            layout.Right,
            layout.Result,
            layout.Contraction,
            epilogue,
            ContractionOptions.Default,
            layout.ResultStrides,
            layout.Kept
        )

    /// Into a dense block.
    let filling report xType filters result f : Block -> Block -> Block -> unit =
        let layout = ConvolutionLayout(xType, filters, result, f)
        let plan = planned layout TileKernels.NoEpilogue
        fun x filters target ->
            let x = if layout.Takes x.Strides then x else Blocks.contiguous xType x
            let x = { x with Strides = layout.SeenStrides x.Strides }
            let filters = { filters with Strides = layout.SlidStrides filters.Strides }
            let struct (left, right) = layout.Sides(x, filters)
            plan.Run(left, right, null, [||], target.Data, target.Offset)
            PreparedKernel.tell report plan.Problem

    let private bind (layout: ConvolutionLayout) (plan: ContractionPlan) xStrides filterStrides sideStrides =
        if layout.Takes xStrides then
            let struct (left, right) = layout.Sides(layout.SeenStrides xStrides, layout.SlidStrides filterStrides)
            plan.TryBind(left, right, sideStrides, ValueNone)
        else
            None

    /// For operands with these strides, where none has to be copied first; and what is given for each, in the order of the
    /// contraction.
    let tryBind x xStrides filters filterStrides result f (ofX, ofFilters) =
        let layout = ConvolutionLayout(x, filters, result, f)
        bind layout (planned layout TileKernels.NoEpilogue) xStrides filterStrides [||]
        |> Option.map (fun bind -> bind, layout.Sides(ofX, ofFilters))

    /// The same with an epilogue, whose side operands are seen with the result's sizes and have these strides; where that pays.
    let tryFollow x xStrides filters filterStrides result f epilogue (sideStrides: int array array) (ofX, ofFilters) =
        let layout = ConvolutionLayout(x, filters, result, f)
        let sides = sideStrides |> Array.map layout.TryRepeated
        let plan = planned layout epilogue
        if plan.IsWorthFollowing && Array.forall Option.isSome sides then
            bind layout plan xStrides filterStrides (Array.map Option.get sides)
            |> Option.map (fun bind -> bind, layout.Sides(ofX, ofFilters))
        else
            None
