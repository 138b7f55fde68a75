namespace Functional

#nowarn "9" // Addresses of tensors.

open System
open Microsoft.FSharp.NativeInterop

/// A launch made ready to run.
[<AbstractClass>]
type internal ReadyLaunch() =
    abstract Run: Frame * start: Draw -> unit

/// A value as a view of its root.
[<Sealed>]
type private RootView(roots: TensorType array, access: Access, ty: TensorType) =
    let root = roots[access.Root]
    let isRoot = access.Offset = 0 && ty.Sizes = root.Sizes && access.Strides = Blocks.rowMajor root.Sizes

    member _.In(frame: Frame) : Block =
        let block = frame.Block access.Root
        if isRoot then
            block
        else
            { block with Offset = block.Offset + access.Offset; Strides = access.Strides }

/// A compiled loop.
[<Sealed>]
type private ReadyLoop(roots: TensorType array, bound: BoundLoop, operands: Access array, results: Access array) =
    inherit ReadyLaunch()
    let results = results |> Array.map (fun a -> a.Root)
    let sources = operands |> Array.map (fun a -> a.Root)
    let offsets = operands |> Array.map (fun a -> nativeint a.Offset * nativeint (Memory.size roots[a.Root].DType))

    override _.Run(frame, _) =
        let places = NativePtr.stackalloc<nativeint>(sources.Length + results.Length)
        for k in 0 .. sources.Length - 1 do
            NativePtr.set places k (frame.Address sources[k] + offsets[k])
        for k in 0 .. results.Length - 1 do
            frame.Provide results[k]
            NativePtr.set places (sources.Length + k) (frame.Address results[k])
        bound.Run places

/// A loop that was not compiled.
[<Sealed>]
type private ReadyPieces(roots: TensorType array, work: Work array, results: int array) =
    inherit ReadyLaunch()
    let run = Pieces.prepare roots work results

    override _.Run(frame, _) =
        let made = run frame.Block
        for k in 0 .. results.Length - 1 do
            frame.Store(results[k], made[k])

/// An op that runs by itself.
[<Sealed>]
type private ReadyCall
    (
        nested: Trace -> Execute.Prepared,
        roots: TensorType array,
        instruction: Instruction,
        operands: (Access * TensorType) array,
        results: int array
    ) =
    inherit ReadyLaunch()
    let kernel, types = instruction.Op.Kernel, [ for _, ty in operands -> ty ]
    let fill = Execute.filling kernel types (List.ofArray instruction.Results)
    let make =
        if fill.IsSome then
            None
        else
            Some(Execute.prepare nested kernel types (List.ofArray instruction.Results))

    let views = operands |> Array.map (fun (access, ty) -> RootView(roots, access, ty))

    override _.Run(frame, start) =
        let draw = { start with Position = start.Position + uint64 instruction.Draw }
        let blocks = Array.zeroCreate<Block> views.Length
        for k in 0 .. views.Length - 1 do
            blocks[k] <- views[k].In frame
        match fill, make with
        | Some fill, _ ->
            for root in results do
                frame.Provide root
            fill draw blocks [| for root in results -> frame.Block root |]
        | _, Some make ->
            let made = make draw blocks
            for k in 0 .. results.Length - 1 do
                let ty = instruction.Results[k]
                // An op may hand an operand on, whose place in the arena will be used again.
                let isOperand = blocks |> Array.exists (fun b -> obj.ReferenceEquals(b.Data, made[k].Data))
                let own = if isOperand then Blocks.ofArray ty (Blocks.copy ty made[k]) else made[k]
                frame.Store(results[k], Blocks.contiguous ty own)
        | _ -> ()

/// A plan made ready to run. Any number of threads may run it at once, each with memory of its own.
[<Sealed>]
type internal Runner(plan: Plan) =
    let trace, roots = plan.Trace, plan.Roots
    let constants = trace.Constants |> Array.map (fun c -> Blocks.contiguous c.Type (Execute.blockOf c).Value)
    let frames = FramePool((fun () -> Frame(plan.Arenas, plan.Homes, roots, constants)), Plan.arenaBytes plan)
    let failures = ResizeArray<exn>()

    let strides (accesses: Access array) = accesses |> Array.map (fun a -> a.Strides)

    let fused loop (sizes: int array) (operands: Access array) (results: Access array) work : ReadyLaunch =
        try
            let bound = LoopKernel.Of(loop).Bind(sizes, strides operands, strides results)
            ReadyLoop(roots, bound, operands, results)
        with e ->
            failures.Add e
            ReadyPieces(roots, work, results |> Array.map (fun a -> a.Root))

    /// The traces that an op runs are compiled as well, when they are first run.
    let nested (trace: Trace) : Execute.Prepared =
        let runner = lazy Runner(Plan.make (fst (Pipeline.run false trace)))
        fun start blocks -> runner.Value.Run(start, blocks)

    let launches =
        plan.Launches
        |> Array.map (fun launch ->
            match launch with
            | Launch.Fused(loop, sizes, operands, results, work) -> fused loop sizes operands results work
            | Launch.Call(instruction, operands, results) -> ReadyCall(nested, roots, instruction, operands, results))

    let outputs = plan.Outputs |> Array.map (fun (access, ty) -> RootView(roots, access, ty))

    member _.Plan = plan

    /// Why loops were not compiled. They run piece by piece.
    member _.Failures = List.ofSeq failures

    /// Runs the plan; its draws follow `start` in the stream.
    member _.Run(start: Draw, blocks: Block array) : Block array =
        let frame = frames.Rent()
        try
            for k in 0 .. trace.Inputs.Length - 1 do
                frame.Set(k, Blocks.contiguous trace.Inputs[k] blocks[k])
            for launch in launches do
                launch.Run(frame, start)
            let results = Array.zeroCreate<Block> outputs.Length
            for k in 0 .. results.Length - 1 do
                results[k] <- outputs[k].In frame
            results
        finally
            frames.Return frame
