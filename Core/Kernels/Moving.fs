namespace Functional

open System
open System.Numerics
open System.Numerics.Tensors

/// Changes of indexing: views where strides can say it, copies elsewhere.
[<RequireQualifiedAccess>]
module internal Moving =
    /// Copies operand elements to positions of the result given by start, strides and the operand's own sizes.
    let private place<'T> (ty: TensorType) (block: Block) (target: Array) start (strides: int array) =
        let source, target = block.Data :?> 'T array, target :?> 'T array
        let into = { Data = target; Offset = start; Strides = strides }
        let n = if ty.Rank = 0 then 1 else ty.Sizes[ty.Rank - 1]
        let step, stride = Blocks.innermost into, Blocks.innermost block
        Blocks.pairedRows ty.Sizes block into (fun offset into ->
            if step = 1 && stride = 1 then
                Array.Copy(source, offset, target, into, n)
            else
                for k in 0 .. n - 1 do
                    target[into + k * step] <- source[offset + k * stride])

    let private placeAny (ty: TensorType) block target start strides =
        match ty.DType with
        | DType.Float32 -> place<float32> ty block target start strides
        | DType.Float64 -> place<float> ty block target start strides
        | DType.Int32 -> place<int> ty block target start strides
        | DType.Int64 -> place<int64> ty block target start strides
        | _ -> place<bool> ty block target start strides

    /// Adds what is seen in one block to what is seen in another of the same sizes.
    let private addTo<'T when 'T :> INumber<'T>> (sizes: int array) (block: Block) (target: Block) =
        let source, total = block.Data :?> 'T array, target.Data :?> 'T array
        let n, step, stride = Array.last sizes, Blocks.innermost target, Blocks.innermost block
        Blocks.pairedRows sizes block target (fun offset into ->
            if step = 1 && stride = 1 then
                let row = Span(total, into, n)
                TensorPrimitives.Add<'T>(Span.op_Implicit row, ReadOnlySpan(source, offset, n), row)
            else
                for k in 0 .. n - 1 do
                    let p = into + k * step
                    total[p] <- 'T.op_Addition (total[p], source[offset + k * stride]))

    /// Positions in descending order, so that a place meets its windows in ascending order.
    let private overlap (x: TensorType) (result: TensorType) (w: Window) : Block array -> Block =
        let sizes = x.Sizes[.. x.Rank - 2]
        let strides = Blocks.rowMajor result.Sizes
        let stepped = Array.updateAt w.Dim (strides[w.Dim] * w.Stride) strides

        fun blocks ->
            let block = blocks[0]
            let output = Blocks.allocate result.DType result.Count
            for k in w.Size - 1 .. -1 .. 0 do
                let source =
                    { block with
                        Offset = block.Offset + k * Blocks.innermost block
                        Strides = block.Strides[.. x.Rank - 2] }
                let target = { Data = output; Offset = k * w.Dilation * strides[w.Dim]; Strides = stepped }
                match result.DType with
                | DType.Float32 -> addTo<float32> sizes source target
                | DType.Float64 -> addTo<float> sizes source target
                | DType.Int32 -> addTo<int> sizes source target
                | _ -> addTo<int64> sizes source target
            Blocks.ofArray result output

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
        | Reshape _ ->
            fun blocks ->
                match Blocks.reshaped x.Sizes blocks[0].Strides result.Sizes with
                | Some strides -> { blocks[0] with Strides = strides }
                | None -> Blocks.ofArray result (Blocks.copy x blocks[0])
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
        | Windows w ->
            fun blocks ->
                let strides = blocks[0].Strides
                let slid = Array.updateAt w.Dim (strides[w.Dim] * w.Stride) strides
                { blocks[0] with Strides = Array.append slid [| strides[w.Dim] * w.Dilation |] }
        | Overlap(w, _) -> overlap x result w
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
