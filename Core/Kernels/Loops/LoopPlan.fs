namespace Functional

open System

/// Where a step of a bound loop finds a place: in what the caller gives, operands first, or in memory for the time of the
/// call; and so many bytes on.
[<Struct>]
type internal Spot = { Given: bool; At: int; Offset: nativeint }

/// A dimension of a loop being bound: as of a sweep, and whether folds reduce over it.
[<Struct>]
type internal LoopExtent = { Extent: Extent; Reduced: bool }

[<RequireQualifiedAccess>]
type internal LoopAction =
    /// Fills memory with an element.
    | Fill of Spot * DType * bits: int64 * count: int
    /// Some rows, and some lanes of each.
    | Sweep of BoundSweep * Spot array * firstRow: int * rows: int * firstLane: int * lanes: int
    /// Actions that do not depend on each other.
    | Together of LoopAction array
    /// Sweeps over the same rows, each of which may wait for what the ones before leave for its row.
    | Chain of struct (BoundSweep * Spot array) array * rows: int

/// The order of evaluation of folds, from sizes and reduced dimensions alone. The reduced dimensions behind all kept ones
/// (dimensions of size 1 do not count) are rows, folded first: in blocks of `RowBlock`, each in 32 lanes (`FoldOrder`); the
/// blocks' results are a row in turn. The other reduced dimensions are folded place by place of the kept ones, in ascending
/// row-major order, in blocks of `ColumnBlock`, whose results are folded likewise.
[<RequireQualifiedAccess>]
module internal FoldBlocks =
    [<Literal>]
    let RowBlock = 8192

    [<Literal>]
    let ColumnBlock = 256

