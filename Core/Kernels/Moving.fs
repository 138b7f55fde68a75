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

    let private placeAny (ty: TensorType) block target start strides =
        match ty.DType with
        | DType.Float32 -> place<float32> ty block target start strides
        | DType.Float64 -> place<float> ty block target start strides
        | DType.Int32 -> place<int> ty block target start strides
        | DType.Int64 -> place<int64> ty block target start strides
        | _ -> place<bool> ty block target start strides

    /// A change of indexing that is a view, or that copies only where the operand's layout forces it to.
    let private view (x: TensorType) (result: TensorType) move : Block -> Block =
        match move with
        | Broadcast(sizes, dims) ->
            fun block ->
                let strides = Array.zeroCreate sizes.Length
                for k, d in List.indexed dims do
                    strides[d] <- if x.Sizes[k] = 1 then 0 else block.Strides[k]
                { block with Strides = strides }
        | Permute order -> fun block -> { block with Strides = [| for k in order -> block.Strides[k] |] }
        | Slice ranges ->
            fun block ->
                let offset =
                    if result.Count = 0 then
                        0
                    else
                        ranges |> List.indexed |> List.sumBy (fun (k, (start, _, _)) -> start * block.Strides[k])
                { block with
                    Offset = block.Offset + offset
                    Strides = [| for k, (_, step, _) in List.indexed ranges -> step * block.Strides[k] |] }
        | _ -> fun block -> { Blocks.contiguous x block with Strides = Blocks.rowMajor result.Sizes }

    let private concat dim (types: TensorType array) (result: TensorType) (blocks: Block array) (target: Block) =
        let strides = Blocks.rowMajor result.Sizes
        let mutable start = 0
        for k in 0 .. blocks.Length - 1 do
            placeAny types[k] blocks[k] target.Data (target.Offset + start * strides[dim]) strides
            start <- start + types[k].Sizes[dim]

    let private pad (around: (int * int * int) list) value (x: TensorType) (result: TensorType) block (target: Block) =
        Blocks.fillRange target.Data target.Offset result.Count value
        let strides = Blocks.rowMajor result.Sizes
        let start = around |> List.indexed |> List.sumBy (fun (k, (low, _, _)) -> low * strides[k])
        let steps = [| for k, (_, _, between) in List.indexed around -> strides[k] * (between + 1) |]
        placeAny x block target.Data (target.Offset + start) steps

    /// Moves elements into a dense block; none for a view.
    let filling (types: TensorType array) (result: TensorType) move : (Block array -> Block -> unit) option =
        match move with
        | Concat dim -> Some(concat dim types result)
        | Pad(around, value) -> Some(fun blocks -> pad around value types[0] result blocks[0])
        | Gather dim -> Some(Picking.gatherInto types dim)
        | ScatterAdd dim -> Some(Picking.scatterAddInto types dim)
        | _ -> None

    let prepare (types: TensorType array) (result: TensorType) move : Block array -> Block =
        match filling types result move with
        | None -> let view = view types[0] result move in fun blocks -> view blocks[0]
        | Some fill ->
            fun blocks ->
                let target = Blocks.ofArray result (Blocks.uninitialised result.DType result.Count)
                fill blocks target
                target
