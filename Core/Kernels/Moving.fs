namespace Functional

open System

/// Changes of indexing: views where strides can say it, copies elsewhere.
[<RequireQualifiedAccess>]
module internal Moving =
    /// Copies operand elements to positions of the result given by start, strides and the operand's own sizes.
    let private place<'T> (ty: TensorType) (block: Block) (target: Array) start (strides: int array) =
        let source, target = block.Data :?> 'T array, target :?> 'T array
        let outer = { Data = target; Offset = start; Strides = strides }
        let starts = Collections.Generic.List<int>()
        Blocks.rows ty.Sizes outer starts.Add
        let last = ty.Rank - 1
        let n, step, stride = if last < 0 then 1, 1, 1 else ty.Sizes[last], strides[last], block.Strides[last]
        let mutable row = 0
        Blocks.rows ty.Sizes block (fun offset ->
            let into = starts[row]
            if step = 1 && stride = 1 then
                Array.Copy(source, offset, target, into, n)
            else
                for k in 0 .. n - 1 do
                    target[into + k * step] <- source[offset + k * stride]
            row <- row + 1)

    let placeAny (ty: TensorType) block target start strides =
        match ty.DType with
        | DType.Float32 -> place<float32> ty block target start strides
        | DType.Float64 -> place<float> ty block target start strides
        | DType.Int32 -> place<int> ty block target start strides
        | DType.Int64 -> place<int64> ty block target start strides
        | _ -> place<bool> ty block target start strides

    let prepare (types: TensorType array) (result: TensorType) move : Block array -> Block =
        let x = types[0]
        match move with
        | Broadcast(sizes, dims) ->
            fun blocks ->
                let strides = Array.zeroCreate sizes.Length
                for k, d in List.indexed dims do
                    strides[d] <- if x.Sizes[k] = 1 then 0 else blocks[0].Strides[k]
                { blocks[0] with Strides = strides }
        | Permute order -> fun blocks -> { blocks[0] with Strides = [| for k in order -> blocks[0].Strides[k] |] }
        | Reshape _ -> fun blocks -> { Blocks.contiguous x blocks[0] with Strides = Blocks.rowMajor result.Sizes }
        | Slice ranges ->
            fun blocks ->
                let block = blocks[0]
                let offset =
                    if result.Count = 0 then
                        0
                    else
                        ranges |> List.indexed |> List.sumBy (fun (k, (start, _, _)) -> start * block.Strides[k])
                { block with
                    Offset = block.Offset + offset
                    Strides = [| for k, (_, step, _) in List.indexed ranges -> step * block.Strides[k] |] }
        | Concat dim ->
            fun blocks ->
                let output = Blocks.allocate result.DType result.Count
                let strides = Blocks.rowMajor result.Sizes
                let mutable start = 0
                for ty, block in Array.zip types blocks do
                    placeAny ty block output (start * strides[dim]) strides
                    start <- start + ty.Sizes[dim]
                Blocks.ofArray result output
        | Pad(around, value) ->
            fun blocks ->
                let output = Blocks.allocate result.DType result.Count
                // -0 is filled in as well.
                if BitConverter.DoubleToInt64Bits value <> 0L then Blocks.fill output value
                let strides = Blocks.rowMajor result.Sizes
                let start = around |> List.indexed |> List.sumBy (fun (k, (low, _, _)) -> low * strides[k])
                placeAny
                    x
                    blocks[0]
                    output
                    start
                    [| for k, (_, _, between) in List.indexed around -> strides[k] * (between + 1) |]
                Blocks.ofArray result output
        | Gather dim -> Picking.prepareGather types result dim
        | ScatterAdd dim -> Picking.prepareScatterAdd types dim
