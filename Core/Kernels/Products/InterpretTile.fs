namespace Functional

#nowarn "9" // Addresses of elements.

open Microsoft.FSharp.NativeInterop

/// Does what a tile kernel does without being compiled, row after row.
[<Sealed>]
type private TileInterpreter(v: VectorCode, epilogue: Epilogue, form: TileForm) =
    let arithmetic = RunArithmetic.of' v.Element
    let size, lanes = nativeint v.Size, v.Lanes
    let width = form.Vectors * lanes
    let rowBytes = nativeint width * size
    let get (list: nativeint) k = NativePtr.get (NativePtr.ofNativeInt<nativeint> list) k

    let entry arguments j k = get (get arguments TileArgument.Gaps) (j * ColumnGaps.EntrySize + k)

    /// How many of a row's columns are part of the result.
    let columns arguments =
        if form.Gapped then
            let mutable count = 0
            for j in 0 .. form.Vectors - 1 do
                count <- count + int (entry arguments j 1)
            count
        elif form.Scattered then
            (form.Vectors - 1) * lanes + int (get arguments TileArgument.LastColumns)
        else
            width

    /// Moves the columns of a row that are part of the result to its beginning.
    let close arguments sums =
        let mutable target = sums
        for j in 0 .. form.Vectors - 1 do
            let picks = entry arguments j 2
            for k in 0 .. int (entry arguments j 1) - 1 do
                let lane =
                    if v.Size = 4 then
                        nativeint (NativePtr.get (NativePtr.ofNativeInt<int> picks) k)
                    else
                        nativeint (NativePtr.get (NativePtr.ofNativeInt<int64> picks) k)
                RunCopying.copy v.Size (sums + nativeint j * nativeint v.Bytes + lane * size) size target size 1
                target <- target + size

    /// The rows of a tile, by all of k. `line` has room for a row of turned B.
    let multiply arguments a sums line =
        let b, bStep = get arguments TileArgument.B, get arguments TileArgument.BStep
        let aRow, aStep = get arguments TileArgument.ARow, get arguments TileArgument.AStep
        if form.Turned then
            for p in 0n .. get arguments TileArgument.K - 1n do
                RunCopying.copy v.Size (b + p * size) bStep line size width
                for r in 0n .. nativeint form.Rows - 1n do
                    arithmetic.Scale(line, a + r * aRow + p * aStep, sums + r * rowBytes, width)
        else
            for r in 0n .. nativeint form.Rows - 1n do
                let product =
                    { Number = a + r * aRow
                      NumberStep = aStep
                      Elements = b
                      ElementStep = bStep
                      Table = (if form.Tabled then bStep else 0n)
                      K = get arguments TileArgument.K }
                arithmetic.Row(size, product, sums + r * rowBytes, width)

    /// What follows the sums of a row; `sides` have room for one each.
    let finish arguments r sums (sides: nativeint array) count =
        arithmetic.Settle(sums, width)
        if form.Gapped then close arguments sums
        for k in 0 .. sides.Length - 1 do
            let side = TileArgument.Side k
            let step = if form.Gapped then 0n else get arguments (side + 2)
            RunCopying.copy v.Size (get arguments side + r * get arguments (side + 1)) step sides[k] size count
        if count > 0 then epilogue.Interpret sums sides count

    member _.Run(arguments: nativeint) =
        let c, cRow = get arguments TileArgument.C, get arguments TileArgument.CRow
        let cColumn = if form.Scattered then get arguments TileArgument.CColumn else size
        let count = columns arguments
        let continues = not form.Gapped && get arguments TileArgument.Continue <> 0n
        let finishes = form.Gapped || get arguments TileArgument.Finish <> 0n
        use own = RentedMemory.rent ((form.Rows + 1 + epilogue.Sides) * int rowBytes)
        let line = own.Address + nativeint form.Rows * rowBytes
        let sides = if epilogue.Sides = 0 then [||] else Array.zeroCreate epilogue.Sides
        for k in 0 .. sides.Length - 1 do
            sides[k] <- line + nativeint (k + 1) * rowBytes
        for tile in 0n .. get arguments TileArgument.Tiles - 1n do
            let first = tile * nativeint form.Rows
            arithmetic.Start(own.Address, form.Rows * width)
            if continues then
                for r in 0n .. nativeint form.Rows - 1n do
                    RunCopying.copy v.Size (c + (first + r) * cRow) cColumn (own.Address + r * rowBytes) size count
            let a = get arguments TileArgument.A + tile * get arguments TileArgument.ATile
            multiply arguments a own.Address line
            for r in 0n .. nativeint form.Rows - 1n do
                let sums = own.Address + r * rowBytes
                if finishes then finish arguments (first + r) sums sides count
                RunCopying.copy v.Size sums size (c + (first + r) * cRow) cColumn count

[<RequireQualifiedAccess>]
module internal InterpretTile =
    let prepare v epilogue form : KernelCode =
        let interpreter = TileInterpreter(v, epilogue, form)
        KernelCode(fun arguments -> interpreter.Run arguments)
