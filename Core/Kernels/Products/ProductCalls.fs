namespace Functional

#nowarn "9" // pointers

open Microsoft.FSharp.NativeInterop

/// Which of a kernel's arguments are what, by position.
type internal KernelArguments =
    {
        Count: int
        Left: int
        Right: int
        Result: int
        /// By side operand. Kernels write the next ones' addresses there.
        Sides: int array
        /// Memory of its own, and how many bytes.
        Room: int
        RoomBytes: int
    }

[<Sealed>]
type private ProductCall(kernel: KernelCode, arguments: nativeint) =
    inherit KernelCall()
    override _.Run() = kernel.Invoke arguments

/// Notes the calls of kernels that a small product comes to. The places are left and right operand, result and side operands;
/// the addresses that kernels are given are offsets there. Where `isTransposed`, what is given as the left operand is the
/// kernels' right one.
[<Sealed>]
type internal ProductCalls(isTransposed: bool, calls: KernelCalls) =
    /// Notes that there is more to it than calls of kernels.
    member _.GiveUp() = calls.IsComplete <- false

    /// Notes a call of a kernel instead of making it.
    member _.Add(kernel: KernelCode, given: nativeint, arguments: KernelArguments) =
        let room = (arguments.Count * sizeof<nativeint> + 63) &&& ~~~63
        let block = calls.Reserve(room + arguments.RoomBytes)
        let own, given = NativePtr.ofNativeInt<nativeint> block, NativePtr.ofNativeInt<nativeint> given
        for k in 0 .. arguments.Count - 1 do
            NativePtr.set own k (NativePtr.get given k)
        NativePtr.set own arguments.Room (block + nativeint room)
        let point place at isSpent =
            calls.Point(block + nativeint (at * sizeof<nativeint>), place, NativePtr.get given at, isSpent)
        let left, right = if isTransposed then arguments.Right, arguments.Left else arguments.Left, arguments.Right
        point 0 left false
        point 1 right false
        point 2 arguments.Result false
        arguments.Sides |> Array.iteri (fun k at -> point (3 + k) at true)
        calls.Add(ProductCall(kernel, block))
