namespace Functional

open System
open System.Collections.Concurrent
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Threading

/// The memory of one run: an arena for each data type, and a block for each root.
[<Sealed>]
type internal Frame(arenas: Map<DType, int>, homes: Home array, roots: TensorType array, constants: Block array) =
    let allocate dtype count : struct (Array * int) =
        // Pinned, so that the first element can be chosen to begin a cache line.
        let aligned (data: 'T array) =
            let address = int64 (Marshal.UnsafeAddrOfPinnedArrayElement(data, 0))
            let first = (int64 Memory.Alignment - address % int64 Memory.Alignment) % int64 Memory.Alignment
            struct (data :> Array, int first / Unsafe.SizeOf<'T>())
        let count = count + Memory.Alignment
        match dtype with
        | DType.Float32 -> aligned (GC.AllocateUninitializedArray<float32>(count, true))
        | DType.Float64 -> aligned (GC.AllocateUninitializedArray<float>(count, true))
        | DType.Int32 -> aligned (GC.AllocateUninitializedArray<int>(count, true))
        | DType.Int64 -> aligned (GC.AllocateUninitializedArray<int64>(count, true))
        | _ -> aligned (GC.AllocateUninitializedArray<bool>(count, true))

    let memory = arenas |> Map.map allocate

    let slots =
        homes
        |> Array.mapi (fun root home ->
            match home with
            | Home.Constant k -> constants[k]
            | Home.Arena first ->
                let struct (data, start) = memory[roots[root].DType]
                { Data = data; Offset = start + first; Strides = Blocks.rowMajor roots[root].Sizes }
            | _ -> Unchecked.defaultof<Block>)

    /// The block of each root, dense; null where none is at hand.
    member _.Slots = slots

    /// Forgets what belongs to the caller.
    member _.Release() =
        for root in 0 .. homes.Length - 1 do
            match homes[root] with
            | Home.Given _
            | Home.Own -> slots[root] <- Unchecked.defaultof<Block>
            | _ -> ()

/// Frames between runs. As many are kept as there are processors, and of all pools together no more than `Limit` bytes.
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
        if frames.Count < Environment.ProcessorCount && Interlocked.Add(&idle, bytes) <= FramePool.Limit then
            frames.Push frame
        elif frames.Count < Environment.ProcessorCount then
            Interlocked.Add(&idle, -bytes) |> ignore

    override _.Finalize() = Interlocked.Add(&idle, -bytes * int64 frames.Count) |> ignore
