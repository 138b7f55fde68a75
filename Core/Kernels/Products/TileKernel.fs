namespace Functional

open System
open System.Collections.Concurrent
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
        /// For each side operand: pointer, bytes from row to row, bytes from column to column (0 or the element size,
        /// except in a scattered kernel).
        let Side k = 15 + 3 * k
        /// As many as a kernel with that many side operands takes.
        let count sides = 15 + 3 * sides

    /// What a kernel is emitted for.
    [<Struct>]
    type Form = { Rows: int; Vectors: int; Scattered: bool }

    /// A base pointer for every three rows: the others are reached by adding the stride once or twice.
    let private rowAddress (w: KernelWriter) (bases: LocalBuilder array) stride twice row =
        w.Get(bases[row / 3])
        match row % 3 with
        | 1 ->
            w.Get stride
            w.Add()
        | 2 ->
            w.Get twice
            w.Add()
        | _ -> ()

    let private startBases (w: KernelWriter) (bases: LocalBuilder array) from stride twice =
        w.Get from
        w.Set(bases[0])
        for k in 1 .. bases.Length - 1 do
            w.Get(bases[k - 1])
            w.Get stride
            w.Add()
            w.Get twice
            w.Add()
            w.Set(bases[k])

    /// Emits a loop over the columns of vector j of a row: address of the element in memory, address in `room`.
    let private eachColumn (w: KernelWriter) (v: VectorCode) form room (stride: unit -> unit) j start body =
        let memory, lane, left = w.Int(), w.Int(), w.Int()
        start ()
        w.Set memory
        w.Get room
        w.Set lane
        if j = form.Vectors - 1 then w.Argument Argument.LastColumns else w.Number v.Lanes
        w.Set left
        w.While(
            left,
            1,
            fun () ->
                body memory lane
                w.Get memory
                stride ()
                w.Add()
                w.Set memory
                w.Advance(lane, v.Size)
        )

    /// Address of row r, vector j of a matrix with rows from a pointer on.
    let private columnAddress (w: KernelWriter) (v: VectorCode) form (stride: unit -> unit) row j =
        w.Get row
        if form.Scattered then
            stride ()
            w.Number(j * v.Lanes)
            w.Mul()
            w.Add()
        else
            w.Offset(j * v.Bytes)

    /// Loads the vector at row, j; lanes beyond the last column are whatever `room` holds.
    let private load (w: KernelWriter) (v: VectorCode) form room stride row j =
        if form.Scattered then
            eachColumn w v form room stride j (fun () -> columnAddress w v form stride row j) (fun memory lane ->
                w.Get lane
                w.Get memory
                v.Read w
                v.Write w)
            w.Get room
        else
            columnAddress w v form stride row j
        w.Call v.Load.Value

    let private store (w: KernelWriter) (v: VectorCode) form room stride row j value =
        w.Get value
        if form.Scattered then
            w.Get room
            w.Call v.Store.Value
            eachColumn w v form room stride j (fun () -> columnAddress w v form stride row j) (fun memory lane ->
                w.Get memory
                w.Get lane
                v.Read w
                v.Write w)
        else
            columnAddress w v form stride row j
            w.Call v.Store.Value

    /// A side operand's vector: one element repeated where its columns have stride 0.
    let private loadSide (w: KernelWriter) (v: VectorCode) form room side row j value =
        let stride () = w.Argument(Argument.Side side + 2)
        if form.Scattered then
            load w v form room stride row j
            w.Set value
        else
            stride ()
            w.IfElse(
                (fun () ->
                    load w v form room stride row j
                    w.Set value),
                fun () ->
                    w.Get row
                    v.Read w
                    w.Call v.Repeat.Value
                    w.Set value
            )

    /// Asks for the rows of the next tile's results.
    let private prefetchNext (w: KernelWriter) form (c: LocalBuilder) (cRow: LocalBuilder) =
        if Sse.IsSupported then
            let prefetch = nonNull (typeof<Sse>.GetMethod "Prefetch0")
            let row = w.Int()
            w.Get cRow
            w.Number form.Rows
            w.Mul()
            w.Get c
            w.Add()
            w.Set row
            for _ in 1 .. form.Rows do
                w.Get row
                w.Call prefetch
                w.Advance(row, cRow)

    let private emitSteps (w: KernelWriter) (v: VectorCode) form k (sums: LocalBuilder array array) from =
        let bases, stride, twice, step, b, bStep = from
        let right = [| for _ in 1 .. form.Vectors -> w.Local v.Vector |]
        let left = w.Local v.Vector

        let one () =
            for j in 0 .. form.Vectors - 1 do
                w.Get b
                w.Offset(j * v.Bytes)
                w.Call v.Load.Value
                w.Set(right[j])
            for r in 0 .. form.Rows - 1 do
                rowAddress w bases stride twice r
                v.Read w
                w.Call v.Repeat.Value
                w.Set left
                for j in 0 .. form.Vectors - 1 do
                    v.MultiplyAdd(w, (fun () -> w.Get left), (fun () -> w.Get(right[j])), (fun () -> w.Get(sums[r][j])))
                    w.Set(sums[r][j])
            for p in bases do
                w.Advance(p, (step: LocalBuilder))
            w.Advance(b, (bStep: LocalBuilder))

        w.While(
            k,
            2,
            fun () ->
                one ()
                one ()
        )
        w.While(k, 1, one)

    let private emitEnd
        (w: KernelWriter)
        (v: VectorCode)
        form
        epilogue
        room
        cColumn
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
                w.Argument Argument.Finish
                w.IfElse(
                    (fun () ->
                        v.SettleNaN(w, sums[r][j])
                        sides |> Array.iteri (fun k side -> loadSide w v form room k (rows[k]) j side)
                        epilogue.Emit w v (sums[r][j]) sides
                        w.Set(sums[r][j])),
                    ignore
                )
                store w v form room cColumn row j (sums[r][j])
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
            w.IL.Emit OpCodes.Ldarg_0
            w.Offset(Argument.Side k * sizeof<nativeint>)
            w.Get p
            w.IL.Emit OpCodes.Stind_I)
        w.Get row
        w.Set c

    let emit (v: VectorCode) epilogue form : KernelCode =
        let w = KernelWriter $"Tile {form.Rows}x{form.Vectors}"
        let argument = w.ArgumentLocal
        let a, stride, step, tile =
            argument Argument.A, argument Argument.ARow, argument Argument.AStep, argument Argument.ATile
        let tiles, bStep, c, cRow =
            argument Argument.Tiles, argument Argument.BStep, argument Argument.C, argument Argument.CRow
        let room = argument Argument.Room
        let cColumn () = w.Argument Argument.CColumn
        let twice, b, k, row = w.Int(), w.Int(), w.Int(), w.Int()
        let bases = [| for _ in 0 .. (form.Rows - 1) / 3 -> w.Int() |]
        let sums = [| for _ in 1 .. form.Rows -> [| for _ in 1 .. form.Vectors -> w.Local v.Vector |] |]

        w.Get stride
        w.Get stride
        w.Add()
        w.Set twice
        w.While(
            tiles,
            1,
            fun () ->
                startBases w bases a stride twice
                prefetchNext w form c cRow
                w.Argument Argument.Continue
                w.IfElse(
                    (fun () ->
                        w.Get c
                        w.Set row
                        for r in 0 .. form.Rows - 1 do
                            for j in 0 .. form.Vectors - 1 do
                                load w v form room cColumn row j
                                w.Set(sums[r][j])
                            w.Advance(row, cRow)),
                    fun () ->
                        for rowSums in sums do
                            for sum in rowSums do
                                v.Nothing w
                                w.Set sum
                )
                w.Argument Argument.B
                w.Set b
                w.Argument Argument.K
                w.Set k
                emitSteps w v form k sums (bases, stride, twice, step, b, bStep)
                emitEnd w v form epilogue room cColumn c cRow sums
                w.Advance(a, tile)
        )
        w.Finish()

