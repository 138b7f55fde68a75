namespace Functional

#nowarn "9" // Addresses of tensors.

open System
open System.Collections.Concurrent
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop

/// The memory of one run: an arena for each data type; of each root its block and the address of its first element, which
/// stay where they are until `Release`.
[<Sealed>]
type internal Frame(arenas: Map<DType, int>, homes: Home array, roots: TensorType array, constants: Block array) as frame
    =
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

    let memory = arenas |> Map.map allocate
    let strides = roots |> Array.map (fun ty -> Blocks.rowMajor ty.Sizes)
    let blocks = Array.zeroCreate<Block> homes.Length
    let addresses = Array.zeroCreate<nativeint> homes.Length
    let nothing = Unchecked.defaultof<Array>
    let pins =
        homes
        |> Array.map (fun home ->
            if home.IsArena then new PinnedGCHandle<Array>() else new PinnedGCHandle<Array>(nothing))

    let addressOf root (block: Block) =
        use first = fixed &MemoryMarshal.GetArrayDataReference block.Data
        NativePtr.toNativeInt first + nativeint block.Offset * nativeint (Memory.size roots[root].DType)

    do
        homes
        |> Array.iteri (fun root home ->
            match home with
            | Home.Constant k -> frame.Set(root, constants[k])
            | Home.Arena first ->
                let struct (data, start) = memory[roots[root].DType]
                blocks[root] <- { Data = data; Offset = start + first; Strides = strides[root] }
                addresses[root] <- addressOf root blocks[root]
            | Home.Given _
            | Home.Own -> ())

    /// The block of a root, dense.
    member _.Block root = blocks[root]
    member _.Address root = addresses[root]

    /// Puts a dense block in the place of a root.
    member _.Set(root, block: Block) =
        pins[root].Target <- block.Data
        blocks[root] <- block
        addresses[root] <- addressOf root block

    /// Gives a root that has no place in the arena an array of its own, of any elements.
    member _.Provide root =
        match homes[root] with
        | Home.Own ->
            let ty = roots[root]
            frame.Set(root, { Data = Blocks.uninitialised ty.DType ty.Count; Offset = 0; Strides = strides[root] })
        | _ -> ()

    /// Takes over a dense block, or its elements, for a root.
    member _.Store(root, block: Block) =
        match homes[root] with
        | Home.Arena _ ->
            Array.Copy(block.Data, block.Offset, blocks[root].Data, blocks[root].Offset, roots[root].Count)
        | _ -> frame.Set(root, { block with Strides = strides[root] })

    /// Forgets what belongs to the caller.
    member _.Release() =
        for root in 0 .. homes.Length - 1 do
            match homes[root] with
            | Home.Given _
            | Home.Own ->
                pins[root].Target <- nothing
                blocks[root] <- Unchecked.defaultof<Block>
            | _ -> ()

    override _.Finalize() =
        for root in 0 .. homes.Length - 1 do
            if not homes[root].IsArena then pins[root].Dispose()

/// Frames between runs. A pool keeps at most one for each processor, and all pools together no more than `Limit` bytes.
[<Sealed>]
type internal FramePool(make: unit -> Frame, bytes: int64) =
    static let mutable idle = 0L
    let frames = ConcurrentStack<Frame>()

    /// Bytes that idle frames of all plans may hold.
    static member val Limit = 1L <<< 30 with get, set

    member _.Rent() =
        match frames.TryPop() with
        | true, frame ->
            Interlocked.Add(&idle, -bytes) |> ignore
            frame
        | _ -> make ()

    member _.Return(frame: Frame) =
        frame.Release()
        if frames.Count < Environment.ProcessorCount then
            if Interlocked.Add(&idle, bytes) <= FramePool.Limit then
                frames.Push frame
            else
                Interlocked.Add(&idle, -bytes) |> ignore

    override _.Finalize() = Interlocked.Add(&idle, -bytes * int64 frames.Count) |> ignore
