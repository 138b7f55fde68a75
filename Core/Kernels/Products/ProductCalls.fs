namespace Functional

#nowarn "9" // pointers

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// The calls of tile kernels that a small product comes to, each with its arguments: all but the addresses of operands and
/// result, which are offsets there. They are run on operands laid out alike without anything being worked out again. One run
/// at a time. Where `isTransposed`, what is given as the left operand is the kernels' right one.
[<Sealed>]
type internal ProductCalls(sides: int, isTransposed: bool) =
    static let most = 16
    let kernels, offsets = List<KernelCode>(), List<nativeint array>()
    let count = TileKernel.Argument.count sides
    /// Arguments that are addresses: of left and right operand, result and side operands.
    let addresses =
        let left, right =
            if isTransposed then
                TileKernel.Argument.B, TileKernel.Argument.A
            else
                TileKernel.Argument.A, TileKernel.Argument.B
        Array.append [| left; right; TileKernel.Argument.C |] (Array.init sides TileKernel.Argument.Side)

    /// The memory of the arguments of a call, and room for a vector after them.
    let room = (nativeint (count * sizeof<nativeint>) + 63n) &&& ~~~63n
    let bytes = room + 64n
    let memory = GC.AllocateUninitializedArray<byte>(int bytes * most + 64, pinned = true)
    let start = (Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0) + 63n) &&& ~~~63n

    /// Held, or the memory would be collected.
    member _.Memory = memory

    /// Whether they are all of it: there are not too many, and no operand has to be copied.
    member val IsComplete = true with get, set

    /// Notes a call of a kernel instead of making it.
    member calls.Add(kernel: KernelCode, arguments: nativeint) =
        if kernels.Count = most then
            calls.IsComplete <- false
        else
            let own = NativePtr.ofNativeInt<nativeint>(start + bytes * nativeint kernels.Count)
            let given = NativePtr.ofNativeInt<nativeint> arguments
            for k in 0 .. count - 1 do
                NativePtr.set own k (NativePtr.get given k)
            NativePtr.set own TileKernel.Argument.Room (NativePtr.toNativeInt own + room)
            offsets.Add [| for at in addresses -> NativePtr.get given at |]
            kernels.Add kernel

    /// Makes the calls, given the addresses of left and right operand, result and side operands.
    member _.Run(given: nativeptr<nativeint>) =
        for k in 0 .. kernels.Count - 1 do
            let own = start + bytes * nativeint k
            let arguments = NativePtr.ofNativeInt<nativeint> own
            let offsets = offsets[k]
            for i in 0 .. offsets.Length - 1 do
                NativePtr.set arguments addresses[i] (NativePtr.get given i + offsets[i])
            kernels[k].Invoke own
