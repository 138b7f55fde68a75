namespace Functional

#nowarn "9" // Addresses of tensors.

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop

/// Of one run of a launch: the calls it comes to, the roots of its places, and how many bytes into these they are.
[<NoEquality; NoComparison>]
type internal NotedLaunch = { Calls: KernelCalls; Sources: int array; Offsets: nativeint array }

/// A launch of a plan in the memory of one frame.
[<AbstractClass>]
type internal FrameLaunch() =
    abstract Run: start: Draw -> unit
    /// What it comes to, where that is little.
    abstract Noted: NotedLaunch voption
    default _.Noted = ValueNone

/// An array that a run holds in place, and its first element that counts.
[<Struct>]
type private Held =
    { Data: Array | null
      Offset: int }

    /// How many arrays one call holds in place.
    static member AtATime = 8

/// The memory of one run at a time: an arena for each data type; of each root its block and the address of its first
/// element. What is in the arena stays where it is; what a run is given or gives away is held in place by `Run`.
/// `provided` are the roots of results that launches write where they are told to, `made` those of arrays that calls make.
[<Sealed>]
type internal Frame
    (
        arenas: Map<DType, int>,
        homes: Home array,
        roots: TensorType array,
        constants: Block array,
        provided: Collections.Generic.HashSet<int>,
        made: Collections.Generic.HashSet<int>
    ) =
    let allocate dtype count : struct (Array * int) =
        // Pinned, so that the first element can be chosen to begin a cache line.
        let aligned (data: 'T array) =
            let address = int64 (Marshal.UnsafeAddrOfPinnedArrayElement(data, 0))
            let skipped = (int64 Memory.Alignment - address % int64 Memory.Alignment) % int64 Memory.Alignment
            struct (data :> Array, int skipped / Unsafe.SizeOf<'T>())
        let count = count + Memory.Alignment
        match dtype with
        | DType.Float32 -> aligned (GC.AllocateUninitializedArray<float32>(count, true))
        | DType.Float64 -> aligned (GC.AllocateUninitializedArray<float>(count, true))
        | DType.Int32 -> aligned (GC.AllocateUninitializedArray<int>(count, true))
        | DType.Int64 -> aligned (GC.AllocateUninitializedArray<int64>(count, true))
        | _ -> aligned (GC.AllocateUninitializedArray<bool>(count, true))

    let isOwn root = homes[root].IsOwn
    let isLoose root = isOwn root && made.Contains root
    let given = homes |> Array.filter _.IsGiven |> Array.length
    let own =
        [| for root in 0 .. homes.Length - 1 do
               if isOwn root && provided.Contains root then root |]
    /// Roots whose arrays `Run` holds, filled up with the number after the last root to so many at a time.
    let held =
        let movable = Array.append [| 0 .. given - 1 |] own
        let padded = (movable.Length + Held.AtATime - 1) / Held.AtATime * Held.AtATime
        Array.append movable (Array.create (padded - movable.Length) homes.Length)

    let nothing: Array = Array.zeroCreate<byte> 1
    let movable = given + own.Length
    /// Of the roots held: null between runs. What fills them up is there always.
    let arrays: Held array =
        Array.init held.Length (fun k -> { Data = (if k < movable then null else nothing); Offset = 0 })
    /// For each root its place among those held, or -1.
    let heldAt =
        let places = Array.create (homes.Length + 1) -1
        for k in 0 .. movable - 1 do
            places[held[k]] <- k
        places
    let sizes = Array.append (roots |> Array.map (fun ty -> nativeint (Memory.size ty.DType))) [| 1n |]
    let strides = roots |> Array.map _.Strides
    /// Of roots that are not held.
    let blocks = Array.create (homes.Length + 1) { Data = nothing; Offset = 0; Strides = [||] }
    let addresses = Array.zeroCreate<nativeint>(homes.Length + 1)

    /// Of constants, and of what calls make while a run is under way.
    let pins =
        homes
        |> Array.mapi (fun root home ->
            match home with
            | Home.Constant _ -> new PinnedGCHandle<Array>(nothing)
            | Home.Own when isLoose root -> new PinnedGCHandle<Array>(nothing)
            | _ -> new PinnedGCHandle<Array>())

    /// The roots that calls make while a run is under way.
    let loose =
        [| for root in 0 .. homes.Length - 1 do
               if isLoose root then root |]

    let addressOf root (block: Block) =
        use first = fixed &MemoryMarshal.GetArrayDataReference block.Data
        NativePtr.toNativeInt first + nativeint block.Offset * sizes[root]

    let set root (block: Block) =
        pins[root].Target <- block.Data
        blocks[root] <- block
        addresses[root] <- addressOf root block

    let mutable isTaken = 0
    let memory = arenas |> Map.map allocate

    do
        homes
        |> Array.iteri (fun root home ->
            match home with
            | Home.Constant k -> set root constants[k]
            | Home.Arena first ->
                let struct (data, start) = memory[roots[root].DType]
                blocks[root] <- { Data = data; Offset = start + first; Strides = strides[root] }
                addresses[root] <- addressOf root blocks[root]
            | Home.Given _
            | Home.Own -> ())

    let place k (first: nativeptr<byte>) =
        let root = held[k]
        addresses[root] <- NativePtr.toNativeInt first + nativeint arrays[k].Offset * sizes[root]

    let arrayAt k : Array = nonNull arrays[k].Data

    let block root : Block =
        match heldAt[root] with
        | -1 -> blocks[root]
        | k -> { Data = arrayAt k; Offset = arrays[k].Offset; Strides = strides[root] }

    /// Memory to be given back after the run.
    let lent = Collections.Generic.List<Array>()

    let hold k (data: Array) offset = arrays[k] <- { Data = data; Offset = offset }

    /// The block of a root, dense.
    member _.Block root = block root

    /// A part of a root, from a position on, or all of it seen in other sizes.
    member _.View(root, offset, strides: int array) : Block =
        let whole = block root in { whole with Offset = whole.Offset + offset; Strides = strides }

    member _.Address root = addresses[root]
    /// Whether a root's elements lie elsewhere in each run.
    member _.IsMovable root =
        match homes[root] with
        | Home.Given _
        | Home.Own -> true
        | _ -> false

    member val Launches: FrameLaunch array = [||] with get, set
    /// Whether nobody had it; the caller has it then.
    member _.TryTake() = isTaken = 0 && Interlocked.CompareExchange(&isTaken, 1, 0) = 0

    /// Gives an input of the run, a dense block.
    member _.Give(input, block: Block) = hold input block.Data block.Offset

    /// Gives a copy of an input, in rented memory.
    member frame.Lend(input, copy: Block) =
        frame.Give(input, copy)
        lent.Add copy.Data

    /// Gives a result that launches write a dense block for this run.
    member _.Provide(root, target: Block) = hold heldAt[root] target.Data target.Offset

    /// Gives each other result that launches write an array of its own, of any elements.
    member _.Provide() =
        for k in 0 .. own.Length - 1 do
            if isNull arrays[given + k].Data then
                let root = own[k]
                hold (given + k) (Blocks.uninitialised roots[root].DType roots[root].Count) 0

    /// Takes over a dense block, or its elements, for a root.
    member frame.Store(root, block: Block) =
        if isLoose root then
            set root { block with Strides = strides[root] }
        else
            let own = frame.Block root
            Array.Copy(block.Data, block.Offset, own.Data, own.Offset, roots[root].Count)

    [<MethodImpl(MethodImplOptions.NoInlining)>]
    member private frame.Hold(first: int, start: Draw) : unit =
        if first = held.Length then
            let launches = frame.Launches
            for k in 0 .. launches.Length - 1 do
                launches[k].Run start
        else
            use a = fixed &MemoryMarshal.GetArrayDataReference(arrayAt first)
            use b = fixed &MemoryMarshal.GetArrayDataReference(arrayAt (first + 1))
            use c = fixed &MemoryMarshal.GetArrayDataReference(arrayAt (first + 2))
            use d = fixed &MemoryMarshal.GetArrayDataReference(arrayAt (first + 3))
            use e = fixed &MemoryMarshal.GetArrayDataReference(arrayAt (first + 4))
            use f = fixed &MemoryMarshal.GetArrayDataReference(arrayAt (first + 5))
            use g = fixed &MemoryMarshal.GetArrayDataReference(arrayAt (first + 6))
            use h = fixed &MemoryMarshal.GetArrayDataReference(arrayAt (first + 7))
            place first a
            place (first + 1) b
            place (first + 2) c
            place (first + 3) d
            place (first + 4) e
            place (first + 5) f
            place (first + 6) g
            place (first + 7) h
            frame.Hold(first + Held.AtATime, start)
            // Not the last thing to do: a tail call would give up what is held.
            place first a

    /// Runs all launches.
    member frame.Run start = frame.Hold(0, start)

    /// Forgets what belongs to the caller, and is free for the next one.
    member _.Release() =
        Array.Clear(arrays, 0, movable)
        if lent.Count > 0 then
            for k in 0 .. lent.Count - 1 do
                RentedArray.give lent[k]
            lent.Clear()
        for root in loose do
            pins[root].Target <- nothing
            blocks[root] <- Unchecked.defaultof<Block>
        Volatile.Write(&isTaken, 0)

    override _.Finalize() =
        for pin in pins do
            if pin.IsAllocated then pin.Dispose()
