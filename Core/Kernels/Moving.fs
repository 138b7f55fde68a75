namespace Functional

open System
open System.Numerics
open System.Numerics.Tensors

/// Changes of indexing: views where strides can say it, copies elsewhere.
[<RequireQualifiedAccess>]
module internal Moving =
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
    let private overlap (w: Window) (x: TensorType) (result: TensorType) (block: Block) (target: Block) =
        let strides = result.Strides
        let stepped = Array.updateAt w.Dim (strides[w.Dim] * w.Stride) strides
        Blocks.fillRange target.Data target.Offset result.Count 0.

        // The longest dimension that is adjacent on either side is run through innermost.
        let isAdjacent d = block.Strides[d] = 1 || stepped[d] = 1
        let last = seq { 0 .. x.Rank - 2 } |> Seq.maxBy (fun d -> struct (isAdjacent d, x.Sizes[d]))
        let order = Array.append (Array.except [ last ] [| 0 .. x.Rank - 2 |]) [| last |]
        let ordered (numbers: int array) = [| for d in order -> numbers[d] |]
        let sizes, stepped = ordered x.Sizes, ordered stepped

        for k in w.Size - 1 .. -1 .. 0 do
            let source =
                { block with Offset = block.Offset + k * Blocks.innermost block; Strides = ordered block.Strides }
            let into = { target with Offset = target.Offset + k * w.Dilation * strides[w.Dim]; Strides = stepped }
            match result.DType with
            | DType.Float32 -> addTo<float32> sizes source into
            | DType.Float64 -> addTo<float> sizes source into
            | DType.Int32 -> addTo<int> sizes source into
            | _ -> addTo<int64> sizes source into

    /// A change of indexing that is a view, or that copies only where the operand's layout forces it to.
    let viewing (x: TensorType) (result: TensorType) move : Block -> Block =
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
        | Windows w -> fun block -> { block with Strides = Blocks.windowed w block.Strides }
        | _ ->
            fun block ->
                match Blocks.reshaped x.Sizes block.Strides result.Sizes with
                | Some strides -> { block with Strides = strides }
                | None -> Blocks.ofArray result (Blocks.copy x block)

    let private concat dim (types: TensorType array) (blocks: Block array) (target: Block) =
        let mutable start = 0
        for k in 0 .. blocks.Length - 1 do
            Blocks.place types[k] blocks[k] { target with Offset = target.Offset + start * target.Strides[dim] }
            start <- start + types[k].Sizes[dim]

    let private pad (around: (int * int * int) list) value (x: TensorType) (result: TensorType) =
        let strides = result.Strides
        let start = around |> List.indexed |> List.sumBy (fun (k, (low, _, _)) -> low * strides[k])
        let steps = [| for k, (_, _, between) in List.indexed around -> strides[k] * (between + 1) |]
        let whole (block: Block) (target: Block) =
            Blocks.fillRange target.Data target.Offset result.Count value
            Blocks.place x block { target with Offset = target.Offset + start; Strides = steps }

        let lead = around |> List.takeWhile ((=) (0, 0, 0)) |> List.length
        let led = x.Sizes[.. lead - 1]
        let examples = Array.fold (*) 1 led
        if lead < x.Rank && examples > 1 && result.Count > 0 then
            // Examples that are padded by themselves, one after the other or shared among threads.
            let example, size, inner = TensorType(x.DType, x.Sizes[lead..]), strides[lead - 1], steps[lead..]
            let nanoseconds = 0.2 * float result.Count
            fun (blocks: Block array) (target: Block) ->
                let block = blocks[0]
                let own = block.Strides[lead..]
                let one k =
                    let into = target.Offset + k * size
                    Blocks.fillRange target.Data into size value
                    Blocks.place
                        example
                        { block with Offset = block.Offset + Blocks.distance led block.Strides k; Strides = own }
                        { target with Offset = into + start; Strides = inner }
                Workers.share examples nanoseconds (Action<int> one)
        else
            fun (blocks: Block array) (target: Block) -> whole blocks[0] target

    /// Moves elements into a dense block; none for a view.
    let filling (types: TensorType array) (result: TensorType) move : (Block array -> Block -> unit) option =
        match move with
        | Concat dim -> Some(concat dim types)
        | Pad(around, value) -> Some(pad around value types[0] result)
        | Overlap(w, _) -> Some(fun blocks -> overlap w types[0] result blocks[0])
        | Gather dim -> Some(Picking.gatherInto types dim)
        | Scatter(collision, dim) -> Some(Picking.scatterInto types collision dim)
        | _ -> None
