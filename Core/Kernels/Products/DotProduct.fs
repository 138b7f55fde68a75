namespace Functional

#nowarn "9" // pointers

open System
open Microsoft.FSharp.NativeInterop

/// C = A · B, [m; k] × [k; n] → [m; n], each element by `DotKernel`: one column of B after another; where n > m, of the
/// transposed product, Cᵀ = Bᵀ · Aᵀ. The dimension summed over has even steps.
[<Sealed>]
type internal DotProduct(mode: KernelMode, element: Type, width: VectorWidth, m: int, n: int, k: int) =
    let code = VectorCode(element, width)
    let size, lanes, k = nativeint code.Size, nativeint code.Lanes, nativeint k
    let along = ProductKernels.dot mode element width DotLayout.Along
    /// Rarely asked for.
    let across = lazy ProductKernels.dot mode element width DotLayout.Across
    let copy = ProductKernels.pack mode (int size) width Packing.Strided
    let transposed = n > m
    let rows = if transposed then n else m

    /// Rows that may come in parts, and elements that are copied of each at a time where they are not adjacent.
    let most, part = nativeint (DotKernel.rowsAlong code), min k 4096n

    // The layout of the scratch memory: arguments, a table of rows to copy, what the kernels keep, copies.
    let form = DotKernel.noted code
    let aligned (bytes: int) = (nativeint bytes + 63n) &&& ~~~63n
    let arguments = aligned (max DotKernel.Argument.count PackKernel.Argument.count * sizeof<nativeint>)
    let kept = arguments + aligned (int most * sizeof<nativeint>)
    let copied = kept + aligned (DotKernel.stateSize code)
    let room = (part * size + 63n) &&& ~~~63n

    let set (scratch: nativeint) at (value: nativeint) =
        NativePtr.set (NativePtr.ofNativeInt<nativeint> scratch) at value

    /// Copies so many rows, or one vector, side by side.
    let gather scratch source rowStep rows step count target =
        for r in 0 .. int rows - 1 do
            set (scratch + arguments) r (nativeint r * rowStep)
        set scratch PackKernel.Argument.Source source
        set scratch PackKernel.Argument.Table (scratch + arguments)
        set scratch PackKernel.Argument.LaneStep step
        set scratch PackKernel.Argument.K rows
        set scratch PackKernel.Argument.Lanes count
        set scratch PackKernel.Argument.Target target
        set scratch PackKernel.Argument.TargetStep room
        copy.Code.Invoke scratch

    let setAll scratch k (matrix: Matrix) rows vector vectorStep result resultStep =
        set scratch DotKernel.Argument.K k
        set scratch DotKernel.Argument.Matrix matrix.Address
        set scratch DotKernel.Argument.RowStep matrix.RowStep
        set scratch DotKernel.Argument.ColumnStep matrix.ColumnStep
        set scratch DotKernel.Argument.Rows rows
        set scratch DotKernel.Argument.Vector vector
        set scratch DotKernel.Argument.VectorStep vectorStep
        set scratch DotKernel.Argument.Result result
        set scratch DotKernel.Argument.ResultStep resultStep
        set scratch DotKernel.Argument.State (scratch + kept)
        set scratch DotKernel.Argument.Continue 0n
        set scratch DotKernel.Argument.Finish 1n

    /// In blocks of rows and parts of k, of which copies are made.
    let runCopied scratch (matrix: Matrix) count (vector: nativeint) vectorStep (result: nativeint) resultStep =
        let adjacent, block = matrix.ColumnStep = size, copied + room
        let rows = if adjacent && part = k then count else most
        let mutable row = 0n
        while row < count do
            let rows = if count - row >= rows then rows else 1n
            let mutable p = 0n
            while p < k do
                let length = min part (k - p)
                let from = matrix.Address + row * matrix.RowStep + p * matrix.ColumnStep
                if vectorStep <> size && (row = 0n || part < k) then
                    gather scratch (vector + p * vectorStep) 0n 1n vectorStep length (scratch + copied)
                if not adjacent then
                    gather scratch from matrix.RowStep rows matrix.ColumnStep length (scratch + block)
                let matrix =
                    if adjacent then
                        { matrix with Address = from }
                    else
                        { matrix with Address = scratch + block; RowStep = room }
                let vector = if vectorStep = size then vector + p * size else scratch + copied
                setAll scratch length matrix rows vector size (result + row * resultStep) resultStep
                set scratch DotKernel.Argument.Continue p
                set scratch DotKernel.Argument.Finish (if p + length = k then 1n else 0n)
                along.Code.Invoke scratch
                p <- p + length
            row <- row + rows

    /// Rows at even steps, by one vector.
    let runRows scratch (calls: ProductCalls | null) (matrix: Matrix) count vector vectorStep result resultStep =
        let kernel: KernelCode | null =
            if matrix.ColumnStep = size && vectorStep = size then along.Code
            elif matrix.RowStep = size && count >= lanes then across.Value.Code
            else null
        match kernel with
        | null ->
            match calls with
            | null -> runCopied scratch matrix count vector vectorStep result resultStep
            | calls -> calls.GiveUp()
        | kernel ->
            setAll scratch k matrix count vector vectorStep result resultStep
            match calls with
            | null -> kernel.Invoke scratch
            | calls -> calls.Add(kernel, scratch, form)

    /// Parts start at rows that are multiples of this.
    static member RowUnit = 64n
    member _.Rows = nativeint rows
    /// Whether the rows are the right operand's columns.
    member _.IsTransposed = transposed

    /// Why a kernel is interpreted though it was meant to be compiled.
    member _.Problem =
        let across = if across.IsValueCreated then across.Value.Problem else null
        PreparedKernel.either along.Problem (PreparedKernel.either across copy.Problem)

    /// Computes from firstRow up to endRow. The calls of kernels are noted where there is something to note them.
    member _.Run(operands: ProductOperands, firstRow, endRow) =
        let scratch = Scratch.Take(copied + room * (1n + most))
        let a, b, c = operands.Left, operands.Right, operands.Result
        for column in 0n .. nativeint (min m n) - 1n do
            let mutable row = firstRow
            while row < endRow do
                let rows, results = a.Rows, c.Rows
                let count = min (rows.From(row, endRow - row)) (results.From(row, endRow - row))
                let matrix = { a with Address = a.At(row, 0n) }
                let result = c.At(row, column)
                runRows scratch operands.Calls matrix count (b.At(0n, column)) b.RowStep result c.RowStep
                row <- row + count