/// Lays a loop out: actions one after another, given sizes and strides.
[<Sealed>]
type internal LoopPlan(mode: SweepMode) =
    let actions = Collections.Generic.List<LoopAction>()
    let mutable bytes = 0

    member _.Actions = actions.ToArray()
    member _.Bytes = bytes

    member _.Reserve(count: int, dtype) =
        let at = bytes
        bytes <- bytes + (count * Vectors.size dtype + 63) / 64 * 64
        { Given = false; At = at; Offset = 0n }

    member _.Add action = actions.Add action

    member p.All(bound: BoundSweep, spots) = p.Add(LoopAction.Sweep(bound, spots, 0, bound.Rows, 0, bound.Lanes))

    /// Folds what sweeps left, one output at a time.
    member private p.Refold
        (sweep: Sweep, spots: Spot array, dims: LoopExtent list, partials: (int * Spot * nativeint list) list)
        =
        for o, partial, steps in partials do
            match sweep.Outputs[o] with
            | SweepOutput.Folded(reduction, k) ->
                let place = sweep.Operands.Length + o
                let dims =
                    [ for d, step in List.zip dims steps ->
                          { d with Extent = { d.Extent with Steps = [| step; d.Extent.Steps[place] |] } } ]
                p.Fold(Stages.folding sweep.Code[k].Result reduction, [| partial; spots[place] |], dims)
            | SweepOutput.Stored _ -> ()

    /// The outputs of a fold, each in memory of its own with dimensions of these sizes.
    member private p.Partials(sweep: Sweep, sizes: int list) =
        [ for o in 0 .. sweep.Outputs.Length - 1 do
              match sweep.Outputs[o] with
              | SweepOutput.Folded(_, k) ->
                  let dtype = sweep.Code[k].Result
                  o, p.Reserve(List.fold (*) 1 sizes, dtype), Space.rowMajor sizes (Vectors.size dtype)
              | SweepOutput.Stored _ -> () ]

    /// Rows, each in blocks.
    member private p.FoldRows(sweep: Sweep, spots: Spot array, outer: LoopExtent list, lanes: Extent list) =
        let n = Space.count lanes
        let blocks = (n + FoldBlocks.RowBlock - 1) / FoldBlocks.RowBlock
        let kernel = SweepKernel.Of sweep
        if blocks = 1 && outer |> List.forall (fun d -> not d.Reduced) then
            p.All(BoundSweep(kernel, mode, true, [ for d in outer -> d.Extent ], lanes), spots)
        else
            let partials = p.Partials(sweep, [ for d in outer -> d.Extent.Size ] @ [ blocks ])
            let aside, spots' = p.Aside(sweep, spots, outer, partials)
            let bound = BoundSweep(kernel, mode, true, aside, lanes)
            let part block =
                let first = block * FoldBlocks.RowBlock
                let spots' = p.Moved(sweep, spots', partials, block, (fun steps -> List.last steps))
                LoopAction.Sweep(bound, spots', 0, bound.Rows, first, min FoldBlocks.RowBlock (n - first))
            p.Add(LoopAction.Together(Array.init blocks part))
            let still = { Size = blocks; Steps = Array.zeroCreate spots.Length }
            p.Refold(sweep, spots, outer @ [ { Extent = still; Reduced = true } ], partials)

    /// The outer dimensions and places of a sweep whose folds go aside.
    member private _.Aside(sweep: Sweep, spots: Spot array, outer: LoopExtent list, partials) =
        let spots, operands = Array.copy spots, sweep.Operands.Length
        let dims =
            outer
            |> List.mapi (fun k d ->
                let steps = Array.copy d.Extent.Steps
                for o, _, (own: nativeint list) in partials do
                    steps[operands + o] <- own[k]
                { d.Extent with Steps = steps })
        for o, spot, _ in partials do
            spots[operands + o] <- spot
        dims, spots

    /// Places whose folds go to the partial results of a block.
    member private _.Moved(sweep: Sweep, spots: Spot array, partials, block: int, step: nativeint list -> nativeint) =
        let spots = Array.copy spots
        for o, _, own in partials do
            let place = sweep.Operands.Length + o
            spots[place] <- { spots[place] with Offset = spots[place].Offset + nativeint block * step own }
        spots

    /// Rows that are added to each other, in blocks.
    member private p.FoldColumns(sweep: Sweep, spots: Spot array, dims: LoopExtent list) =
        let isReduced (d: LoopExtent) = d.Reduced
        let lanes = dims |> List.rev |> List.takeWhile (fun d -> not d.Reduced) |> List.rev
        let outer = List.take (dims.Length - lanes.Length) dims
        let kept, reduced = outer |> List.filter (fun d -> not d.Reduced), List.filter isReduced outer
        let n = Space.count [ for d in reduced -> d.Extent ]
        let groups = Space.count [ for d in kept -> d.Extent ]
        let blocks = (n + FoldBlocks.ColumnBlock - 1) / FoldBlocks.ColumnBlock
        if blocks = 1 then
            p.Clear(sweep, spots, kept @ lanes)
            let extents dims = [ for d: LoopExtent in dims -> d.Extent ]
            p.All(BoundSweep(SweepKernel.Of sweep, mode, false, extents (kept @ reduced), extents lanes), spots)
        else
            let keptDims = kept @ lanes
            let partials = p.Partials(sweep, blocks :: [ for d in keptDims -> d.Extent.Size ])
            p.ClearPartials(sweep, partials, blocks * Space.count [ for d in keptDims -> d.Extent ])
            let own = partials |> List.map (fun (o, spot, steps) -> o, spot, List.tail steps)
            let aside, spots' = p.Aside(sweep, spots, keptDims, own)
            let still = [ for d in reduced -> p.Still(sweep, d.Extent, partials) ]
            let bound =
                BoundSweep(
                    SweepKernel.Of sweep,
                    mode,
                    false,
                    List.take kept.Length aside @ still,
                    List.skip kept.Length aside
                )
            let part k =
                let group, block = k / blocks, k % blocks
                let first = block * FoldBlocks.ColumnBlock
                let spots' = p.Moved(sweep, spots', partials, block, List.head)
                LoopAction.Sweep(
                    bound,
                    spots',
                    group * n + first,
                    min FoldBlocks.ColumnBlock (n - first),
                    0,
                    bound.Lanes
                )
            p.Add(LoopAction.Together(Array.init (groups * blocks) part))
            let across = { Size = blocks; Steps = Array.zeroCreate spots.Length }
            p.Refold(sweep, spots, { Extent = across; Reduced = true } :: keptDims, partials)

    /// A reduced dimension, in which the places of partial results stand still.
    member private _.Still(sweep: Sweep, extent: Extent, partials) =
        let steps = Array.copy extent.Steps
        for o, _, _ in partials do
            steps[sweep.Operands.Length + o] <- 0n
        { extent with Steps = steps }

    member private p.ClearPartials(sweep: Sweep, partials, count) =
        for o, spot, _ in partials do
            match sweep.Outputs[o] with
            | SweepOutput.Folded(reduction, k) ->
                let dtype = sweep.Code[k].Result
                p.Add(LoopAction.Fill(spot, dtype, LaneCode.BitsOf(dtype, FoldOrder.identity reduction dtype), count))
            | SweepOutput.Stored _ -> ()

    /// Sets what rows are to be added to, to what changes nothing.
    member private p.Clear(sweep: Sweep, spots: Spot array, kept: LoopExtent list) =
        for o in 0 .. sweep.Outputs.Length - 1 do
            match sweep.Outputs[o] with
            | SweepOutput.Folded(reduction, k) ->
                let place, dtype = sweep.Operands.Length + o, sweep.Code[k].Result
                p.Set(
                    dtype,
                    FoldOrder.identity reduction dtype,
                    spots[place],
                    [ for d in kept -> { d.Extent with Steps = [| d.Extent.Steps[place] |] } ]
                )
            | SweepOutput.Stored _ -> ()

    /// Sets elements to a number.
    member p.Set(dtype, x: float, spot: Spot, dims: Extent list) =
        let code = LaneCode()
        let value = code.Number(dtype, x)
        let sweep = { Operands = [||]; Code = code.Instructions; Outputs = [| SweepOutput.Stored value.Index |] }
        p.Map(sweep, [| spot |], dims)

    /// A sweep without folds.
    member p.Map(sweep: Sweep, spots, dims: Extent list) =
        let rows, lanes = Space.split sweep.Places dims
        p.All(BoundSweep(SweepKernel.Of sweep, mode, false, rows, lanes), spots)

    member p.Fold(sweep: Sweep, spots, dims: LoopExtent list) =
        let dims = dims |> List.filter (fun d -> d.Extent.Size <> 1)
        let lanes = dims |> List.rev |> List.takeWhile (fun d -> d.Reduced) |> List.rev
        if not lanes.IsEmpty then
            let outer = List.take (dims.Length - lanes.Length) dims
            p.FoldRows(sweep, spots, outer, [ for d in lanes -> d.Extent ])
        else
            p.FoldColumns(sweep, spots, dims)

    /// Sweeps over rows that they take one after another, if they can: each row is still at hand when the next sweep
    /// comes to it.
    member p.Chain(sweeps: struct (Sweep * Spot array * LoopExtent list) list) : bool =
        let struct (_, _, dims) = sweeps.Head
        let isLane = dims |> List.map (fun d -> d.Reduced)
        let kept, lanes = List.partition (fun (d: LoopExtent) -> not d.Reduced) dims
        let count (dims: LoopExtent list) = Space.count [ for d in dims -> d.Extent ]
        let isOrdered = isLane = List.sort isLane
        if not isOrdered || count lanes > FoldBlocks.RowBlock || count lanes < 2 then
            false
        else
            let bind struct (sweep: Sweep, spots, dims: LoopExtent list) =
                let rows, lanes = List.splitAt kept.Length [ for d in dims -> d.Extent ]
                struct (BoundSweep(SweepKernel.Of sweep, mode, sweep.Folds, rows, lanes), spots)
            p.Add(LoopAction.Chain([| for sweep in sweeps -> bind sweep |], count kept))
            true
