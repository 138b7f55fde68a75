namespace Functional

open System
open System.Buffers
open System.Collections.Generic

/// A plan made ready to run. Any number of threads may run it at once, each with memory of its own.
[<Sealed>]
type internal Runner(plan: Plan, compilation: Compilation) =
    let trace, roots = plan.Trace, plan.Roots
    let constants = trace.Constants |> Array.map (fun c -> Blocks.contiguous c.Type (Execute.blockOf c).Value)
    let strides (accesses: Access array) = accesses |> Array.map (fun a -> a.Strides)

    let fused loop (sizes: int array) (operands: Access array) (results: Access array) work : ReadyLaunch =
        try
            let bound = LoopKernel.Of(loop).Bind(sizes, strides operands, strides results)
            Array.iter compilation.Report bound.Problems
            ReadyLoop(roots, bound, operands, results)
        with e ->
            compilation.Report $"a loop of {loop.Steps.Length} steps: {e.Message}"
            ReadyPieces(roots, work, results |> Array.map (fun a -> a.Root))

    /// The traces that an op runs are compiled as well, when they are first run.
    let nested (trace: Trace) : Filling =
        let runner = lazy Runner.Of(trace, compilation)
        let types = [| for v in trace.Outputs -> trace.TypeOf v |]
        fun start blocks targets ->
            let found = ArrayPool<Block>.Shared.Rent(max 1 types.Length)
            Array.Copy(targets, found, types.Length)
            runner.Value.Run(start, blocks, null, found, null, true)
            for k in 0 .. types.Length - 1 do
                if not (obj.ReferenceEquals(found[k].Data, targets[k].Data) && found[k].Offset = targets[k].Offset) then
                    Blocks.place types[k] found[k] targets[k]
            ArrayPool<Block>.Shared.Return(found, true)

    /// A view of a constant.
    let constant (access: Access) : Block voption =
        match plan.Homes[access.Root] with
        | Home.Constant k ->
            ValueSome { constants[k] with Offset = constants[k].Offset + access.Offset; Strides = access.Strides }
        | _ -> ValueNone

    let call (instruction: Instruction) (operands: (Access * TensorType) array) (results: int array) : ReadyLaunch =
        let kernel, types = instruction.Op.Kernel, [ for _, ty in operands -> ty ]
        let made = List.ofArray instruction.Results
        let views = operands |> Array.map (fun (access, ty) -> RootView(roots, access, ty))
        let bound =
            match kernel, operands with
            | Contract contraction, [| left, leftType; right, rightType |] ->
                Contracting.tryBind leftType left.Strides rightType right.Strides made.Head contraction (constant right)
                |> Option.map (fun bind -> bind, struct (left, right))
            | Convolve filtering, [| x, xType; filters, filtersType |] ->
                Convolving.tryBind xType x.Strides filtersType filters.Strides made.Head filtering (x, filters)
            | _ -> None

        match bound, Execute.filling nested compilation.Report kernel types made with
        | Some(bind, struct (left, right)), _ ->
            ReadyProduct(roots, compilation.Report, bind, left, right, results[0], [||])
        | None, Some fill -> ReadyFilling(roots, fill, instruction.Draw, views, results)
        | None, None ->
            ReadyCall(Execute.prepare nested compilation.Report kernel types made, instruction, views, results)

    let launches =
        plan.Launches
        |> Array.map (fun launch ->
            match launch with
            | Launch.Fused(loop, sizes, operands, results, work) -> fused loop sizes operands results work
            | Launch.Call(instruction, operands, results) -> call instruction operands results
            | Launch.Followed(_, _, tail) ->
                let bind = tail.Bind(constant tail.Right)
                ReadyProduct(roots, compilation.Report, bind, tail.Left, tail.Right, tail.Result.Root, tail.Sides))

    /// Roots that launches write where they are told to, and those of arrays that calls make.
    let made, provided =
        let isMade launch =
            match launch with
            | Launch.Call(instruction, _, _) -> not (Execute.fills instruction.Op.Kernel)
            | Launch.Fused _
            | Launch.Followed _ -> false
        let loose, written = Array.partition isMade plan.Launches
        let results launches = HashSet(Array.collect Launch.results launches)
        results loose, results written

    let make () =
        let frame = Frame(plan.Arenas, plan.Homes, roots, constants, provided, made)
        frame.Launches <- FrameLaunches.make launches frame
        frame

    let frames = FramePool(make, Plan.arenaBytes plan)
    let outputs = plan.Outputs |> Array.map (fun (access, ty) -> RootView(roots, access, ty))

    /// For each output the root that it is, whole, if launches write that where they are told to and no output before it is
    /// the same; otherwise -1.
    let wholes =
        let taken = HashSet<int>()
        outputs
        |> Array.map (fun output ->
            let root = output.Root
            let isOwn =
                match plan.Homes[root] with
                | Home.Own -> provided.Contains root
                | _ -> false
            if output.IsWhole && isOwn && taken.Add root then root else -1)

    let at (places: int array | null) k =
        match places with
        | null -> k
        | places -> places[k]

    let inputs = trace.Inputs

    /// Inputs of which outputs are views.
    let isHandedOn =
        let roots = HashSet [ for output in outputs -> output.Root ]
        [| for k in 0 .. inputs.Length - 1 -> roots.Contains k |]

    let give (frame: Frame) k (ty: TensorType) (block: Block) =
        if Blocks.isDense ty block then
            frame.Give(k, block)
        elif isHandedOn[k] then
            frame.Give(k, Blocks.contiguous inputs[k] block)
        else
            let copy =
                { Data = RentedArray.take inputs[k].DType inputs[k].Count; Offset = 0; Strides = inputs[k].Strides }
            Blocks.place inputs[k] block copy
            frame.Lend(k, copy)

    /// Runs the plan in a frame that has the inputs.
    let run (frame: Frame) start (target: Block array) (into: int array | null) isGiven =
        if isGiven then
            for k in 0 .. wholes.Length - 1 do
                if wholes[k] >= 0 then frame.Provide(wholes[k], target[at into k])
        frame.Provide()
        frame.Run start
        for k in 0 .. outputs.Length - 1 do
            target[at into k] <- outputs[k].In frame

    member _.Plan = plan

    /// For a trace as it was recorded.
    static member Of(trace: Trace, compilation: Compilation) : Runner =
        Runner(Plan.make compilation.Relaxed (fst (Pipeline.run compilation.Relaxed trace)), compilation)

    member _.Outputs = outputs.Length

    /// Runs the plan; its draws follow `start` in the stream. Inputs stand in `source` at the places that `from` tells,
    /// results come into `target` at those that `into` tells: null for the first ones in order. Where `isGiven`, dense blocks
    /// stand there, none of them the inputs' memory, and results are written into them, but for views of something else.
    member _.Run
        (
            start: Draw,
            source: Block array,
            from: int array | null,
            target: Block array,
            into: int array | null,
            isGiven: bool
        ) =
        let frame = frames.Rent()
        try
            for k in 0 .. inputs.Length - 1 do
                give frame k inputs[k] source[at from k]
            run frame start target into isGiven
        finally
            frames.Return frame

    /// The same on what tensors hold, into blocks of its own.
    member _.Run
        (start: Draw, source: ReadOnlySpan<Tensor>, from: int array | null, target: Block array, into: int array | null)
        =
        let frame = frames.Rent()
        try
            for k in 0 .. inputs.Length - 1 do
                let t = source[at from k]
                give frame k t.Type (Execute.read t)
            run frame start target into false
        finally
            frames.Return frame

    /// Runs the plan on blocks of its own inputs.
    member runner.Run(start: Draw, blocks: Block array) : Block array =
        let results = Array.zeroCreate<Block> outputs.Length
        runner.Run(start, blocks, null, results, null, false)
        results
