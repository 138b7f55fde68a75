namespace Functional

#nowarn "9" // pointers

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// The calls of tile kernels that a small product comes to, each with its arguments: all but the addresses of operands and
/// result, which are offsets there. They are run on operands laid out alike without anything being worked out again. One run
/// at a time.
[<Sealed>]
type internal ProductCalls() =
    /// The memory of the arguments of a call, and room for a vector.
    static let bytes = 256n

    static let most = 16
    let kernels, offsets = List<KernelCode>(), List<struct (nativeint * nativeint * nativeint)>()
    let memory = GC.AllocateUninitializedArray<byte>(int bytes * (most + 1), pinned = true)
    let start = (Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0) + 63n) &&& ~~~63n

    /// Whether they are all of it: there are not too many, and no operand has to be copied.
    member val IsComplete = true with get, set

    /// Notes a call of a kernel without side operands instead of making it.
    member calls.Add(kernel: KernelCode, arguments: nativeint) =
        if kernels.Count = most then
            calls.IsComplete <- false
        else
            let own = NativePtr.ofNativeInt<nativeint>(start + bytes * nativeint kernels.Count)
            let given = NativePtr.ofNativeInt<nativeint> arguments
            for k in 0 .. TileKernel.Argument.count 0 - 1 do
                NativePtr.set own k (NativePtr.get given k)
            NativePtr.set own TileKernel.Argument.Room (NativePtr.toNativeInt own + bytes - 64n)
            let offset at = NativePtr.get given at
            offsets.Add(
                struct (offset TileKernel.Argument.A, offset TileKernel.Argument.B, offset TileKernel.Argument.C)
            )
            kernels.Add kernel

    /// Makes the calls, on operands and a result at these addresses.
    member _.Run(left: nativeint, right: nativeint, result: nativeint) =
        for k in 0 .. kernels.Count - 1 do
            let own = start + bytes * nativeint k
            let arguments = NativePtr.ofNativeInt<nativeint> own
            let struct (a, b, c) = offsets[k]
            NativePtr.set arguments TileKernel.Argument.A (left + a)
            NativePtr.set arguments TileKernel.Argument.B (right + b)
            NativePtr.set arguments TileKernel.Argument.C (result + c)
            kernels[k].Invoke own