/// The tile kernels of one element type, width and epilogue, each emitted when first asked for.
[<Sealed>]
type internal TileKernels private (code: VectorCode, epilogue: Epilogue) =
    static let all = ConcurrentDictionary<struct (Type * VectorWidth * string), TileKernels>()
    static let none = { Key = ""; Sides = 0; Emit = fun w _ sum _ -> w.Get sum }

    // Accumulators beside the row's broadcast element and two vectors of B.
    let sums = if VectorWidth.registers = 32 then 24 else 12
    let most = TileKernels.MostVectors
    let kernels = Array.zeroCreate<KernelCode | null>((sums + 1) * (most + 1) * 2)

    static member NoEpilogue = none

    /// A tile is at most so many vectors wide, and so many rows high.
    static member MostVectors = 4
    static member MostRows = 12

    static member Get(element, width, epilogue) =
        all.GetOrAdd(struct (element, width, epilogue.Key), fun _ -> TileKernels(VectorCode(element, width), epilogue))

    member _.Code = code
    member _.Epilogue = epilogue

    /// How many vectors wide the tiles of a product with m rows are: few rows need more of them to hide latency.
    member _.VectorsFor(m: nativeint) = if m * nativeint most <= nativeint sums then most else 2

    /// How many rows of so many vectors fit the registers.
    member _.RowsFor vectors = min (sums / vectors) (sums / 2)

    member _.Kernel(rows, vectors, scattered) : KernelCode =
        let at = (rows * (most + 1) + vectors) * 2 + (if scattered then 1 else 0)
        match kernels[at] with
        | null ->
            let kernel = TileKernel.emit code epilogue { Rows = rows; Vectors = vectors; Scattered = scattered }
            kernels[at] <- kernel
            kernel
        | kernel -> kernel
