namespace Functional

#nowarn "9" // pointers

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// C = A · B, [m; k] × [k; n] → [m; n], each element by `DotKernel`.
[<Sealed>]
type internal DotProduct(element: Type, width: VectorWidth, m: int, n: int, k: int) =
    let size = nativeint (Marshal.SizeOf element)
    let dot = DotKernel.get element width
    let copy = PackKernel.get (int size) width Packing.Strided
    /// Elements that are copied at a time where they are not adjacent.
    let part = 1024n
    let arguments =
        nativeint (max DotKernel.Argument.count PackKernel.Argument.count * sizeof<nativeint> + 63)
        &&& ~~~63n

    /// A table of one entry follows the arguments, then what the dot kernel keeps, and room for copies.
    let kept = arguments + 64n
    let state = size * nativeint DotKernel.Lanes

    let set (block: nativeint) at (value: nativeint) = NativePtr.set (NativePtr.ofNativeInt<nativeint> block) at value

    /// The address of so many adjacent elements: the operand's own, or of a copy.
    let adjacent block source step count room =
        if step = size then
            source
        else
            set block PackKernel.Argument.Source source
            // As one row.
            set block PackKernel.Argument.Table (block + arguments)
            set (block + arguments) 0 0n
            set block PackKernel.Argument.LaneStep step
            set block PackKernel.Argument.K 1n
            set block PackKernel.Argument.Lanes count
            set block PackKernel.Argument.Target room
            set block PackKernel.Argument.TargetStep size
            copy.Invoke block
            room

    let one block a aStep b bStep result =
        let room = block + kept + state
        let longest = if aStep = size && bStep = size then nativeint k else part
        let mutable p = 0n
        while p < nativeint k do
            let count = min longest (nativeint k - p)
            let left = adjacent block (a + p * aStep) aStep count room
            let right = adjacent block (b + p * bStep) bStep count (room + part * size)
            set block DotKernel.Argument.K count
            set block DotKernel.Argument.A left
            set block DotKernel.Argument.B right
            set block DotKernel.Argument.State (block + kept)
            set block DotKernel.Argument.Continue p
            set block DotKernel.Argument.Result (if p + count = nativeint k then result else 0n)
            dot.Invoke block
            p <- p + count

    member _.Run(a: Matrix, b: Matrix, c: Matrix) =
        let block = Scratch.Take(kept + state + 2n * part * size)
        for i in 0n .. nativeint m - 1n do
            for j in 0n .. nativeint n - 1n do
                one block (a.At(i, 0n)) a.ColumnStep (b.At(0n, j)) b.RowStep (c.At(i, j))
