namespace Functional

open System.Reflection.Emit
open System.Runtime.Intrinsics.X86

/// Elementwise steps on the results of a product while they are in registers. The side operands are seen as matrices of
/// the result's size. Equal keys mean equal code.
type internal Epilogue =
    {
        Key: string
        /// How many side operands there are.
        Sides: int
        /// Emits the steps: the accumulated vector and a vector of each side operand → the result, left on the stack.
        Emit: KernelWriter -> VectorCode -> LocalBuilder -> LocalBuilder array -> unit
        /// Does the same in memory: adjacent sums, which the result replaces, as many elements of each side operand.
        Interpret: nativeint -> nativeint array -> int -> unit
    }

/// Rows × vectors of results, accumulated in registers over k: C = A · B for `Tiles` row tiles, one below the other.
/// Every result is one chain of multiply-adds in ascending k.
[<RequireQualifiedAccess>]
module internal TileKernel =
    /// The arguments of a kernel by position. Strides are in bytes.
    module Argument =
        let K, A, ARow, AStep, ATile, Tiles, B, BStep, C, CRow = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
        /// Not 0: the chain continues from what C holds, instead of starting with the first product.
        let Continue = 10
        /// Not 0: the chain ends here, so that the epilogue runs.
        let Finish = 11
        /// Of a scattered kernel: columns that the last vector has, bytes from one to the next, room for one vector.
        let LastColumns, CColumn, Room = 12, 13, 14
        /// Of a kernel whose results have gaps: the entry of the first vector (`ColumnGaps`).
        let Gaps = 15
        /// For each side operand: pointer, bytes from row to row, bytes from column to column (0 or the element size,
        /// except in a scattered kernel; 0 where results have gaps).
        let Side k = 16 + 3 * k
        /// As many as a kernel with that many side operands takes.
        let count sides = 16 + 3 * sides

    /// What a kernel is emitted for.
    [<Struct>]
    type Form =
        {
            Rows: int
            Vectors: int
            /// The columns of C are not adjacent, or the last vector has but some of them.
            Scattered: bool
            /// Of B not the columns of a row are adjacent, but the rows of a column: they are turned in registers. `BStep` is
            /// then the bytes from column to column, and all columns of all vectors have to be there.
            Turned: bool
            /// `BStep` is the address of a table: where each row of B is, in bytes from B.
            Tabled: bool
            /// The panel of B after the next is asked for, and all of the next tile's results: where rows of B lie apart, in memory
            /// that no cache holds, the processor does not foresee them.
            Ahead: bool
            /// Some columns are no part of the result (`ColumnGaps`). Chains end in one go then.
            Gapped: bool
        }

    /// Where the vectors of a row of results belong, in an emitted kernel.
    [<NoEquality; NoComparison>]
    type private Columns =
        {
            /// Pushes the bytes from one column to the next.
            Step: unit -> unit
            /// Of results with gaps: bytes from the first vector to each.
            Places: LocalBuilder array
            /// The lanes of each vector's columns.
            Picks: LocalBuilder array
        }

    /// Pushes a number of vector j's entry.
    let private entry (w: KernelWriter) j k =
        w.Argument Argument.Gaps
        w.Offset((j * ColumnGaps.EntrySize + k) * sizeof<nativeint>)
        w.IL.Emit OpCodes.Ldind_I

    let private columnsOf (w: KernelWriter) (v: VectorCode) form : Columns =
        let indices = v.Indices
        let each make = if form.Gapped then Array.init form.Vectors make else [||]
        let place j =
            let place = w.Int()
            entry w j 0
            entry w 0 0
            w.IL.Emit OpCodes.Sub
            w.Set place
            place
        let pick j =
            let pick = w.Local indices.Vector
            entry w j 2
            w.Call indices.Load.Value
            w.Set pick
            pick
        { Step = (fun () -> w.Argument Argument.CColumn); Places = each place; Picks = each pick }

    /// Emits a loop over the columns of vector j of a row: address of the element in memory, address in `room`.
    let private eachColumn (w: KernelWriter) (v: VectorCode) form room columns j start body =
        let memory, lane, left = w.Int(), w.Int(), w.Int()
        start ()
        w.Set memory
        w.Get room
        w.Set lane
        if form.Gapped then entry w j 1
        elif j = form.Vectors - 1 then w.Argument Argument.LastColumns
        else w.Number v.Lanes
        w.Set left
        w.While(
            left,
            1,
            fun () ->
                body memory lane
                w.Get memory
                columns.Step()
                w.Add()
                w.Set memory
                w.Advance(lane, v.Size)
        )

    /// Address of row r, vector j of a matrix with rows from a pointer on.
    let private columnAddress (w: KernelWriter) (v: VectorCode) form columns row j =
        w.Get row
        if form.Gapped then
            w.Get(columns.Places[j])
            w.Add()
        elif form.Scattered then
            columns.Step()
            w.Number(j * v.Lanes)
            w.Mul()
            w.Add()
        else
            w.Offset(j * v.Bytes)

    /// Loads the vector at row, j; lanes beyond the last column are whatever `room` holds.
    let private load (w: KernelWriter) (v: VectorCode) form room columns row j =
        if form.Scattered then
            eachColumn w v form room columns j (fun () -> columnAddress w v form columns row j) (fun memory lane ->
                w.Get lane
                w.Get memory
                v.Read w
                v.Write w)
            w.Get room
        else
            columnAddress w v form columns row j
        w.Call v.Load.Value

    let private store (w: KernelWriter) (v: VectorCode) form room columns row j value =
        w.Get value
        if form.Scattered then
            w.Get room
            w.Call v.Store.Value
            eachColumn w v form room columns j (fun () -> columnAddress w v form columns row j) (fun memory lane ->
                w.Get memory
                w.Get lane
                v.Read w
                v.Write w)
        else
            columnAddress w v form columns row j
            w.Call v.Store.Value

    /// A side operand's vector: one element repeated where its columns have stride 0.
    let private loadSide (w: KernelWriter) (v: VectorCode) form room side row j value =
        let columns = { Step = (fun () -> w.Argument(Argument.Side side + 2)); Places = [||]; Picks = [||] }
        let loaded () =
            load w v form room columns row j
            w.Set value
        let repeated () =
            w.Get row
            v.Read w
            w.Call v.Repeat.Value
            w.Set value
        if form.Gapped then
            repeated ()
        elif form.Scattered then
            loaded ()
        else
            columns.Step()
            w.IfElse(loaded, repeated)

    /// Asks for the cache lines that hold so many bytes, wherever in a line they begin, from so many bytes after an address.
    let private prefetch (w: KernelWriter) hint (address: LocalBuilder) first bytes =
        if Sse.IsSupported then
            for at in first..64 .. first + bytes do
                w.Get address
                w.Offset at
                w.Call(nonNull (typeof<Sse>.GetMethod(hint: string)))

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
            prefetch w "Prefetch0" row 0 (if form.Ahead then form.Vectors * v.Bytes else 0)
            w.Advance(row, cRow)

    let private emitSteps (w: KernelWriter) (v: VectorCode) form k (sums: LocalBuilder array array) from =
        let (a: RowPointers), (step: LocalBuilder), (start: LocalBuilder), (bStep: LocalBuilder) = from
        let b = if form.Tabled then w.Int() else start
        let table = if form.Tabled then w.Int() else bStep
        if form.Tabled then
            w.Get bStep
            w.Set table
        let right = [| for _ in 1 .. form.Vectors -> w.Local v.Vector |]
        let left = w.Local v.Vector

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
                prefetch w "Prefetch1" b (2 * form.Vectors * v.Bytes) (form.Vectors * v.Bytes - 1)
            for r in 0 .. form.Rows - 1 do
                a.Push r
                v.Read w
                w.Call v.Repeat.Value
                w.Set left
                for j in 0 .. form.Vectors - 1 do
                    v.MultiplyAdd(w, (fun () -> w.Get left), (fun () -> w.Get(right[j])), (fun () -> w.Get(sums[r][j])))
                    w.Set(sums[r][j])
            a.Advance step
            if form.Tabled then w.Advance(table, sizeof<nativeint>) else w.Advance(b, bStep)

        w.While(
            k,
            2,
            fun () ->
                one ()
                one ()
        )
        w.While(k, 1, one)

    /// Some rows of turned B: the vectors of each, for the columns of vector j, in ascending order of k; A is walked along.
    let private multiplyTurned
        (w: KernelWriter)
        (v: VectorCode)
        form
        (sums: LocalBuilder array array)
        j
        (a: LocalBuilder)
        (aRow: LocalBuilder)
        (step: LocalBuilder)
        =
        let address, left = w.Int(), w.Local v.Vector
        fun (right: LocalBuilder array) ->
            for vector in right do
                w.Get a
                w.Set address
                for r in 0 .. form.Rows - 1 do
                    if r > 0 then w.Advance(address, aRow)
                    w.Get address
                    v.Read w
                    w.Call v.Repeat.Value
                    w.Set left
                    v.MultiplyAdd(w, (fun () -> w.Get left), (fun () -> w.Get vector), (fun () -> w.Get(sums[r][j])))
                    w.Set(sums[r][j])
                w.Advance(a, step)

    /// All of k, where B is read column by column.
    let private emitTurned
        (w: KernelWriter)
        (v: VectorCode)
        form
        (k: LocalBuilder)
        (sums: LocalBuilder array array)
        room
        (a, aRow, step, b, bStep)
        =
        let group, turned = Transposition.Group v, Transposition(w, v)
        let columns = RowPointers(w, form.Vectors * v.Lanes, bStep)
        let left, walk, single = w.Int(), w.Int(), w.Local v.Vector
        columns.Start b
        w.Get a
        w.Set left
        let multiply = [| for j in 0 .. form.Vectors - 1 -> multiplyTurned w v form sums j walk aRow step |]

        /// Columns of a vector after those of another: lines at equal distances may have to share few places of the cache.
        let each count (body: int -> unit) =
            for j in 0 .. form.Vectors - 1 do
                w.Get left
                w.Set walk
                body j
            w.Get walk
            w.Set left
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

        // Up to an address from which on 16 bytes lie within a cache line.
        let first = w.Int()
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

    let private emitEnd
        (w: KernelWriter)
        (v: VectorCode)
        form
        epilogue
        room
        columns
        c
        cRow
        (sums: LocalBuilder array array)
        =
        let row = w.Int()
        let sides = [| for _ in 1 .. epilogue.Sides -> w.Local v.Vector |]
        let rows = [| for k in 0 .. epilogue.Sides - 1 -> w.ArgumentLocal(Argument.Side k) |]
        w.Get c
        w.Set row
        for r in 0 .. form.Rows - 1 do
            for j in 0 .. form.Vectors - 1 do
                let finish () =
                    v.SettleNaN(w, sums[r][j])
                    if form.Gapped then
                        w.Get(sums[r][j])
                        w.Get(columns.Picks[j])
                        w.Call v.Shuffle.Value
                        w.Set(sums[r][j])
                    sides |> Array.iteri (fun k side -> loadSide w v form room k (rows[k]) j side)
                    epilogue.Emit w v (sums[r][j]) sides
                    w.Set(sums[r][j])
                if form.Gapped then
                    finish ()
                else
                    w.Argument Argument.Finish
                    w.IfElse(finish, ignore)
                store w v form room columns row j (sums[r][j])
            w.Advance(row, (cRow: LocalBuilder))
            rows
            |> Array.iteri (fun k p ->
                w.Get p
                w.Argument(Argument.Side k + 1)
                w.Add()
                w.Set p)
        // The next tile's rows of the side operands.
        rows
        |> Array.iteri (fun k p ->
            w.Arguments()
            w.Offset(Argument.Side k * sizeof<nativeint>)
            w.Get p
            w.IL.Emit OpCodes.Stind_I)
        w.Get row
        w.Set c

    let emit (v: VectorCode) epilogue form (w: KernelWriter) =
        let argument = w.ArgumentLocal
        let a, stride, step, tile =
            argument Argument.A, argument Argument.ARow, argument Argument.AStep, argument Argument.ATile
        let tiles, bStep, c, cRow =
            argument Argument.Tiles, argument Argument.BStep, argument Argument.C, argument Argument.CRow
        let room = argument Argument.Room
        let columns = columnsOf w v form
        let b, k, row = w.Int(), w.Int(), w.Int()
        let sums = [| for _ in 1 .. form.Rows -> [| for _ in 1 .. form.Vectors -> w.Local v.Vector |] |]

        w.While(
            tiles,
            1,
            fun () ->
                prefetchResults w v form c cRow
                let carryOn () =
                    w.Get c
                    w.Set row
                    for r in 0 .. form.Rows - 1 do
                        for j in 0 .. form.Vectors - 1 do
                            load w v form room columns row j
                            w.Set(sums[r][j])
                        w.Advance(row, cRow)
                let start () =
                    for rowSums in sums do
                        for sum in rowSums do
                            v.Nothing w
                            w.Set sum
                if form.Gapped then
                    start ()
                else
                    w.Argument Argument.Continue
                    w.IfElse(carryOn, start)
                w.Argument Argument.B
                w.Set b
                w.Argument Argument.K
                w.Set k
                if form.Turned then
                    emitTurned w v form k sums room (a, stride, step, b, bStep)
                else
                    let rows = RowPointers(w, form.Rows, stride)
                    rows.Start a
                    emitSteps w v form k sums (rows, step, b, bStep)
                emitEnd w v form epilogue room columns c cRow sums
                w.Advance(a, tile)
        )
