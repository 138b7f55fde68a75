namespace Functional

open System
open System.Threading

/// One run of a loop: where its bodies find what they are given and leave what they make. Of what is carried there are two
/// of each, read and written in turn; slices are views, of operands of which they would not be dense after a copy that
/// begins with their dimension; outputs go to their places, by way of a copy where these are not dense.
[<Sealed>]
type private IterationMemory(loop: Iteration, types: TensorType array, results: TensorType array) =
    let carried, sliced = loop.Carried, Array.ofList loop.Along
    let captured = loop.Body.Inputs.Length - carried - sliced.Length
    let firstCaptured = carried + sliced.Length
    let inputTypes = loop.Body.Inputs
    let stackedAt = loop.Stacked |> List.map fst |> Array.ofList
    let stackedTypes =
        [| for j in 0 .. stackedAt.Length - 1 -> Movement.without [ stackedAt[j] ] results[carried + j] |]
    let strides = inputTypes |> Array.map _.Strides
    let answer = [| Blocks.fresh (TensorType(DType.Bool, [])) |]
    let madeStrides = stackedTypes |> Array.map _.Strides

    let inputs = Array.zeroCreate<Block> inputTypes.Length
    let tested = Array.zeroCreate<Block>(carried + captured)
    let made = Array.zeroCreate<Block>(carried + stackedAt.Length)
    /// Two of each carried tensor; copies of sliced and of captured operands; outputs that are not dense in their places.
    let rented = Array.zeroCreate<Array | null>(carried + inputTypes.Length + stackedAt.Length)
    let stackedStrides = results[carried..] |> Array.map _.Strides
    /// Under which an output's part of its place is seen.
    let partStrides = stackedStrides |> Array.mapi (fun j strides -> Array.removeAt stackedAt[j] strides)
    /// Of a sliced operand when its dimension comes first.
    let firstStrides =
        sliced
        |> Array.mapi (fun j dim -> Array.insertAt dim inputTypes[carried + j].Count strides[carried + j])

    /// Slices of each sliced operand: the strides under which they are seen, those that the operand had, the step to the next.
    let sliceStrides = Array.create<int array> sliced.Length [||]
    let seenStrides = Array.create<int array> sliced.Length [||]
    let steps = Array.zeroCreate<int> sliced.Length
    let firsts = Array.zeroCreate<Block> sliced.Length

    let rent k dtype count : Array =
        match rented[k] with
        | null ->
            let data = RentedArray.take dtype count
            rented[k] <- data
            data
        | data -> data

    let isDense j = stackedAt[j] = 0

    /// Makes slices of an operand views, copied so that their dimension comes first where they would not be dense.
    let openSlices j (operand: Block) =
        let ty, dim, slice = types[carried + j], sliced[j], inputTypes[carried + j]
        if not (obj.ReferenceEquals(seenStrides[j], operand.Strides)) then
            seenStrides[j] <- operand.Strides
            sliceStrides[j] <- Array.removeAt dim operand.Strides
        steps[j] <- operand.Strides[dim]
        firsts[j] <- { operand with Strides = sliceStrides[j] }

        if not (Blocks.isDense slice firsts[j]) then
            let data = rent (2 * carried + j) ty.DType ty.Count
            let target = { Data = data; Offset = 0; Strides = firstStrides[j] }
            Blocks.place ty operand target
            steps[j] <- slice.Count
            firsts[j] <- { target with Strides = strides[carried + j] }

    /// The memory that an iteration leaves the j-th carried tensor in.
    let next j k =
        let ty = inputTypes[j]
        { Data = rent (2 * j + k % 2) ty.DType ty.Count; Offset = 0; Strides = strides[j] }

    /// An output's part of its place.
    let part j position (target: Block) =
        { target with
            Offset = target.Offset + position * stackedStrides[j][stackedAt[j]]
            Strides = partStrides[j] }

    /// An operand, dense: bodies are given it again and again.
    let dense k room (block: Block) =
        let ty = inputTypes[k]
        if Blocks.isDense ty block then
            block
        else
            let copy = { Data = rent room ty.DType ty.Count; Offset = 0; Strides = strides[k] }
            Blocks.place ty block copy
            copy

    member _.Begin(blocks: Block array) =
        for j in 0 .. carried - 1 do
            // The first iteration leaves what it carries in the other of the two.
            inputs[j] <- dense j (2 * j + 1) blocks[j]
        for j in 0 .. sliced.Length - 1 do
            openSlices j blocks[carried + j]
        for k in firstCaptured .. inputTypes.Length - 1 do
            inputs[k] <- dense k (carried + k) blocks[k]
        Array.Copy(inputs, firstCaptured, tested, carried, captured)

    /// Whether another iteration follows, by what is carried now.
    member _.GoesOn(condition: Filling, draw: Draw) =
        Array.Copy(inputs, tested, carried)
        condition draw tested answer
        Closed.isTrue answer[0]

    /// Runs the k-th iteration at a position. What it carries goes to the results where it is known to be the last.
    member _.Step(body: Filling, draw: Draw, k: int, position: int, isLast: bool, targets: Block array) =
        for j in 0 .. sliced.Length - 1 do
            inputs[carried + j] <- { firsts[j] with Offset = firsts[j].Offset + position * steps[j] }
        for j in 0 .. carried - 1 do
            made[j] <- if isLast then targets[j] else next j k
        for j in 0 .. stackedAt.Length - 1 do
            made[carried + j] <-
                if isDense j then
                    part j position targets[carried + j]
                else
                    let ty = stackedTypes[j]
                    { Data = rent (carried + inputTypes.Length + j) ty.DType ty.Count
                      Offset = 0
                      Strides = madeStrides[j] }

        body draw inputs made

        for j in 0 .. stackedAt.Length - 1 do
            if not (isDense j) then
                Blocks.place stackedTypes[j] made[carried + j] (part j position targets[carried + j])
        Array.Copy(made, inputs, carried)

    /// Leaves what is carried in the results, where no iteration did.
    member _.Finish(isDone: bool, targets: Block array) =
        if not isDone then
            for j in 0 .. carried - 1 do
                Blocks.place inputTypes[j] inputs[j] targets[j]

    /// Gives back what it rented, and forgets what belongs to the caller.
    member _.End() =
        for k in 0 .. rented.Length - 1 do
            match rented[k] with
            | null -> ()
            | data ->
                RentedArray.give data
                rented[k] <- null
        Array.Clear inputs
        Array.Clear tested
        Array.Clear made
        Array.Clear firsts

