namespace Functional

open System

/// A plan made ready to run. Any number of threads may run it at once, each with memory of its own.
[<Sealed>]
type internal Runner(plan: Plan) =
    let trace = plan.Trace
    let constants = trace.Constants |> Array.map (fun c -> Blocks.contiguous c.Type (Execute.blockOf c).Value)
    let frames = FramePool((fun () -> Frame(plan.Arenas, plan.Homes, plan.Roots, constants)), Plan.arenaBytes plan)

    let seen (slots: Block array) (access: Access) : Block =
        let root = slots[access.Root]
        { root with Offset = root.Offset + access.Offset; Strides = access.Strides }

    /// Puts a block, dense, into the slot of a root.
    let store (slots: Block array) root (block: Block) =
        match plan.Homes[root] with
        | Home.Arena _ ->
            Array.Copy(block.Data, block.Offset, slots[root].Data, slots[root].Offset, plan.Roots[root].Count)
        | _ -> slots[root] <- block

    let fused work (results: int array) =
        let run = Pieces.prepare plan.Roots work results

        fun (_: Draw) (slots: Block array) ->
            let made = run (fun root -> slots[root])
            for k in 0 .. results.Length - 1 do
                store slots results[k] made[k]

    let call (instruction: Instruction) (operands: (Access * TensorType) array) (results: int array) =
        let types = [ for _, ty in operands -> ty ]
        let run = Execute.prepare instruction.Op.Kernel types (List.ofArray instruction.Results)

        fun (start: Draw) (slots: Block array) ->
            let draw = { start with Position = start.Position + uint64 instruction.Draw }
            let made = run draw [| for access, _ in operands -> seen slots access |]
            for k in 0 .. results.Length - 1 do
                store slots results[k] (Blocks.contiguous instruction.Results[k] made[k])

    let launches =
        plan.Launches
        |> Array.map (fun launch ->
            match launch with
            | Launch.Fused(_, _, _, results, work) -> fused work results
            | Launch.Call(instruction, operands, results) -> call instruction operands results)

    member _.Plan = plan

    /// Runs the plan; its draws follow `start` in the stream.
    member _.Run(start: Draw, blocks: Block array) : Block array =
        let frame = frames.Rent()
        let slots = frame.Slots
        for k in 0 .. trace.Inputs.Length - 1 do
            slots[k] <- Blocks.contiguous trace.Inputs[k] blocks[k]
        for run in launches do
            run start slots
        let results = plan.Outputs |> Array.map (fun (access, _) -> seen slots access)
        frames.Return frame
        results
