namespace Functional

open System.Reflection.Emit

/// Code of a tile kernel that reads and writes rows of results, and of side operands, which are seen alike: vectors that are
/// adjacent, or scattered columns, or vectors that close their gaps.
[<Sealed>]
type internal TileResults(w: KernelWriter, v: VectorCode, form: TileForm) =
    let room = w.ArgumentLocal TileArgument.Room

    /// Pushes a number of vector j's entry.
    let entry j k =
        w.Argument TileArgument.Gaps
        w.Offset((j * ColumnGaps.EntrySize + k) * sizeof<nativeint>)
        w.IL.Emit OpCodes.Ldind_I

    let ofGaps make = if form.Gapped then Array.init form.Vectors make else [||]

    /// Of results with gaps: bytes from the first vector to each.
    let places =
        ofGaps (fun j ->
            let place = w.Int()
            entry j 0
            entry 0 0
            w.IL.Emit OpCodes.Sub
            w.Set place
            place)

    /// The lanes of each vector's columns.
    let picks =
        let indices = v.Indices
        ofGaps (fun j ->
            let pick = w.Local indices.Vector
            entry j 2
            w.Call indices.Load.Value
            w.Set pick
            pick)

    /// Emits a loop over the columns of vector j of a row: address of the element in memory, address in `room`.
    let eachColumn step j start body =
        let memory, lane, left = w.Int(), w.Int(), w.Int()
        start ()
        w.Set memory
        w.Get room
        w.Set lane
        if form.Gapped then entry j 1
        elif j = form.Vectors - 1 then w.Argument TileArgument.LastColumns
        else w.Number v.Lanes
        w.Set left
        w.While(
            left,
            1,
            fun () ->
                body memory lane
                w.Get memory
                step ()
                w.Add()
                w.Set memory
                w.Advance(lane, v.Size)
        )

    /// Address of row r, vector j of a matrix with rows from a pointer on. `step` pushes the bytes from column to column.
    let address step (row: LocalBuilder) j =
        w.Get row
        if form.Gapped then
            w.Get(places[j])
            w.Add()
        elif form.Scattered then
            step ()
            w.Number(j * v.Lanes)
            w.Mul()
            w.Add()
        else
            w.Offset(j * v.Bytes)

    /// Loads the vector at row, j; lanes beyond the last column are whatever `room` holds.
    let load step row j =
        if form.Scattered then
            eachColumn step j (fun () -> address step row j) (fun memory lane ->
                w.Get lane
                w.Get memory
                v.Read w
                v.Write w)
            w.Get room
        else
            address step row j
        w.Call v.Load.Value

    let resultStep () = w.Argument TileArgument.CColumn

    /// Where there is room for a vector.
    member _.Room = room

    /// Loads the result at row, j.
    member _.Load(row, j) = load resultStep row j

    member _.Store(row, j, value) =
        w.Get value
        if form.Scattered then
            w.Get room
            w.Call v.Store.Value
            eachColumn resultStep j (fun () -> address resultStep row j) (fun memory lane ->
                w.Get memory
                w.Get lane
                v.Read w
                v.Write w)
        else
            address resultStep row j
            w.Call v.Store.Value

    /// Moves the columns of vector j that are part of the result together.
    member _.Close(j, value) =
        if form.Gapped then
            w.Get value
            w.Get(picks[j])
            w.Call v.Shuffle.Value
            w.Set value

    /// A side operand's vector: one element repeated where its columns have stride 0.
    member _.LoadSide(side, row, j, value) =
        let step () = w.Argument(TileArgument.Side side + 2)
        let loaded () =
            load step row j
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
            step ()
            w.IfElse(loaded, repeated)
