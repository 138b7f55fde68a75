namespace Functional

open System

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

    /// Whether each element is the sum of 32 lanes, not one chain: it would be the slowest of all where so few elements
    /// leave nothing to compute beside it. Depends on sizes alone.
    member s.InLanes = s.M * s.N < 8 && s.K >= 2 * DotKernel.Lanes

/// An operand seen as a matrix for each batch index. Strides are in elements.
[<Struct>]
type internal MatrixView =
    {
        Block: Block
        /// By batch dimension.
        BatchStrides: int array
        RowStride: int
        ColumnStride: int
    }

    /// Where the matrix of a batch index starts.
    member v.Start(batchSizes: int array, item: int) =
        let mutable offset, rest = v.Block.Offset, item
        for d in batchSizes.Length - 1 .. -1 .. 0 do
            offset <- offset + rest % batchSizes[d] * v.BatchStrides[d]
            rest <- rest / batchSizes[d]
        offset

[<RequireQualifiedAccess>]
module internal MatrixView =
    /// The one stride that walks through several dimensions in row-major order, if there is one.
    let private merge (sizes: int array) (strides: int array) (dims: int array) : int voption =
        let mutable stride, span, merged, first = 1, 0, true, true
        for at in dims.Length - 1 .. -1 .. 0 do
            if sizes[at] <> 1 then
                let own = strides[dims[at]]
                if first then stride <- own
                elif own <> span then merged <- false
                first <- false
                span <- own * sizes[at]
        if merged then ValueSome stride else ValueNone

    /// Strides as a matrix for each batch index, if they can say it. The block's elements are not looked at.
    let tryMake (struct (batch, rows, columns)) (rowSizes: int array) (columnSizes: int array) (block: Block) =
        match merge rowSizes block.Strides rows, merge columnSizes block.Strides columns with
        | ValueSome row, ValueSome column ->
            ValueSome
                { Block = block
                  BatchStrides = Array.map (fun d -> block.Strides[d]) batch
                  RowStride = row
                  ColumnStride = column }
        | _ -> ValueNone

    /// Copied into row-major order of batch, rows, columns where strides alone cannot say it.
    let make
        (ty: TensorType)
        (struct (batch, rows, columns) as dims)
        (rowSizes: int array)
        (columnSizes: int array)
        (block: Block)
        =
        match tryMake dims rowSizes columnSizes block with
        | ValueSome view -> view
        | ValueNone ->
            let order = Array.concat [ batch; rows; columns ]
            let seen = TensorType(ty.DType, [ for d in order -> ty.Sizes[d] ])
            let copied = Blocks.contiguous seen { block with Strides = [| for d in order -> block.Strides[d] |] }
            let width = Array.fold (*) 1 columnSizes
            { Block = copied
              BatchStrides = Array.truncate batch.Length copied.Strides
              RowStride = width
              ColumnStride = 1 }
