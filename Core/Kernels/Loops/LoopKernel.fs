namespace Functional

open System
open System.Collections.Concurrent
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop

#nowarn "9" // Addresses of tensors.

/// A loop with sizes and strides. Runs any number of times, on several threads at once.
[<Sealed>]
type internal BoundLoop internal (places: int, actions: LoopAction array, bytes: int) =
    /// What a chain of sweeps goes through before it starts over.
    let cacheBytes = 131072
    /// Memory of its own that noted calls may keep.
    let mostNoted = 16384

    let address (given: nativeptr<nativeint>) (own: nativeint) spot =
        (if spot.Given then NativePtr.get given spot.At else own + nativeint spot.At) + spot.Offset

    let fill (address: nativeint) dtype (bits: int64) count =
        match Vectors.size dtype with
        | 1 -> Span<byte>(NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address), count).Fill(byte bits)
        | 4 -> Span<int>(NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address), count).Fill(int bits)
        | _ -> Span<int64>(NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address), count).Fill bits

    let sweep given own (bound: BoundSweep) (spots: Spot array) firstRow rows firstLane lanes =
        let at = NativePtr.stackalloc<nativeint> spots.Length
        for p in 0 .. spots.Length - 1 do
            NativePtr.set at p (address given own spots[p])
        bound.Run(at, firstRow, rows, firstLane, lanes)

    /// How many parts of `count`, a multiple of `unit` each but the last, are worth while.
    let partsOf (cost: float) count unit =
        let threads = Parallelism.MaxThreads
        if threads < 2 then
            1
        else
            min (int (cost / Workers.Least)) (min (4 * threads) ((count + unit - 1) / unit))

    // To be called for two parts and more only: what a function captures has to be allocated.
    let inParts parts cost count unit (part: int -> int -> unit) =
        let size = ((count + parts - 1) / parts + unit - 1) / unit * unit
        let item = Action<int>(fun k -> part (k * size) (min size (count - k * size)))
        Workers.share ((count + size - 1) / size) cost item

    let share given own (bound: BoundSweep) spots firstRow rows firstLane lanes =
        let cost = bound.Cost(rows, lanes)
        let byRows = rows >= 2 * Parallelism.MaxThreads && bound.RowsAreApart
        let parts =
            if byRows then partsOf cost rows 1
            elif bound.LanesAreApart then partsOf cost lanes 64
            else 1
        if parts < 2 then
            sweep given own bound spots firstRow rows firstLane lanes
        elif byRows then
            inParts parts cost rows 1 (fun first n -> sweep given own bound spots (firstRow + first) n firstLane lanes)
        else
            inParts parts cost lanes 64 (fun first n -> sweep given own bound spots firstRow rows (firstLane + first) n)

    /// Some rows at a time, as many as stay in the cache.
    let rowsAtOnce (sweeps: struct (BoundSweep * Spot array) array) =
        let mutable bytes = 0
        for struct (bound, _) in sweeps do
            bytes <- bytes + bound.RowBytes
        max 1 (cacheBytes / max 1 bytes)

    let chainRows given own (sweeps: struct (BoundSweep * Spot array) array) group first n =
        for row in first..group .. first + n - 1 do
            for struct (bound, spots) in sweeps do
                sweep given own bound spots row (min group (first + n - row)) 0 bound.Lanes

    let chain given own (sweeps: struct (BoundSweep * Spot array) array) rows =
        let mutable cost = 0.
        for struct (bound, _) in sweeps do
            cost <- cost + bound.Cost(rows, bound.Lanes)
        let group, parts = rowsAtOnce sweeps, partsOf cost rows 1
        if parts < 2 then
            chainRows given own sweeps group 0 rows
        else
            inParts parts cost rows 1 (fun first n -> chainRows given own sweeps group first n)

    let rec act given own action =
        match action with
        | LoopAction.Fill(spot, dtype, bits, count) -> fill (address given own spot) dtype bits count
        | LoopAction.Sweep(bound, spots, firstRow, rows, firstLane, lanes) ->
            share given own bound spots firstRow rows firstLane lanes
        | LoopAction.Together actions -> together given own actions
        | LoopAction.Chain(sweeps, rows) -> chain given own sweeps rows

    /// Actions without another's help, side by side.
    and together given own (actions: LoopAction array) =
        let mutable cost = 0.
        for action in actions do
            match action with
            | LoopAction.Sweep(bound, _, _, rows, _, lanes) -> cost <- cost + bound.Cost(rows, lanes)
            | _ -> ()
        let parts = partsOf cost actions.Length 1
        if parts < 2 then
            alone given own actions 0 actions.Length
        else
            inParts parts cost actions.Length 1 (fun first n -> alone given own actions first n)

    and alone given own (actions: LoopAction array) first n =
        for k in first .. first + n - 1 do
            match actions[k] with
            | LoopAction.Sweep(bound, spots, firstRow, rows, firstLane, lanes) ->
                sweep given own bound spots firstRow rows firstLane lanes
            | action -> act given own action

    let noteSweep (calls: KernelCalls) own (bound: BoundSweep) (spots: Spot array) firstRow rows firstLane lanes =
        if bound.Cost(rows, lanes) >= 2. * Workers.Least then
            calls.IsComplete <- false
        else
            let addresses = calls.Reserve(spots.Length * sizeof<nativeint>)
            let struct (call, starts) = bound.Call(addresses, firstRow, rows, firstLane, lanes)
            for p in 0 .. spots.Length - 1 do
                let cell, offset = addresses + nativeint (p * sizeof<nativeint>), spots[p].Offset + starts[p]
                if spots[p].Given then
                    calls.Point(cell, spots[p].At, offset, false)
                else
                    NativePtr.write (NativePtr.ofNativeInt cell) (own + nativeint spots[p].At + offset)
            calls.Add call

    let rec note (calls: KernelCalls) own action =
        match action with
        | LoopAction.Sweep(bound, spots, firstRow, rows, firstLane, lanes) ->
            noteSweep calls own bound spots firstRow rows firstLane lanes
        | LoopAction.Together actions -> Array.iter (note calls own) actions
        | LoopAction.Chain(sweeps, rows) when rows <= rowsAtOnce sweeps ->
            for struct (bound, spots) in sweeps do
                noteSweep calls own bound spots 0 rows 0 bound.Lanes
        | LoopAction.Chain _
        | LoopAction.Fill _ -> calls.IsComplete <- false

    /// Why sweeps are interpreted that were meant to be compiled.
    member _.Problems: string array =
        let rec problems action =
            match action with
            | LoopAction.Fill _ -> [||]
            | LoopAction.Sweep(bound, _, _, _, _, _) -> Array.choose Option.ofObj [| bound.Problem |]
            | LoopAction.Together actions -> Array.collect problems actions
            | LoopAction.Chain(sweeps, _) ->
                sweeps |> Array.choose (fun struct (bound, _) -> Option.ofObj bound.Problem)
        Array.collect problems actions |> Array.distinct

    /// Operands and results: as many addresses as `Run` takes.
    member _.Places = places

    /// Notes what a run comes to, where that is little.
    member _.Note(calls: KernelCalls) =
        if bytes > mostNoted then
            calls.IsComplete <- false
        else
            let own = if bytes = 0 then 0n else calls.Reserve bytes
            Array.iter (note calls own) actions

    /// Runs on memory that stays where it is: the addresses of the first elements of operands and results.
    member _.Run(given: nativeptr<nativeint>) =
        if bytes = 0 then
            for action in actions do
                act given 0n action
        else
            use own = RentedMemory.rent bytes
            for action in actions do
                act given own.Address action

    /// Runs on arrays, which stay where they are for that time; each from an offset on.
    member b.Run(blocks: Block array) =
        let given = NativePtr.stackalloc<nativeint> places
        b.Pin(given, blocks, 0)

    member private b.Pin(given: nativeptr<nativeint>, blocks: Block array, k) =
        if k = blocks.Length then
            b.Run given
        else
            let block = blocks[k]
            use pinned = fixed &MemoryMarshal.GetArrayDataReference block.Data
            let size = Buffer.ByteLength block.Data / max 1 block.Data.Length
            NativePtr.set given k (NativePtr.toNativeInt pinned + nativeint block.Offset * nativeint size)
            b.Pin(given, blocks, k + 1)
            // Not the last thing to do: a tail call would give up what is pinned.
            NativePtr.set given k 0n

