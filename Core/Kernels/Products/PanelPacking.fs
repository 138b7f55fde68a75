namespace Functional

#nowarn "9" // pointers

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// A matrix in memory: the address of its first element, and bytes from row to row and from column to column.
[<Struct>]
type internal Matrix =
    { Address: nativeint
      RowStep: nativeint
      ColumnStep: nativeint }

    member m.At(row: nativeint, column: nativeint) = m.Address + row * m.RowStep + column * m.ColumnStep

    member m.From(row, column) : Matrix =
        { Address = m.At(row, column); RowStep = m.RowStep; ColumnStep = m.ColumnStep }

    member m.Transposed = { Address = m.Address; RowStep = m.ColumnStep; ColumnStep = m.RowStep }

/// Copies blocks of matrices into the order in which tile kernels read them. `arguments` has room for the arguments of a
/// pack kernel.
[<Sealed>]
type internal PanelPacking(code: VectorCode) =
    let size = nativeint code.Size
    let lanes = nativeint code.Lanes
    let longest = max TileKernels.MostRows (TileKernels.MostVectors * int lanes)
    let adjacent = Array.zeroCreate<KernelCode | null>(longest + 1)
    let padded = Array.zeroCreate<KernelCode | null>(longest + 1)
    let transposed = Array.zeroCreate<KernelCode | null>(longest + 1)
    let kernel packing = PackKernel.get code.Size (enum<VectorWidth> code.Bytes) packing
    let strided = lazy kernel Packing.Strided

    let kernelAt (known: (KernelCode | null) array) k (packing: int -> Packing) =
        match known[k] with
        | null ->
            let made = kernel (packing k)
            known[k] <- made
            made
        | known -> known

    let set (arguments: nativeint) at (value: nativeint) =
        NativePtr.set (NativePtr.ofNativeInt<nativeint> arguments) at value

    let pointer (address: nativeint) = NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address)

    let run (kernel: KernelCode) arguments source kStep k target targetStep =
        set arguments PackKernel.Argument.Source source
        set arguments PackKernel.Argument.KStep kStep
        set arguments PackKernel.Argument.K k
        set arguments PackKernel.Argument.Target target
        set arguments PackKernel.Argument.TargetStep targetStep
        kernel.Invoke arguments

    /// Rows 0 … k - 1 and the first columns of B, one row of so many whole vectors after the other. Lanes beyond the last
    /// column hold ordinary numbers.
    member _.Columns(arguments: nativeint, b: Matrix, k: nativeint, columns: nativeint, vectors, target) =
        let all = nativeint vectors * lanes
        if b.ColumnStep = size then
            run (kernelAt padded (int columns) Packing.Padded) arguments b.Address b.RowStep k target (all * size)
        elif b.RowStep = size && VectorCode.CanUnpack then
            set arguments PackKernel.Argument.LaneStep b.ColumnStep
            run (kernelAt transposed (int columns) Packing.Transposed) arguments b.Address 0n k target 0n
        else
            if all > columns then NativeMemory.Clear(pointer target, unativeint (k * all * size))
            set arguments PackKernel.Argument.LaneStep b.ColumnStep
            set arguments PackKernel.Argument.Lanes columns
            run strided.Value arguments b.Address b.RowStep k target (all * size)

    /// A tile of A whose rows are adjacent: its column at one k after that at another.
    member _.Tile(arguments: nativeint, a: Matrix, rows: nativeint, k, target) =
        run (kernelAt adjacent (int rows) Packing.Adjacent) arguments a.Address a.ColumnStep k target (rows * size)
