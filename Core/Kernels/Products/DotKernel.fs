namespace Functional

open System
open System.Reflection.Emit

/// How the matrix of a dot kernel lies in memory.
type internal DotLayout =
    /// The elements of a row are adjacent, and those of the vector: registers run along them.
    | Along = 0
    /// Those of a column are: registers run across the rows, of which there are as many as a register has elements at least.
    | Across = 1

/// A matrix by a vector: for each row the sum of its products with the vector. Lane j of `Lanes` is a chain of multiply-adds over
/// elements j, j + Lanes, …, and the lanes are combined by halving, as in Folds.
[<RequireQualifiedAccess>]
module internal DotKernel =
    [<Literal>]
    let Lanes = 32

    /// The arguments of a kernel by position. Steps are in bytes.
    module Argument =
        let K, Matrix, RowStep, ColumnStep, Rows, Vector, VectorStep = 0, 1, 2, 3, 4, 5, 6
        let Result, ResultStep = 7, 8
        /// Memory of as many bytes as `stateSize` says.
        let State = 9
        /// Not 0: the lanes continue from the state, instead of starting with the first products. Only along the rows: they may
        /// come in parts, all but the last of them multiples of `Lanes` long.
        let Continue = 10
        /// Not 0: the sums end here. Else all lanes of all rows stay in the state.
        let Finish = 11
        let count = 12

    /// How many registers of sums are under way at once along rows: they hide each other's latency.
    let private registers = 8

    /// How many rows are summed at once along them. Only so many, or one, may come in parts.
    let rowsAlong (v: VectorCode) = max 1 (registers * v.Lanes / Lanes)

    /// Across rows: how many registers beside each other, of how many lanes at once.
    let private acrossForms = if VectorWidth.registers = 32 then [ 4, 4; 1, 16 ] else [ 4, 2; 1, 8 ]

    /// Bytes that a kernel of either layout may keep.
    let stateSize (v: VectorCode) =
        let along, across = rowsAlong v * Lanes * v.Size, Lanes * fst acrossForms.Head * v.Bytes
        max along across

    /// What noted calls are made of.
    let noted (v: VectorCode) : KernelArguments =
        { Count = Argument.count
          Left = Argument.Matrix
          Right = Argument.Vector
          Result = Argument.Result
          Sides = [||]
          Room = Argument.State
          RoomBytes = stateSize v }

    let private settle (w: KernelWriter) (v: VectorCode) result =
        if v.IsFloating then
            w.Get result
            w.Get result
            w.IL.Emit OpCodes.Ceq
            w.IfElse(
                ignore,
                fun () ->
                    v.Number(w, nan)
                    w.Set result
            )

    /// The pointers that both walks have in common.
    type private Pointers =
        { Matrix: LocalBuilder
          RowStep: LocalBuilder
          Vector: LocalBuilder
          Result: LocalBuilder
          ResultStep: LocalBuilder
          State: LocalBuilder
          Left: LocalBuilder }

    let private vectorAt (w: KernelWriter) (v: VectorCode) (pointer: LocalBuilder) offset =
        w.Get pointer
        w.Offset offset
        w.Call v.Load.Value

    /// What is left of some rows: the first lanes, in memory, take one more element each.
    let private restAlong (w: KernelWriter) (v: VectorCode) (matrix: RowPointers) rows (vector: LocalBuilder) state k =
        let lane, walked = w.Int(), w.Int()
        w.Get(state: LocalBuilder)
        w.Set lane
        w.Number 0
        w.Set walked
        w.While(
            k,
            1,
            fun () ->
                for r in 0 .. rows - 1 do
                    let at () =
                        w.Get lane
                        w.Offset(r * Lanes * v.Size)
                    let element () =
                        matrix.Push r
                        w.Get walked
                        w.Add()
                        v.Read w
                    at ()
                    v.MultiplyAddElements(
                        w,
                        element,
                        (fun () ->
                            w.Get vector
                            w.Get walked
                            w.Add()
                            v.Read w),
                        (fun () ->
                            at ()
                            v.Read w)
                    )
                    v.Write w
                w.Advance(lane, v.Size)
                w.Advance(walked, v.Size)
        )

    /// So many rows, along them.
    let private rowsOf rows (w: KernelWriter) (v: VectorCode) p =
        let each = Lanes / v.Lanes
        let sums = [| for _ in 1..rows -> [| for _ in 1..each -> w.Local v.Vector |] |]
        let elements = [| for _ in 1..each -> w.Local v.Vector |]
        let k, vector, result = w.ArgumentLocal Argument.K, w.Int(), w.Local v.Element
        let matrix = RowPointers(w, rows, p.RowStep)
        let eachSum (body: int -> LocalBuilder -> unit) =
            for r in 0 .. rows - 1 do
                for i in 0 .. each - 1 do
                    let sum = sums[r][i]
                    body ((r * each + i) * v.Bytes) sum
        let load () =
            eachSum (fun offset sum ->
                vectorAt w v p.State offset
                w.Set sum)
        let store () =
            eachSum (fun offset sum ->
                w.Get sum
                w.Get p.State
                w.Offset offset
                w.Call v.Store.Value)

        w.Get p.Vector
        w.Set vector
        matrix.Start p.Matrix
        w.Argument Argument.Continue
        w.IfElse(
            load,
            fun () ->
                eachSum (fun _ sum ->
                    v.Nothing w
                    w.Set sum)
        )
        w.While(
            k,
            Lanes,
            fun () ->
                for i in 0 .. each - 1 do
                    vectorAt w v vector (i * v.Bytes)
                    w.Set(elements[i])
                for r in 0 .. rows - 1 do
                    for i in 0 .. each - 1 do
                        let element () =
                            matrix.Push r
                            w.Offset(i * v.Bytes)
                            w.Call v.Load.Value
                        v.MultiplyAdd(w, element, (fun () -> w.Get(elements[i])), (fun () -> w.Get(sums[r][i])))
                        w.Set(sums[r][i])
                matrix.Advance(Lanes * v.Size: int)
                w.Advance(vector, Lanes * v.Size)
        )
        w.Get k
        w.IfElse(
            (fun () ->
                store ()
                restAlong w v matrix rows vector p.State k
                load ()),
            ignore
        )
        w.Argument Argument.Finish
        w.IfElse(
            (fun () ->
                for r in 0 .. rows - 1 do
                    v.Halve(w, sums[r])
                    w.Set result
                    settle w v result
                    w.Get p.Result
                    w.Get result
                    v.Write w
                    w.Advance(p.Result, p.ResultStep)),
            store
        )
        for _ in 1..rows do
            w.Advance(p.Matrix, p.RowStep)

    let private along (w: KernelWriter) (v: VectorCode) p =
        let most = rowsAlong v
        w.While(p.Left, most, (fun () -> rowsOf most w v p))
        if most > 1 then w.While(p.Left, 1, (fun () -> rowsOf 1 w v p))

    /// Some lanes of as many rows as so many registers have elements: into the state, lane after lane.
    let private lanesAcross
        (w: KernelWriter)
        (v: VectorCode)
        p
        vectors
        first
        count
        (xStep: LocalBuilder)
        columnStep
        strides
        =
        let columnStride, xStride = strides
        let sums = [| for _ in 1..count -> [| for _ in 1..vectors -> w.Local v.Vector |] |]
        let k, start, x, element = w.ArgumentLocal Argument.K, w.Int(), w.Int(), w.Local v.Vector
        let matrix, xs = RowPointers(w, count, columnStep), RowPointers(w, count, xStep)
        let walk (from: LocalBuilder) (step: LocalBuilder) (target: LocalBuilder) =
            w.Get step
            w.Number first
            w.Mul()
            w.Get from
            w.Add()
            w.Set target
        let one lane =
            xs.Push lane
            v.Read w
            w.Call v.Repeat.Value
            w.Set element
            for j in 0 .. vectors - 1 do
                let column () =
                    matrix.Push lane
                    w.Offset(j * v.Bytes)
                    w.Call v.Load.Value
                v.MultiplyAdd(w, column, (fun () -> w.Get element), (fun () -> w.Get(sums[lane][j])))
                w.Set(sums[lane][j])

        for lane in sums do
            for sum in lane do
                v.Nothing w
                w.Set sum
        walk p.Matrix columnStep start
        walk p.Vector xStep x
        matrix.Start start
        xs.Start x
        w.While(
            k,
            Lanes,
            fun () ->
                for lane in 0 .. count - 1 do
                    one lane
                matrix.Advance(columnStride: LocalBuilder)
                xs.Advance(xStride: LocalBuilder)
        )
        for lane in 0 .. count - 1 do
            w.Get k
            w.Number(first + lane)
            w.IL.Emit OpCodes.Cgt
            w.IfElse((fun () -> one lane), ignore)
        sums
        |> Array.iteri (fun lane sums ->
            sums
            |> Array.iteri (fun j sum ->
                w.Get sum
                w.Get p.State
                w.Offset(((first + lane) * vectors + j) * v.Bytes)
                w.Call v.Store.Value))

    /// The lanes in the state, combined, to the result.
    let private finishAcross (w: KernelWriter) (v: VectorCode) p vectors =
        let sum, state, left = w.Local v.Vector, w.Int(), w.Int()
        let at (pointer: LocalBuilder) place = vectorAt w v pointer (place * v.Bytes)
        for j in 0 .. vectors - 1 do
            // By lane, as long as there are several.
            let rec combined lane half =
                if half = Lanes then
                    at p.State (lane * vectors + j)
                else
                    combined lane (2 * half)
                    combined (lane + half) (2 * half)
                    w.Call v.Plus.Value
            combined 0 1
            w.Set sum
            v.SettleNaN(w, sum)
            w.Get sum
            w.Get p.State
            w.Offset(j * v.Bytes)
            w.Call v.Store.Value
        w.Get p.State
        w.Set state
        w.Number(vectors * v.Lanes)
        w.Set left
        w.While(
            left,
            1,
            fun () ->
                w.Get p.Result
                w.Get state
                v.Read w
                v.Write w
                w.Advance(state, v.Size)
                w.Advance(p.Result, p.ResultStep)
        )

    let private across (w: KernelWriter) (v: VectorCode) p =
        let columnStep, xStep = w.ArgumentLocal Argument.ColumnStep, w.ArgumentLocal Argument.VectorStep
        let times (step: LocalBuilder) =
            let stride = w.Int()
            w.Get step
            w.Number Lanes
            w.Mul()
            w.Set stride
            stride
        let strides = times columnStep, times xStep
        let panel (vectors, count) =
            for first in 0..count .. Lanes - 1 do
                lanesAcross w v p vectors first count xStep columnStep strides
            finishAcross w v p vectors
            w.Advance(p.Matrix, vectors * v.Bytes)
        for vectors, count in acrossForms do
            w.While(p.Left, vectors * v.Lanes, (fun () -> panel (vectors, count)))
        // Rows before the last ones complete a register: they are computed again, with the same result.
        w.Get p.Left
        w.IfElse(
            (fun () ->
                let back = w.Int()
                w.Number v.Lanes
                w.Get p.Left
                w.IL.Emit OpCodes.Sub
                w.Set back
                w.Get p.Matrix
                w.Get back
                w.Number v.Size
                w.Mul()
                w.IL.Emit OpCodes.Sub
                w.Set p.Matrix
                w.Get p.Result
                w.Get back
                w.Get p.ResultStep
                w.Mul()
                w.IL.Emit OpCodes.Sub
                w.Set p.Result
                panel (List.last acrossForms)),
            ignore
        )

    let emit (v: VectorCode) layout (w: KernelWriter) =
        let p =
            { Matrix = w.ArgumentLocal Argument.Matrix
              RowStep = w.ArgumentLocal Argument.RowStep
              Vector = w.ArgumentLocal Argument.Vector
              Result = w.ArgumentLocal Argument.Result
              ResultStep = w.ArgumentLocal Argument.ResultStep
              State = w.ArgumentLocal Argument.State
              Left = w.ArgumentLocal Argument.Rows }
        match layout with
        | DotLayout.Along -> along w v p
        | _ -> across w v p
