namespace Functional

open System
open System.Runtime.InteropServices

/// A contraction as matrix products [m; k] × [k; n] → [m; n], one for each index of the batch dimensions. Of every
/// operand some dimensions are the batch, the rows and the columns.
[<Sealed>]
type internal ContractionShape(left: TensorType, right: TensorType, contraction: Contraction) =
    let batchLeft, batchRight = List.unzip contraction.Batch
    let sumLeft, sumRight = List.unzip contraction.Sum
    let restLeft = List.except (batchLeft @ sumLeft) [ 0 .. left.Rank - 1 ]
    let restRight = List.except (batchRight @ sumRight) [ 0 .. right.Rank - 1 ]
    let size (t: TensorType) dims = dims |> List.fold (fun n d -> n * t.Sizes[d]) 1
    let sizes (t: TensorType) dims = [| for d in dims -> t.Sizes[d] |]

    member val M = size left restLeft
    member val N = size right restRight
    member val K = size left sumLeft
    member val Count = size left batchLeft
    member val BatchSizes = sizes left batchLeft
    member val RowSizes = sizes left restLeft
    member val ColumnSizes = sizes right restRight
    member val SumSizes = sizes left sumLeft
    member val Left = struct (Array.ofList batchLeft, Array.ofList restLeft, Array.ofList sumLeft)
    member val Right = struct (Array.ofList batchRight, Array.ofList sumRight, Array.ofList restRight)
    member val Result =
        let first, second = batchLeft.Length, batchLeft.Length + restLeft.Length
        struct ([| 0 .. first - 1 |], [| first .. second - 1 |], [| second .. second + restRight.Length - 1 |])

    /// Whether each element is the sum of 32 lanes, not one chain. That would wait for itself where so few elements leave
    /// nothing to compute beside it; and a matrix by a vector is read fastest along its rows. Depends on sizes alone.
    member s.InLanes = (s.N = 1 || s.M * s.N < 8) && s.K >= 2 * DotKernel.Lanes

/// Where the runs of an index over several dimensions start, in bytes; each has so many indices.
[<Sealed; AllowNullLiteral>]
type internal RunTable(length: int, starts: nativeint array) =
    let table = GC.AllocateUninitializedArray<nativeint>(starts.Length, pinned = true)
    do Array.Copy(starts, table, starts.Length)

    member _.Runs: Runs =
        { Starts = Marshal.UnsafeAddrOfPinnedArrayElement(table, 0); Length = nativeint length; First = 0n }

/// An operand seen as a matrix for each batch index. Strides are in elements.
[<Struct>]
type internal MatrixView =
    {
        Block: Block
        /// By batch dimension.
        BatchStrides: int array
        RowStride: int
        ColumnStride: int
        /// Null where the stride is enough.
        RowTable: RunTable
        ColumnTable: RunTable
    }

    member v.IsEven = isNull v.RowTable && isNull v.ColumnTable

    /// Where the matrix of a batch index starts.
    member v.Start(batchSizes: int array, item: int) = v.Block.Offset + Blocks.distance batchSizes v.BatchStrides item

[<RequireQualifiedAccess>]
module internal MatrixView =
    /// The stride that walks through dimensions in row-major order, from the last of them outwards as far as it does, and
    /// where it starts anew in the others.
    let private walk elementSize (sizes: int array) (strides: int array) (dims: int array) : struct (int * RunTable) =
        let dims =
            [| for at in 0 .. dims.Length - 1 do
                   if sizes[at] <> 1 then sizes[at], strides[dims[at]] |]
        let mutable rest, length = dims.Length - 1, 1
        let stride = if dims.Length = 0 then 1 else snd (Array.last dims)
        while rest >= 0 && snd dims[rest] = stride * length do
            length <- length * fst dims[rest]
            rest <- rest - 1

        if rest < 0 then
            struct (stride, null)
        else
            let next (starts: nativeint array) (size, stride) =
                [| for start in starts do
                       for k in 0 .. size - 1 -> start + nativeint (k * stride * elementSize) |]
            struct (stride, RunTable(length, Array.fold next [| 0n |] dims[..rest]))

    /// A matrix for each batch index. Of the block only the strides are looked at.
    let make elementSize (struct (batch, rows, columns)) (rowSizes: int array) (columnSizes: int array) (block: Block) =
        let struct (row, rowTable) = walk elementSize rowSizes block.Strides rows
        let struct (column, columnTable) = walk elementSize columnSizes block.Strides columns
        { Block = block
          BatchStrides = Array.map (fun d -> block.Strides[d]) batch
          RowStride = row
          ColumnStride = column
          RowTable = rowTable
          ColumnTable = columnTable }

    /// A copy in row-major order of batch, rows, columns: its steps are even.
    let copied (ty: TensorType) (struct (batch, rows, columns)) columnSizes (view: MatrixView) =
        let order = Array.concat [ batch; rows; columns ]
        let seen = TensorType(ty.DType, [ for d in order -> ty.Sizes[d] ])
        let copied = Blocks.contiguous seen { view.Block with Strides = [| for d in order -> view.Block.Strides[d] |] }
        { Block = copied
          BatchStrides = Array.truncate batch.Length copied.Strides
          RowStride = Array.fold (*) 1 columnSizes
          ColumnStride = 1
          RowTable = null
          ColumnTable = null }
