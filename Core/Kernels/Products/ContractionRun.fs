namespace Functional

open System
open System.Runtime.InteropServices

/// The right operand of a contraction, packed for it once and for all: one packed matrix for each batch index.
[<Sealed>]
type internal PackedOperand(size: nativeint, count: int) =
    let bytes = GC.AllocateUninitializedArray<byte>(int (size * nativeint count) + 64, pinned = true)
    let start = (Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) + 63n) &&& ~~~63n
    /// Held, or the memory would be collected.
    member _.Bytes = bytes
    member _.At item = start + nativeint item * size

/// A matrix for each batch index, its elements held in place.
[<Struct>]
type internal PinnedView =
    {
        View: MatrixView
        /// Of the array's first element.
        Address: nativeint
    }

    static member private Runs(table: RunTable) = if isNull table then Runs.One else table.Runs

    member p.Matrix(size: nativeint, batchSizes, item) : Matrix =
        { Address = p.Address + size * nativeint (p.View.Start(batchSizes, item))
          RowStep = size * nativeint p.View.RowStride
          ColumnStep = size * nativeint p.View.ColumnStride
          Rows = PinnedView.Runs p.View.RowTable
          Columns = PinnedView.Runs p.View.ColumnTable }

/// What a contraction computes for each batch index.
[<RequireQualifiedAccess>]
type internal ContractionBody =
    /// Each element is one chain. Where `transposed`, the transposed of everything is computed: Cᵀ = Bᵀ · Aᵀ. `thin` is
    /// there if there are few rows.
    | Chains of MatrixProduct * thin: ThinProduct voption * transposed: bool
    /// Each element is the sum of 32 chains.
    | Lanes of DotProduct

    /// Whether the left operand is the right one of what is computed.
    member b.IsTransposed =
        match b with
        | Chains(_, _, transposed) -> transposed
        | Lanes dots -> dots.IsTransposed

    /// Why a kernel is interpreted though it was meant to be compiled.
    member b.Problem: string | null =
        match b with
        | Lanes dots -> dots.Problem
        | Chains(product, ValueSome thin, _) -> PreparedKernel.either product.Problem thin.Problem
        | Chains(product, ValueNone, _) -> product.Problem

