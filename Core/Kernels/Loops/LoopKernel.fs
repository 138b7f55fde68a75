namespace Functional

open System
open System.Collections.Concurrent
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop

#nowarn "9" // Addresses of tensors.

/// A loop of whose actions any threads run parts.
[<AbstractClass>]
type internal SharedLoop() =
    /// So many of an action's rows, lanes or actions, from one on.
    abstract Part: given: nativeint * own: nativeint * LoopAction * byRows: bool * first: int * count: int -> unit

/// What a thread shares with others: one action at a time, in parts of one size. There is one for each thread, so that sharing
/// allocates nothing.
[<Sealed; AllowNullLiteral(false)>]
type internal LoopShare private () as share =
    [<ThreadStatic; DefaultValue>]
    static val mutable private own: LoopShare | null

    let run = Action<int>(fun k -> share.Item k)
    let mutable loop: SharedLoop | null = null
    let mutable action: LoopAction | null = null
    let mutable given, memory, byRows, size, count = 0n, 0n, true, 0, 0

    member private _.Item k =
        let first = k * size
        (nonNull loop).Part(given, memory, nonNull action, byRows, first, min size (count - first))

    member private _.Share(loop', given', memory', action', byRows', size', count', cost) =
        loop <- loop'
        given <- given'
        memory <- memory'
        action <- action'
        byRows <- byRows'
        size <- size'
        count <- count'
        try
            Workers.share ((count + size - 1) / size) cost run
        finally
            loop <- null
            action <- null

    /// Runs an action in parts of a size; `cost` in nanoseconds.
    static member Run(loop: SharedLoop, given, memory, action: LoopAction, byRows, size: int, count: int, cost) =
        let share =
            match LoopShare.own with
            | null ->
                let made = LoopShare()
                LoopShare.own <- made
                made
            | share -> share
        share.Share(loop, given, memory, action, byRows, size, count, cost)

/// A loop with sizes and strides. Runs any number of times, on several threads at once.
[<Sealed>]
type internal BoundLoop internal (places: int, actions: LoopAction array, bytes: int) =
    inherit SharedLoop()
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

    /// How many rows of a chain stay in the cache.
    let rowsAtOnce (sweeps: struct (BoundSweep * Spot array) array) =
        let mutable bytes = 0
        for struct (bound, _) in sweeps do
            bytes <- bytes + bound.RowBytes
        max 1 (cacheBytes / max 1 bytes)

    let chain given own (sweeps: struct (BoundSweep * Spot array) array) first n =
        let group = rowsAtOnce sweeps
        for row in first..group .. first + n - 1 do
            for struct (bound, spots) in sweeps do
                sweep given own bound spots row (min group (first + n - row)) 0 bound.Lanes

    /// So many of an action's rows, lanes or actions.
    let rec part given own action byRows first n =
        match action with
        | LoopAction.Fill(spot, dtype, bits, count) -> fill (address given own spot) dtype bits count
        | LoopAction.Sweep(bound, spots, firstRow, _, firstLane, lanes) when byRows ->
            sweep given own bound spots (firstRow + first) n firstLane lanes
        | LoopAction.Sweep(bound, spots, firstRow, rows, firstLane, _) ->
            sweep given own bound spots firstRow rows (firstLane + first) n
        | LoopAction.Chain(sweeps, _) -> chain given own sweeps first n
        | LoopAction.Together actions ->
            for k in first .. first + n - 1 do
                part given own actions[k] true 0 (count actions[k] true)

    and count action byRows =
        match action with
        | LoopAction.Fill _ -> 1
        | LoopAction.Sweep(_, _, _, rows, _, lanes) -> if byRows then rows else lanes
        | LoopAction.Chain(_, rows) -> rows
        | LoopAction.Together actions -> actions.Length

    let rec cost action =
        match action with
        | LoopAction.Fill _ -> 0.
        | LoopAction.Sweep(bound, _, _, rows, _, lanes) -> bound.Cost(rows, lanes)
        | LoopAction.Chain(sweeps, rows) ->
            let mutable sum = 0.
            for struct (bound, _) in sweeps do
                sum <- sum + bound.Cost(rows, bound.Lanes)
            sum
        | LoopAction.Together actions ->
            let mutable sum = 0.
            for action in actions do
                sum <- sum + cost action
            sum

    /// All of an action, on as many threads as are worth while.
    let act (loop: SharedLoop) given own action =
        let threads = Parallelism.MaxThreads
        let struct (byRows, isApart) =
            match action with
            | LoopAction.Fill _ -> struct (true, false)
            | LoopAction.Sweep(bound, _, _, rows, _, _) when rows >= 2 * threads && bound.RowsAreApart ->
                struct (true, true)
            | LoopAction.Sweep(bound, _, _, _, _, _) -> struct (not bound.LanesAreApart, bound.LanesAreApart)
            | LoopAction.Chain _
            | LoopAction.Together _ -> struct (true, true)
        let unit' = if byRows then 1 else 64
        let count = count action byRows
        let cost = if isApart && threads > 1 then cost action else 0.
        let parts = min (int (cost / Workers.Least)) (min (4 * threads) ((count + unit' - 1) / unit'))
        if parts < 2 then
            part given own action byRows 0 count
        else
            let size = ((count + parts - 1) / parts + unit' - 1) / unit' * unit'
            LoopShare.Run(loop, NativePtr.toNativeInt given, own, action, byRows, size, count, cost)

    let noteSweep (calls: KernelCalls) own (bound: BoundSweep) (spots: Spot array) firstRow rows firstLane lanes =
        if bound.Cost(rows, lanes) >= 2. * Workers.Least then
            calls.IsComplete <- false
        else
            let addresses = calls.Reserve(spots.Length * sizeof<nativeint>)
            let struct (call, starts) = bound.Noted(addresses, firstRow, rows, firstLane, lanes)
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

    override _.Part(given, own, action, byRows, first, count) =
        part (NativePtr.ofNativeInt given) own action byRows first count

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
    member b.Run(given: nativeptr<nativeint>) =
        if bytes = 0 then
            for action in actions do
                act b given 0n action
        else
            use own = RentedMemory.rent bytes
            for action in actions do
                act b given own.Address action

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
