namespace Functional

#nowarn "9" // pointers

open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// Copies blocks of matrices into the order in which tile kernels read them.
[<Sealed>]
type internal PanelPacking(mode: KernelMode, code: VectorCode) =
    let mutable problem: string | null = null
    let size = nativeint code.Size
    let lanes = nativeint code.Lanes
    let longest = max TileKernels.MostRows (TileKernels.MostVectors * int lanes)
    let adjacent = Array.zeroCreate<KernelCode | null>(longest + 1)
    let padded = Array.zeroCreate<KernelCode | null>(longest + 1)
    let transposed = Array.zeroCreate<KernelCode | null>(longest + 1)
    let kernel packing =
        let made = ProductKernels.pack mode code.Size (enum<VectorWidth> code.Bytes) packing
        if isNull problem then problem <- made.Problem
        made.Code
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

    /// Writes where `count` indices are, in bytes from the first of all.
    let tabulate (table: nativeint) (runs: Runs) step (count: nativeint) =
        let mutable k = 0n
        while k < count do
            let mutable at = runs.At(k, step)
            for n in k .. k + runs.From(k, count - k) - 1n do
                set table (int n) at
                at <- at + step
            k <- k + runs.From(k, count - k)

    /// Blocks whose rows are adjacent in the source, turned: a run of rows at a time.
    let turn arguments table (b: Matrix) (k: nativeint) (columns: nativeint) targetStep target =
        tabulate table b.Columns b.ColumnStep columns
        set arguments PackKernel.Argument.Table table
        let mutable p = 0n
        while p < k do
            let count = b.Rows.From(p, k - p)
            set arguments PackKernel.Argument.Source (b.Address + b.Rows.At(p, b.RowStep))
            set arguments PackKernel.Argument.K count
            set arguments PackKernel.Argument.Target (target + p * targetStep)
            (kernelAt transposed (int columns) Packing.Transposed).Invoke arguments
            p <- p + count

    /// A run of columns at a time.
    let copy arguments table (b: Matrix) (k: nativeint) (columns: nativeint) pads targetStep target =
        tabulate table b.Rows b.RowStep k
        for ahead in k .. k + nativeint PackKernel.Ahead - 1n do
            set table (int ahead) (b.Rows.At(k - 1n, b.RowStep))
        set arguments PackKernel.Argument.Table table
        set arguments PackKernel.Argument.LaneStep b.ColumnStep
        set arguments PackKernel.Argument.K k
        set arguments PackKernel.Argument.TargetStep targetStep
        let mutable column = 0n
        while column < columns do
            let count = b.Columns.From(column, columns - column)
            set arguments PackKernel.Argument.Source (b.Address + b.Columns.At(column, b.ColumnStep))
            set arguments PackKernel.Argument.Target (target + column * size)
            set arguments PackKernel.Argument.Lanes count
            let kernel =
                if b.ColumnStep <> size then strided.Value
                elif pads && column + count = columns then kernelAt padded (int count) Packing.Padded
                else kernelAt adjacent (int count) Packing.Adjacent
            kernel.Invoke arguments
            column <- column + count

    /// Rows too few to be worth a call are not turned.
    let turns (b: Matrix) =
        b.RowStep = size
        && b.ColumnStep <> size
        && VectorCode.CanUnpack
        && (b.Rows.IsOne || b.Rows.Length >= 8n)

    /// Why one of the kernels is interpreted though it was meant to be compiled.
    member _.Problem = problem

    /// How many bytes are asked of a table where blocks have at most so many k.
    static member TableSize(k: nativeint) = (max k 128n + nativeint PackKernel.Ahead) * nativeint sizeof<nativeint>

    /// Writes where rows 0 … k - 1 of B are, in bytes from its address.
    member _.Rows(table: nativeint, b: Matrix, k: nativeint) = tabulate table b.Rows b.RowStep k

    /// Rows 0 … k - 1 and the first columns of B, one row of so many whole vectors after the other. Lanes beyond the last
    /// column hold ordinary numbers. `arguments` and `table` have room for what kernels are told.
    member _.Columns(arguments: nativeint, table, b: Matrix, k: nativeint, columns: nativeint, vectors, target) =
        let all = nativeint vectors * lanes
        if turns b then
            turn arguments table b k columns (all * size) target
        else
            let last = columns - b.Columns.From(0n, columns)
            // The last run, where it starts a vector, fills it up.
            let pads = b.ColumnStep = size && last = 0n
            if all > columns && not pads then NativeMemory.Clear(pointer target, unativeint (k * all * size))
            copy arguments table b k columns pads (all * size) target

    /// A tile of A: its column at one k after that at another.
    member _.Tile(arguments: nativeint, table, a: Matrix, rows: nativeint, k, target) =
        copy arguments table a.Transposed k rows false (rows * size) target
