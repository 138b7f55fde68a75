namespace Functional

#nowarn "9" // pointers

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// Which of a kernel's arguments are what, by position.
type internal KernelArguments =
    {
        Count: int
        Left: int
        Right: int
        Result: int
        /// By side operand.
        Sides: int array
        /// Memory of its own, and how many bytes.
        Room: int
        RoomBytes: int
    }

/// The calls of kernels that a small product comes to, each with its arguments: all but the addresses of operands and
/// result, which are offsets there. They are run on operands laid out alike without anything being worked out again. One run
/// at a time. Where `isTransposed`, what is given as the left operand is the kernels' right one.
[<Sealed>]
type internal ProductCalls(isTransposed: bool) =
    static let most = 16
    let kernels, offsets = List<KernelCode>(), List<nativeint array>()
    let addresses = List<int array>()
    /// The memory of each call, from an address divisible by 64 on: its arguments, and room.
    let memory = List<byte array>()
    let blocks = List<nativeint>()

    /// Whether they are all of it: there are not too many, and no operand has to be copied.
    member val IsComplete = true with get, set

    /// Notes a call of a kernel instead of making it.
    member calls.Add(kernel: KernelCode, given: nativeint, arguments: KernelArguments) =
        if kernels.Count = most then
            calls.IsComplete <- false
        else
            let room = (nativeint (arguments.Count * sizeof<nativeint>) + 63n) &&& ~~~63n
            let bytes = GC.AllocateUninitializedArray<byte>(int room + arguments.RoomBytes + 64, pinned = true)
            let block = (Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) + 63n) &&& ~~~63n
            let own, given = NativePtr.ofNativeInt<nativeint> block, NativePtr.ofNativeInt<nativeint> given
            for k in 0 .. arguments.Count - 1 do
                NativePtr.set own k (NativePtr.get given k)
            NativePtr.set own arguments.Room (block + room)
            let left, right = if isTransposed then arguments.Right, arguments.Left else arguments.Left, arguments.Right
            let addressed = Array.append [| left; right; arguments.Result |] arguments.Sides
            memory.Add bytes
            blocks.Add block
            addresses.Add addressed
            offsets.Add [| for at in addressed -> NativePtr.get given at |]
            kernels.Add kernel

    /// Makes the calls, given the addresses of left and right operand, result and side operands.
    member _.Run(given: nativeptr<nativeint>) =
        for k in 0 .. kernels.Count - 1 do
            let own = NativePtr.ofNativeInt<nativeint> blocks[k]
            let offsets, addresses = offsets[k], addresses[k]
            for i in 0 .. offsets.Length - 1 do
                NativePtr.set own addresses[i] (NativePtr.get given i + offsets[i])
            kernels[k].Invoke blocks[k]

    /// Held, or the memory of the arguments would be collected.
    member _.Memory = memory