/// A loop made ready to run.
[<Sealed>]
type internal IterationRun(loop: Iteration, types: TensorType list, results: TensorType list, bodies: Filling list) =
    let traces = Option.toList loop.Condition @ [ loop.Body ]
    let draws = Closed.draws traces
    let body = List.last bodies
    let condition = if loop.Condition.IsSome then bodies.Head else Unchecked.defaultof<Filling>
    let hasCondition, count = loop.Condition.IsSome, Option.defaultValue Int32.MaxValue loop.Count
    let types, results = Array.ofList types, Array.ofList results
    /// Of the last run; each run takes it for itself.
    let mutable spare: IterationMemory | null = null

    let none = { Key = 0UL; Position = 0UL }

    let run (memory: IterationMemory) key (targets: Block array) =
        let mutable k, isLast = 0, false

        while k < count
              && (not hasCondition || memory.GoesOn(condition, (if draws then Closed.condition key k else none))) do
            let position = if loop.Backward then count - 1 - k else k
            isLast <- not hasCondition && k = count - 1
            let draw = if draws then Closed.iteration key position else none
            memory.Step(body, draw, k, position, isLast, targets)
            k <- k + 1

        memory.Finish(isLast, targets)

    member _.Fill(blocks: Block array, targets: Block array) =
        // Where there may be no iteration there is 0.
        if hasCondition then
            for j in loop.Carried .. results.Length - 1 do
                Blocks.fillRange targets[j].Data targets[j].Offset results[j].Count 0.

        let memory =
            match Interlocked.Exchange(&spare, null) with
            | null -> IterationMemory(loop, types, results)
            | memory -> memory

        try
            memory.Begin blocks
            run memory (Closed.keyIn traces blocks) targets
        finally
            memory.End()
            spare <- memory
