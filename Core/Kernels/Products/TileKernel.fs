namespace Functional

open System.Reflection.Emit

/// Rows × vectors of results, accumulated in registers over k: C = A · B for `Tiles` row tiles, one below the other.
/// Every result is one chain of multiply-adds in ascending k.
[<RequireQualifiedAccess>]
module internal TileKernel =
    /// Asks for the rows of the next tile's results, or, where not even the beginning of the panel is in a cache, for all of them.
    let private prefetchResults (w: KernelWriter) (v: VectorCode) form (c: LocalBuilder) (cRow: LocalBuilder) =
        let row = w.Int()
        w.Get cRow
        w.Number form.Rows
        w.Mul()
        w.Get c
        w.Add()
        w.Set row
        for _ in 1 .. form.Rows do
            Prefetch.lines w "Prefetch0" row 0 (if form.Ahead then form.Vectors * v.Bytes else 0)
            w.Advance(row, cRow)

    /// Sums begin with what C holds, or anew.
    let private emitStart
        (w: KernelWriter)
        (v: VectorCode)
        form
        (results: TileResults)
        (c: LocalBuilder)
        cRow
        (sums: LocalBuilder array array)
        =
        let carryOn () =
            let row = w.Int()
            w.Get c
            w.Set row
            for r in 0 .. form.Rows - 1 do
                for j in 0 .. form.Vectors - 1 do
                    results.Load(row, j)
                    w.Set(sums[r][j])
                w.Advance(row, (cRow: LocalBuilder))
        let start () =
            for sum in Array.concat sums do
                v.Nothing w
                w.Set sum
        if form.Gapped then
            start ()
        else
            w.Argument TileArgument.Continue
            w.IfElse(carryOn, start)

    /// Epilogue and results of a tile; `c` is the next tile's then.
    let private emitEnd
        (w: KernelWriter)
        (v: VectorCode)
        form
        epilogue
        (results: TileResults)
        (c: LocalBuilder)
        (cRow: LocalBuilder)
        (sums: LocalBuilder array array)
        =
        let sides = [| for _ in 1 .. epilogue.Sides -> w.Local v.Vector |]
        let rows = [| for k in 0 .. epilogue.Sides - 1 -> w.ArgumentLocal(TileArgument.Side k) |]
        for r in 0 .. form.Rows - 1 do
            for j in 0 .. form.Vectors - 1 do
                let sum = sums[r][j]
                let finish () =
                    v.SettleNaN(w, sum)
                    results.Close(j, sum)
                    sides |> Array.iteri (fun k side -> results.LoadSide(k, rows[k], j, side))
                    epilogue.Emit w v sum sides
                    w.Set sum
                if form.Gapped then
                    finish ()
                else
                    w.Argument TileArgument.Finish
                    w.IfElse(finish, ignore)
                results.Store(c, j, sum)
            w.Advance(c, cRow)
            rows
            |> Array.iteri (fun k p ->
                w.Get p
                w.Argument(TileArgument.Side k + 1)
                w.Add()
                w.Set p)
        // The next tile's rows of the side operands.
        rows
        |> Array.iteri (fun k p ->
            w.Arguments()
            w.Offset(TileArgument.Side k * sizeof<nativeint>)
            w.Get p
            w.IL.Emit OpCodes.Stind_I)

    let emit (v: VectorCode) epilogue form (w: KernelWriter) =
        let a, tile, tiles =
            w.ArgumentLocal TileArgument.A, w.ArgumentLocal TileArgument.ATile, w.ArgumentLocal TileArgument.Tiles
        let c, cRow = w.ArgumentLocal TileArgument.C, w.ArgumentLocal TileArgument.CRow
        let b, k = w.Int(), w.Int()
        let sums = [| for _ in 1 .. form.Rows -> [| for _ in 1 .. form.Vectors -> w.Local v.Vector |] |]
        let results = TileResults(w, v, form)
        let steps = TileSteps(w, v, form, sums, k, results.Room)

        w.While(
            tiles,
            1,
            fun () ->
                prefetchResults w v form c cRow
                emitStart w v form results c cRow sums
                w.Argument TileArgument.B
                w.Set b
                w.Argument TileArgument.K
                w.Set k
                if form.Turned then steps.ByColumns(a, b) else steps.ByRows(a, b)
                emitEnd w v form epilogue results c cRow sums
                w.Advance(a, tile)
        )