/// One run of a contraction, divided into items that any threads may compute: runs of batch indices where there are
/// enough of them, else parts of the rows and columns of each.
[<Sealed>]
type internal ContractionRun(shape: ContractionShape, size: nativeint, body: ContractionBody) as run =
    let mutable rowParts, columnParts, items = 1, 1, 1
    let action = Action<int>(fun item -> run.Item item)

    let turn (matrix: Matrix) transposed = if transposed then matrix.Transposed else matrix

    /// Rows or columns up to a part, in whole units.
    let upTo (whole: nativeint) (unit': nativeint) part parts =
        min whole ((whole + unit' - 1n) / unit' * nativeint part / nativeint parts * unit')

    let divide (product: MatrixProduct) parts =
        let mutable best = Double.MaxValue
        for rows in 1..parts do
            let columns = parts / rows
            let fits = nativeint rows <= product.Rows && nativeint (columns - 1) * product.ColumnUnit < product.Columns
            // The more square the parts, the less of the operands is read more than once.
            let cost = float product.Rows / float rows + float product.Columns / float columns
            if rows * columns = parts && fits && cost < best then
                best <- cost
                rowParts <- rows
                columnParts <- columns

    /// For each batch index the side operands, where its parts all write the same.
    let sideRoom: Matrix array array = Array.create shape.Count [||]

    /// A batch index's operands, seen as the body's.
    let operandsAt item : ProductOperands =
        let inline matrix (view: PinnedView) = turn (view.Matrix(size, shape.BatchSizes, item)) body.IsTransposed
        let left, right = if body.IsTransposed then run.B, run.A else run.A, run.B
        if sideRoom[item].Length <> run.Sides.Length then
            sideRoom[item] <- Array.zeroCreate run.Sides.Length
        let sides = sideRoom[item]
        for s in 0 .. sides.Length - 1 do
            sides[s] <- matrix run.Sides[s]
        { Left = matrix left
          Right = matrix right
          Packed =
            match run.Packed with
            | null -> 0n
            | p -> p.At item
          Result = matrix run.C
          Sides = sides
          Calls = run.Calls }

    let compute item part =
        let operands = operandsAt item
        let row, column = part / columnParts, part % columnParts
        let inline rowsOf whole unit' = struct (upTo whole unit' row rowParts, upTo whole unit' (row + 1) rowParts)
        match body with
        | ContractionBody.Lanes dots ->
            let struct (first, last) = rowsOf dots.Rows DotProduct.RowUnit
            dots.Run(operands, first, last)
        | ContractionBody.Chains(product, thin, _) ->
            let firstColumn = upTo product.Columns product.ColumnUnit column columnParts
            let endColumn = upTo product.Columns product.ColumnUnit (column + 1) columnParts
            match thin with
            | ValueSome thin when rowParts = 1 && thin.Takes(operands, endColumn - firstColumn) ->
                thin.Run(operands, firstColumn, endColumn)
            | _ ->
                let struct (first, last) = rowsOf product.Rows 1n
                product.Run(operands, first, last, firstColumn, endColumn)

    [<DefaultValue(false)>]
    val mutable A: PinnedView

    [<DefaultValue(false)>]
    val mutable B: PinnedView

    [<DefaultValue(false)>]
    val mutable C: PinnedView

    [<DefaultValue(false)>]
    val mutable Packed: PackedOperand | null

    /// Where calls of kernels are noted instead of made.
    [<DefaultValue(false)>]
    val mutable Calls: ProductCalls | null

    member val Sides: PinnedView array = [||] with get, set

    /// Holds on to no operand.
    member _.Forget() =
        run.A <- Unchecked.defaultof<_>
        run.B <- Unchecked.defaultof<_>
        run.C <- Unchecked.defaultof<_>
        run.Packed <- null
        Array.Clear run.Sides

    /// Computes one item.
    member _.Item(item: int) : unit =
        let parts = rowParts * columnParts
        if parts > 1 then
            compute (item / parts) (item % parts)
        else
            let upTo item = int (int64 shape.Count * int64 item / int64 items)
            for batch in upTo item .. upTo (item + 1) - 1 do
                compute batch 0

    /// The work, in nanoseconds: about 50 multiply-adds in one; where these are few for an element, 40 bytes of the larger
    /// operand.
    member val Nanoseconds =
        let m, n, k, count = float shape.M, float shape.N, float shape.K, float shape.Count
        count * k * max (m * n / 50.) (max m n * float size / 40.)

    /// Notes what one run of operands laid out like these comes to, where that is little.
    member _.Note
        (left: MatrixView, right: MatrixView, result: MatrixView, sides: MatrixView array, calls: KernelCalls)
        =
        if shape.Count > 1 || run.Nanoseconds >= 3. * Workers.Least then
            calls.IsComplete <- false
        else
            run.A <- { View = left; Address = 0n }
            run.B <- { View = right; Address = 0n }
            run.C <- { View = result; Address = 0n }
            run.Sides <- [| for side in sides -> { View = side; Address = 0n } |]
            run.Calls <- ProductCalls(body.IsTransposed, calls)
            compute 0 0
            run.Calls <- null

    member _.Problem = body.Problem

    /// Computes all.
    member _.Execute threads =
        rowParts <- 1
        columnParts <- 1
        if threads = 1 || run.Nanoseconds < Workers.Least then
            items <- 1
            run.Item 0
        else
            match body with
            | ContractionBody.Chains(product, _, _) when shape.Count < threads ->
                divide product ((threads + shape.Count - 1) / shape.Count)
            | ContractionBody.Lanes dots when shape.Count < threads ->
                let most = int ((dots.Rows + DotProduct.RowUnit - 1n) / DotProduct.RowUnit)
                rowParts <- min most ((threads + shape.Count - 1) / shape.Count)
            | _ -> ()
            let parts = rowParts * columnParts
            items <- if parts > 1 then shape.Count * parts else min shape.Count (4 * threads)
            Workers.shareAmong threads items run.Nanoseconds action
