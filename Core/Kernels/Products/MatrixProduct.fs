namespace Functional

#nowarn "9" // pointers

open Microsoft.FSharp.NativeInterop

/// The operands of a product and its result, whole matrices. Packed: the address of all of the right operand, packed, or 0.
[<Struct>]
type internal ProductOperands =
    {
        Left: Matrix
        Right: Matrix
        Packed: nativeint
        Result: Matrix
        Sides: Matrix array
        /// Where calls of kernels are noted instead of made, or null. Addresses are offsets then.
        Calls: ProductCalls | null
    }

/// When operands are copied into panels first. No choice changes a bit.
type internal PackingChoice =
    | Auto = 0
    | Never = 1
    | Always = 2

/// How many bytes a product works on at a time. No choice changes a bit.
[<Struct>]
type internal BlockSizes =
    {
        /// Of a row of the left operand, at most about so many.
        Row: nativeint
        /// Of the left operand: these are read again for each panel of the right one.
        Left: nativeint
        /// Of the right operand: these are read again for each block of the left one.
        Right: nativeint
    }

    /// Rows so long that results are seldom carried on; the second cache keeps a block of the left operand beside a panel of the
    /// right one, the third a block of the right operand.
    static member Usual = { Row = 4096n; Left = 262144n; Right = 2097152n }

/// Rows and columns of a product that are computed together, and how.
[<Struct>]
type private Part =
    {
        Operands: ProductOperands
        /// The thread's scratch memory.
        Scratch: nativeint
        PacksLeft: bool
        PacksRight: bool
        /// The rows of the right operand are looked up in a table.
        Tabled: bool
        FirstRow: nativeint
        EndRow: nativeint
        FirstColumn: nativeint
        EndColumn: nativeint
    }

/// A block of the left operand, rows from Row on and k from P on, at hand to be multiplied by panels.
[<Struct>]
type private Stage =
    {
        Left: Matrix
        IsPacked: bool
        Row: nativeint
        P: nativeint
        Depth: nativeint
        /// Row tiles: how many have one row more than the others, the rows of these, and how many they are.
        High: nativeint
        Height: nativeint
        Low: nativeint
    }

