namespace Functional

#nowarn "9" // pointers

open System
open Microsoft.FSharp.NativeInterop

/// [m; k] × [k; n] → [m; n] of at most `MostRows` rows, on one thread, where the right operand's columns are adjacent in memory
/// (a vector by a transposed matrix): it is read once, as it lies, and turned in registers. No copy of it would pay.
[<Sealed>]
type internal ThinProduct
    (mode: KernelMode, element: Type, width: VectorWidth, epilogue: Epilogue, m: nativeint, k: nativeint) =
    let tiles = TileKernels.Get(mode, element, Transposition.Width width, epilogue)
    let code = tiles.Code
    let size, lanes = nativeint code.Size, nativeint code.Lanes

    /// Two chains at once half hide the latency of an addition; more columns than theirs would be too many streams from the
    /// second cache. Those of one alone, if all columns lie a multiple of a page apart: they share one set of the first.
    let vectorsFor (columnStep: nativeint) = if m <= 2n && columnStep % 4096n <> 0n then 2 else 1
    let room = (nativeint (TileArgument.count epilogue.Sides * sizeof<nativeint>) + 63n) &&& ~~~63n

    let set (scratch: nativeint) at (value: nativeint) =
        NativePtr.set (NativePtr.ofNativeInt<nativeint> scratch) at value

    let setOperands scratch (o: ProductOperands) =
        set scratch TileArgument.K k
        set scratch TileArgument.ARow o.Left.RowStep
        set scratch TileArgument.AStep o.Left.ColumnStep
        set scratch TileArgument.ATile 0n
        set scratch TileArgument.BStep o.Right.ColumnStep
        set scratch TileArgument.CRow o.Result.RowStep
        set scratch TileArgument.CColumn o.Result.ColumnStep
        set scratch TileArgument.Continue 0n
        set scratch TileArgument.Finish 1n
        set scratch TileArgument.LastColumns lanes
        set scratch TileArgument.Room (scratch + room)
        for s in 0 .. epilogue.Sides - 1 do
            set scratch (TileArgument.Side s + 1) o.Sides[s].RowStep
            set scratch (TileArgument.Side s + 2) o.Sides[s].ColumnStep

    let runPanel scratch (o: ProductOperands) column whole =
        set scratch TileArgument.Tiles 1n
        set scratch TileArgument.A o.Left.Address
        set scratch TileArgument.B (o.Right.At(0n, column))
        set scratch TileArgument.C (o.Result.At(0n, column))
        for s in 0 .. epilogue.Sides - 1 do
            set scratch (TileArgument.Side s) (o.Sides[s].At(0n, column))
        let kernel = tiles.Turned(int m, whole, o.Result.ColumnStep <> size)
        match o.Calls with
        | null -> kernel.Invoke scratch
        | calls -> calls.Add(kernel, scratch, tiles.Noted)

    static member MostRows = 4n
    /// Why a kernel is interpreted though it was meant to be compiled.
    member _.Problem = tiles.Problem

    /// Whether so many columns of these operands are best computed so.
    member _.Takes(o: ProductOperands, columns: nativeint) =
        o.Packed = 0n
        && o.Left.IsEven
        && o.Right.IsEven
        && o.Right.RowStep = size
        && o.Right.ColumnStep <> size
        && columns >= lanes
        && VectorCode.CanUnpack

    /// Computes columns from firstColumn up to endColumn of the result. The last vector may overlap the one before: what it
    /// computes again is the same.
    member _.Run(operands: ProductOperands, firstColumn, endColumn) =
        let scratch = Scratch.Take(room + 64n)
        setOperands scratch operands
        let vectors = vectorsFor operands.Right.ColumnStep
        let mutable column = firstColumn
        while column < endColumn do
            let rest = endColumn - column
            if rest < lanes then
                runPanel scratch operands (endColumn - lanes) 1
                column <- endColumn
            else
                let whole = min vectors (int (rest / lanes))
                runPanel scratch operands column whole
                column <- column + nativeint whole * lanes
