namespace Functional

open System.Reflection.Emit
open System.Runtime.Intrinsics.X86

/// Code that asks for memory before it is needed.
[<RequireQualifiedAccess>]
module internal Prefetch =
    /// The cache lines that hold so many bytes, wherever in a line they begin, from so many bytes after an address.
    let lines (w: KernelWriter) hint (address: LocalBuilder) first bytes =
        if Sse.IsSupported then
            for at in first..64 .. first + bytes do
                w.Get address
                w.Offset at
                w.Call(nonNull (typeof<Sse>.GetMethod(hint: string)))

/// Code of a tile kernel that adds the products of A and B over k to sums: for each row of the tile its vectors. `k` is 0 then.
[<Sealed>]
type internal TileSteps
    (w: KernelWriter, v: VectorCode, form: TileForm, sums: LocalBuilder array array, k: LocalBuilder, room: LocalBuilder)
    =
    let aRow, step = w.ArgumentLocal TileArgument.ARow, w.ArgumentLocal TileArgument.AStep
    let bStep = w.ArgumentLocal TileArgument.BStep
    let left = w.Local v.Vector

    /// The sums of row r, vector j take the product of `left` and a vector.
    let multiply r j (right: LocalBuilder) =
        v.MultiplyAdd(w, (fun () -> w.Get left), (fun () -> w.Get right), (fun () -> w.Get(sums[r][j])))
        w.Set(sums[r][j])

    let repeatLeft () =
        v.Read w
        w.Call v.Repeat.Value
        w.Set left

    /// Some rows of turned B: the vectors of each, for the columns of vector j, in ascending order of k; A is walked along.
    let multiplyTurned (a: LocalBuilder) j =
        let address = w.Int()
        fun (right: LocalBuilder array) ->
            for vector in right do
                w.Get a
                w.Set address
                for r in 0 .. form.Rows - 1 do
                    if r > 0 then w.Advance(address, aRow)
                    w.Get address
                    repeatLeft ()
                    multiply r j vector
                w.Advance(a, step)

    /// Into `first`: how many k there are up to an address from which on 16 bytes lie within a cache line.
    let untilAligned (b: LocalBuilder) (first: LocalBuilder) =
        w.Get b
        w.IL.Emit OpCodes.Neg
        w.Number 15
        w.IL.Emit OpCodes.And
        w.Number v.Size
        w.IL.Emit OpCodes.Div
        w.Set first
        w.Get first
        w.Get k
        w.IL.Emit OpCodes.Cgt
        w.IfElse(
            (fun () ->
                w.Get k
                w.Set first),
            ignore
        )

    /// From the first elements of A and B on, where B is read row by row.
    member _.ByRows(a: LocalBuilder, start: LocalBuilder) =
        let rows = RowPointers(w, form.Rows, aRow)
        rows.Start a
        let b = if form.Tabled then w.Int() else start
        let table = if form.Tabled then w.Int() else bStep
        if form.Tabled then
            w.Get bStep
            w.Set table
        let right = [| for _ in 1 .. form.Vectors -> w.Local v.Vector |]

        let one () =
            if form.Tabled then
                w.Get start
                w.Get table
                w.IL.Emit OpCodes.Ldind_I
                w.Add()
                w.Set b
            for j in 0 .. form.Vectors - 1 do
                w.Get b
                w.Offset(j * v.Bytes)
                w.Call v.Load.Value
                w.Set(right[j])
            if form.Ahead then
                Prefetch.lines w "Prefetch1" b (2 * form.Vectors * v.Bytes) (form.Vectors * v.Bytes - 1)
            for r in 0 .. form.Rows - 1 do
                rows.Push r
                repeatLeft ()
                for j in 0 .. form.Vectors - 1 do
                    multiply r j right[j]
            rows.Advance step
            if form.Tabled then w.Advance(table, sizeof<nativeint>) else w.Advance(b, bStep)

        w.While(
            k,
            2,
            fun () ->
                one ()
                one ()
        )
        w.While(k, 1, one)

    /// The same where B is read column by column, and turned.
    member _.ByColumns(a: LocalBuilder, b: LocalBuilder) =
        let group, turned = Transposition.Group v, Transposition(w, v)
        let columns = RowPointers(w, form.Vectors * v.Lanes, bStep)
        let next, walk, single = w.Int(), w.Int(), w.Local v.Vector
        columns.Start b
        w.Get a
        w.Set next
        let multiply = [| for j in 0 .. form.Vectors - 1 -> multiplyTurned walk j |]

        /// Columns of a vector after those of another: lines at equal distances may have to share few places of the cache.
        let each count (body: int -> unit) =
            for j in 0 .. form.Vectors - 1 do
                w.Get next
                w.Set walk
                body j
            w.Get walk
            w.Set next
            columns.Advance(count * v.Size: int)

        let turn j at =
            turned.Emit(fun lane ->
                columns.Push(j * v.Lanes + lane)
                w.Offset(at * v.Size))
            |> multiply[j]

        let one () =
            each 1 (fun j ->
                for lane in 0 .. v.Lanes - 1 do
                    w.Get room
                    w.Offset(lane * v.Size)
                    columns.Push(j * v.Lanes + lane)
                    v.Read w
                    v.Write w
                w.Get room
                w.Call v.Load.Value
                w.Set single
                multiply[j] [| single |])

        let first = w.Int()
        untilAligned b first
        w.Get k
        w.Get first
        w.IL.Emit OpCodes.Sub
        w.Set k
        w.While(first, 1, one)
        let turnWhole count =
            w.While(
                k,
                count,
                fun () ->
                    each count (fun j ->
                        for at in 0..group .. count - 1 do
                            turn j at)
            )
        turnWhole (4 * group)
        turnWhole group
        w.While(k, 1, one)