/// [m; k] × [k; n] → [m; n], on one thread: in blocks that fit the caches, each by tile kernels. An element is one chain of
/// multiply-adds over ascending k, which block after block carries on through the result. k is at least 1. `kept` says of each
/// column whether it is part of the result; empty: all are.
[<Sealed>]
type internal MatrixProduct
    (
        tiles: TileKernels,
        m: nativeint,
        n: nativeint,
        k: nativeint,
        packing: PackingChoice,
        blocks: BlockSizes,
        kept: bool array
    ) =
    let code = tiles.Code
    let size, lanes = nativeint code.Size, nativeint code.Lanes
    let vectors = tiles.VectorsFor(m, n)
    let panel = nativeint vectors * lanes
    let height = nativeint (tiles.RowsFor vectors)
    let sides = tiles.Epilogue.Sides
    let panels = PanelPacking(tiles.Mode, code)
    let gaps = if kept.Length > 0 then ColumnGaps(kept, int lanes, int size) else null

    let ceiling (a: nativeint) (b: nativeint) = (a + b - 1n) / b

    /// Equal parts of about `most`, in multiples of a unit.
    let part (whole: nativeint) most unit' =
        ceiling (ceiling whole (max 1n (ceiling (whole - most / 2n) most))) unit' * unit'

    /// Fewer rows are not worth a copy of the right operand.
    let worthCopying (rows: nativeint) = rows >= 96n

    let kBlock =
        let most =
            // Wide panels are read once or twice: the first cache keeps them.
            if vectors > 3 then 16384n / (panel * size)
            // Rows that lie apart share few places of the caches.
            elif not (worthCopying m) then 384n
            else k
        // Results with gaps cannot be carried on.
        if isNull gaps then part k (min most (blocks.Row / size)) 16n else k
    let mBlock = part m (max height (blocks.Left / (kBlock * size))) height
    let nBlock = max panel (blocks.Right / (kBlock * size) / panel * panel)
    let columnsPacked = ceiling n lanes * lanes

    // The layout of the scratch memory: arguments, room for a vector, two tables, a block of the left, of the right.
    let room = (nativeint (TileArgument.count sides * sizeof<nativeint>) + 63n) &&& ~~~63n
    let table = room + 64n
    let rowTable = table + PanelPacking.TableSize kBlock
    let left = (rowTable + PanelPacking.TableSize kBlock + 63n) &&& ~~~63n
    let right = left + ((mBlock * kBlock * size + 63n) &&& ~~~63n)

    let set (scratch: nativeint) at (value: nativeint) =
        NativePtr.set (NativePtr.ofNativeInt<nativeint> scratch) at value

    // A copy pays where rows would be read again and again across many pages, or looked up.
    let packsRight (b: Matrix) rows =
        b.ColumnStep <> size
        || not b.Columns.IsOne
        || not b.Rows.IsOne && worthCopying rows
        || packing = PackingChoice.Always
        || packing = PackingChoice.Auto && worthCopying rows && k * n * size >= 262144n

    let packsLeft (a: Matrix) columns =
        a.RowStep = size
        && a.ColumnStep <> size
        && (packing = PackingChoice.Always
            || packing = PackingChoice.Auto && columns >= 4n * panel && k * m * size >= 524288n)

    /// The vectors of the panel that starts with so many columns to go. The last one may be partial.
    let vectorsAt rest = if rest >= panel then vectors else max 1 (int (rest / lanes))

    let packTiles scratch (a: Matrix) rows depth =
        let count = ceiling rows height
        let low, high = rows / count, rows % count
        let mutable row = 0n
        for tile in 0n .. count - 1n do
            let h = if tile < high then low + 1n else low
            panels.Tile(scratch, scratch + table, a.From(row, 0n), h, depth, scratch + left + row * depth * size)
            row <- row + h

    let stageAt (part: Part inref) row rows p depth : Stage =
        let a = part.Operands.Left.From(row, p).Part(rows, depth)
        let packs = part.PacksLeft || not a.IsEven
        if packs then
            match part.Operands.Calls with
            | null -> packTiles part.Scratch a rows depth
            | calls -> calls.GiveUp()
        if part.Tabled then
            match part.Operands.Calls with
            | null -> panels.Rows(part.Scratch + rowTable, part.Operands.Right.From(p, 0n), depth)
            | calls -> calls.GiveUp()
        let tiles = ceiling rows height
        let high = rows % tiles
        { Left = if packs then { a with Address = part.Scratch + left } else a
          IsPacked = packs
          Row = row
          P = p
          Depth = depth
          High = high
          Height = rows / tiles
          Low = tiles - high }

    let setRight scratch address step =
        set scratch TileArgument.B address
        set scratch TileArgument.BStep step

    // Of a panel wider than three vectors the processor sees the rows.
    let looksAhead (part: Part inref) tabled asItIs =
        vectors <= 3 && (tabled || asItIs && part.Operands.Packed = 0n && k * n * size >= 4194304n)

    /// Makes a panel of the right operand ready, packed or as it is; whether its rows are looked up. A packed one is kept for the
    /// rows that follow.
    let panelAt (part: Part inref) (stage: Stage inref) column columns whole asItIs =
        let step = nativeint whole * lanes * size
        let b, scratch = part.Operands.Right, part.Scratch
        if part.Operands.Packed <> 0n then
            setRight scratch (part.Operands.Packed + (stage.P * columnsPacked + column * stage.Depth) * size) step
            false
        elif asItIs && part.Tabled then
            setRight scratch (b.From(stage.P, column).Address) (scratch + rowTable)
            true
        elif asItIs then
            setRight scratch (b.At(stage.P, column)) b.RowStep
            false
        else
            let kept = part.PacksRight && part.EndRow - part.FirstRow > mBlock
            let at = if kept then (column - part.FirstColumn) % nBlock * stage.Depth * size else 0n
            let target = scratch + right + at
            if not kept || stage.Row = part.FirstRow then
                match part.Operands.Calls with
                | null ->
                    panels.Columns(
                        scratch,
                        scratch + table,
                        b.From(stage.P, column),
                        stage.Depth,
                        columns,
                        whole,
                        target
                    )
                | calls -> calls.GiveUp()
            setRight scratch target step
            false

    /// Where in a row of the result a column belongs.
    let resultAt (part: Part inref) row column =
        let c = part.Operands.Result
        if isNull gaps then c.At(row, column) else c.At(row, 0n) + gaps.Before column

    /// Row tiles of equal height, one below the other.
    let runTiles (part: Part inref) (stage: Stage inref) first count rows column whole scattered tabled ahead =
        if count > 0n then
            let scratch, a = part.Scratch, stage.Left
            let tileStep = if stage.IsPacked then stage.Depth * size else a.RowStep
            set scratch TileArgument.A (a.Address + first * tileStep)
            set scratch TileArgument.ARow (if stage.IsPacked then size else a.RowStep)
            set scratch TileArgument.AStep (if stage.IsPacked then rows * size else a.ColumnStep)
            set scratch TileArgument.ATile (rows * tileStep)
            set scratch TileArgument.Tiles count
            set scratch TileArgument.C (resultAt &part (stage.Row + first) column)
            for s in 0 .. sides - 1 do
                let side = part.Operands.Sides[s]
                set scratch (TileArgument.Side s) (side.At(stage.Row + first, column))
            let kernel = tiles.Kernel(int rows, whole, scattered, tabled, ahead, not (isNull gaps))
            match part.Operands.Calls with
            | null -> kernel.Invoke scratch
            // What is noted outlives the product, and its gaps.
            | calls when not (isNull gaps) -> calls.GiveUp()
            | calls -> calls.Add(kernel, scratch, tiles.Noted)

    /// The columns of one panel in a stage's rows, in tiles of heights that differ by at most 1; where the next panel starts.
    let runPanel (part: Part inref) (stage: Stage inref) column endColumn =
        let whole = vectorsAt (endColumn - column)
        let columns = min (endColumn - column) (nativeint whole * lanes)
        let partial = columns < nativeint whole * lanes
        let b, c = part.Operands.Right, part.Operands.Result
        // Columns before the last ones complete a vector: they are computed again from the start, with the same result. Not where
        // a side operand may lie in the result's memory, as one that repeats along rows with gaps cannot.
        let back =
            partial
            && stage.Depth = k
            && (sides = 0 || not (isNull gaps))
            && part.Operands.Packed = 0n
            && (b.IsEven || part.Tabled)
            && b.ColumnStep = size
            && c.ColumnStep = size
            && endColumn - lanes >= part.FirstColumn
            && packing <> PackingChoice.Always
        let column = if back then endColumn - lanes else column
        let columns = if back then lanes else columns
        let asItIs = back || not (part.PacksRight || partial)
        let tabled = panelAt &part &stage column columns whole asItIs
        let ahead = looksAhead &part tabled asItIs
        let scratch = part.Scratch
        set scratch TileArgument.K stage.Depth
        set scratch TileArgument.Continue stage.P
        set scratch TileArgument.Finish (if stage.P + stage.Depth = k then 1n else 0n)
        set scratch TileArgument.LastColumns (columns - nativeint (whole - 1) * lanes)
        let scattered =
            match gaps with
            | null -> c.ColumnStep <> size || columns < nativeint whole * lanes
            | gaps ->
                set scratch TileArgument.Gaps (gaps.At column)
                not (gaps.Fit(column, whole, part.EndColumn))
        let high, low = stage.High, stage.Height
        runTiles &part &stage 0n high (low + 1n) column whole scattered tabled ahead
        runTiles &part &stage (high * (low + 1n)) stage.Low low column whole scattered tabled ahead
        column + columns

    let setStrides (part: Part inref) =
        let scratch, c = part.Scratch, part.Operands.Result
        set scratch TileArgument.CRow c.RowStep
        set scratch TileArgument.CColumn c.ColumnStep
        set scratch TileArgument.Room (scratch + room)
        for s in 0 .. sides - 1 do
            let side = part.Operands.Sides[s]
            set scratch (TileArgument.Side s + 1) side.RowStep
            set scratch (TileArgument.Side s + 2) side.ColumnStep

    let runColumns (part: Part inref) firstColumn endColumn =
        let mutable p = 0n
        while p < k do
            let depth = min kBlock (k - p)
            let mutable row = part.FirstRow
            while row < part.EndRow do
                let rows = min mBlock (part.EndRow - row)
                let stage = stageAt &part row rows p depth
                let mutable column = firstColumn
                while column < endColumn do
                    column <- runPanel &part &stage column endColumn
                row <- row + rows
            p <- p + depth

    /// Why a kernel is interpreted though it was meant to be compiled.
    member _.Problem = PreparedKernel.either tiles.Problem panels.Problem
    member _.Rows = m
    member _.Columns = n
    /// Parts of a product start at columns that are multiples of this.
    member _.ColumnUnit = panel

    /// How many bytes all of the right operand takes, packed.
    member _.PackedSize = k * columnsPacked * size

    /// Packs all of the right operand, for `Run`.
    member _.Pack(b: Matrix, target: nativeint) =
        let scratch = Scratch.Take right
        let mutable p = 0n
        while p < k do
            let depth = min kBlock (k - p)
            let mutable column = 0n
            while column < n do
                let whole = vectorsAt (n - column)
                let columns = min (n - column) (nativeint whole * lanes)
                let into = target + (p * columnsPacked + column * depth) * size
                panels.Columns(scratch, scratch + table, b.From(p, column), depth, columns, whole, into)
                column <- column + columns
            p <- p + depth

    /// Computes rows from firstRow up to endRow, columns from firstColumn up to endColumn of the result.
    member _.Run(operands: ProductOperands, firstRow, endRow, firstColumn, endColumn) =
        let packsRight = operands.Packed = 0n && packsRight operands.Right (endRow - firstRow)
        let kept = if packsRight && endRow - firstRow > mBlock then min nBlock (endColumn - firstColumn) else panel
        let part =
            { Operands = operands
              Scratch = Scratch.Take(right + kBlock * (ceiling kept panel * panel) * size)
              PacksLeft = packsLeft operands.Left (endColumn - firstColumn)
              PacksRight = packsRight
              Tabled = operands.Packed = 0n && not packsRight && not operands.Right.Rows.IsOne
              FirstRow = firstRow
              EndRow = endRow
              FirstColumn = firstColumn
              EndColumn = endColumn }
        setStrides &part
        let mutable column = firstColumn
        while column < endColumn do
            let next = min endColumn (column + nBlock)
            runColumns &part column next
            column <- next