/// A layout and what was made of it.
[<Sealed; AllowNullLiteral>]
type private KnownLayout(sizes: int array, operands: int array array, results: int array array, mode: SweepMode, bound)
    =
    let same (a: int array array) (b: int array array) =
        let mutable k = 0
        while k < a.Length && ReadOnlySpan(a[k]).SequenceEqual(ReadOnlySpan b[k]) do
            k <- k + 1
        k = a.Length

    member _.Bound: BoundLoop = bound

    member _.Is(otherSizes: int array, otherOperands, otherResults, otherMode) =
        ReadOnlySpan(sizes).SequenceEqual(ReadOnlySpan otherSizes)
        && same operands otherOperands
        && same results otherResults
        && mode = otherMode

/// A loop ready to be bound; one for all equal ones. Compiling happens when it is bound.
[<Sealed>]
type internal LoopKernel private (loop: Loop) =
    static let kernels = ConcurrentDictionary<Loop, LoopKernel>()
    let stages = Stages.ofLoop loop
    let layouts: KnownLayout array = Array.zeroCreate 4
    let mutable latest = 0
    let types, kept = Loops.types loop, Loops.kept loop
    let reduced = Array.ofList loop.Reduced
    let results = Array.ofList loop.Results

    /// The kernel of a loop. Throws where the loop is none: `Loops.problem`.
    static member Of(loop: Loop) =
        match kernels.TryGetValue loop with
        | true, kernel -> kernel
        | _ ->
            match Loops.problem loop with
            | Some problem -> invalidArg (nameof loop) $"{problem}: %A{loop}"
            | None ->
                if kernels.Count >= 4096 then kernels.Clear()
                kernels.GetOrAdd(loop, LoopKernel loop)

    member _.Loop = loop

    /// The bytes that a place moves on in each dimension of the loop; kept ones stand still in reduced dimensions.
    member private _.Steps(place, operands: int array array, outputs: int array array, sizes: int array) =
        let spread (strides: nativeint list) =
            let mutable rest = strides
            [ for r in reduced do
                  if r then
                      0n
                  else
                      rest.Head
                      rest <- rest.Tail ]
        match place with
        | Place.Operand k ->
            let size = nativeint (Vectors.size (List.item k loop.Operands).DType)
            [ for s in operands[k] -> nativeint s * size ]
        | Place.Result r ->
            let size = nativeint (Vectors.size types[results[r]])
            let steps = [ for s in outputs[r] -> nativeint s * size ]
            if kept[results[r]] then spread steps else steps
        | Place.Fold step ->
            let own =
                [ for d in 0 .. sizes.Length - 1 do
                      if not reduced[d] then sizes[d] ]
            spread (Space.rowMajor own (Vectors.size types[step]))

    member private k.Dimensions(stage: LoopStage, sizes: int array, operands, outputs) : LoopExtent list =
        let steps = [| for place in stage.Places -> Array.ofList (k.Steps(place, operands, outputs, sizes)) |]
        [ for d in 0 .. sizes.Length - 1 do
              if not (stage.Kept && reduced[d]) then
                  { Extent = { Size = sizes[d]; Steps = [| for s in steps -> s[d] |] }; Reduced = reduced[d] } ]

    /// What folds over nothing leave: 0, or 1 for products.
    member private _.Empty(plan: LoopPlan, stage: LoopStage, spots: Spot array, dims: LoopExtent list) =
        stage.Sweep.Outputs
        |> Array.iteri (fun o output ->
            match output with
            | SweepOutput.Folded(reduction, i) ->
                let place = stage.Sweep.Operands.Length + o
                let value = if reduction = ProductOf || reduction = AllOf then 1. else 0.
                let extents =
                    [ for d in dims do
                          if not d.Reduced then { d.Extent with Steps = [| d.Extent.Steps[place] |] } ]
                plan.Set(stage.Sweep.Code[i].Result, value, spots[place], extents)
            | SweepOutput.Stored _ -> ())

    member private k.Lay(plan: LoopPlan, stage: LoopStage, spots, dims: LoopExtent list) =
        let extents = [ for d in dims -> d.Extent ]
        let folds = stage.Sweep.Folds
        if Space.count extents > 0 then
            if folds then plan.Fold(stage.Sweep, spots, dims) else plan.Map(stage.Sweep, spots, extents)
        elif folds then
            k.Empty(plan, stage, spots, dims)

    member private k.Layout(sizes: int array, operandStrides, resultStrides, mode) : BoundLoop =
        let plan = LoopPlan mode
        let folds = Collections.Generic.Dictionary<int, Spot>()
        let keptCount = Seq.fold2 (fun n size r -> if r then n else n * size) 1 sizes reduced

        let spot place =
            match place with
            | Place.Operand o -> { Given = true; At = o; Offset = 0n }
            | Place.Result r -> { Given = true; At = loop.Operands.Length + r; Offset = 0n }
            | Place.Fold step ->
                match folds.TryGetValue step with
                | true, spot -> spot
                | _ ->
                    folds[step] <- plan.Reserve(keptCount, types[step])
                    folds[step]

        if keptCount > 0 then
            for stage in stages do
                k.Lay(
                    plan,
                    stage,
                    Array.map spot stage.Places,
                    k.Dimensions(stage, sizes, operandStrides, resultStrides)
                )
        BoundLoop(loop.Operands.Length + results.Length, plan.Actions, plan.Bytes)

    /// Lays the loop out; layouts seen lately are remembered. Strides in elements: of operands for each dimension of the
    /// loop, of results for each dimension that they have. An operand may be a result as well, where each element is read
    /// before it is written: where nothing is folded and both are laid out alike.
    member k.Bind
        (sizes: int array, operandStrides: int array array, resultStrides: int array array, ?mode)
        : BoundLoop =
        let mode = defaultArg mode SweepMode.Current
        let mutable known: BoundLoop = Unchecked.defaultof<BoundLoop>
        for layout in layouts do
            if not (isNull layout) && layout.Is(sizes, operandStrides, resultStrides, mode) then
                known <- layout.Bound
        if isNull (box known) then
            known <- k.Layout(sizes, operandStrides, resultStrides, mode)
            layouts[Interlocked.Increment &latest &&& (layouts.Length - 1)] <-
                KnownLayout(sizes, operandStrides, resultStrides, mode, known)
        known
