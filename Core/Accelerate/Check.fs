namespace Functional

open System

/// Compares an accelerated call with a direct one.
[<RequireQualifiedAccess>]
module internal Check =
    let private elements (t: Tensor) : float array =
        let data = Blocks.toArray t.Type (Execute.blockOf t).Value
        [| for x in data -> Convert.ToDouble x |]

    /// How far apart two numbers are beyond what the tolerance allows; 0 where they are near enough.
    let private excess tolerance (a: float) (d: float) =
        if a = d || Double.IsNaN a && Double.IsNaN d then
            0.
        elif Double.IsFinite a && Double.IsFinite d then
            let apart = abs (a - d) in if apart <= tolerance + tolerance * abs d then 0. else apart
        else
            infinity

    let private place (ty: TensorType) (k: int) =
        let strides = ty.Strides
        [| for dim in 0 .. ty.Rank - 1 -> k / strides[dim] % ty.Sizes[dim] |]

    /// The largest difference of two results beyond the tolerance. What `firstOp` finds is asked for only then.
    let compare tolerance (accelerated: 'R) (direct: 'R) (firstOp: unit -> string) : Mismatch option =
        let signature (result: 'R) =
            let scan = Scan.Of result
            let signature, leaves = Signature.Of scan, scan.Leaves.ToArray()
            scan.Release()
            signature, leaves

        let (now, ours), (right, theirs) = signature accelerated, signature direct

        match Signatures.differences now right with
        | difference :: _ -> Some(Mismatch(difference.Place, [||], nan, nan, $"{firstOp ()} ({difference})"))
        | [] ->
            let names =
                [ for place, standing in Signatures.places "the result" now do
                      if standing.IsTensor then place ]

            let worst (name, (a: Tensor), (d: Tensor)) =
                let xs, ys = elements a, elements d
                let apart = Array.map2 (excess tolerance) xs ys

                if apart.Length = 0 || Array.max apart = 0. then
                    None
                else
                    let k = Array.IndexOf(apart, Array.max apart)
                    Some(apart[k], (name, place a.Type k, xs[k], ys[k]))

            match List.zip3 names (List.ofArray ours) (List.ofArray theirs) |> List.choose worst with
            | [] -> None
            | found ->
                let name, place, a, d = found |> List.maxBy fst |> snd
                Some(Mismatch(name, place, a, d, firstOp ()))

    let private sameBits (ty: TensorType) a b = Blocks.sameBits (Blocks.toArray ty a) (Blocks.toArray ty b)

    /// The first instruction whose results a program computes otherwise than op by op.
    let private firstWrong compilation (trace: Trace) (start: Draw) (inputs: Block array) =
        let results = trace.Instructions |> Array.map (fun i -> Array.zeroCreate<Block> i.Results.Length)

        let block value =
            match value with
            | Value.Input k -> inputs[k]
            | Value.Constant k -> (Execute.blockOf trace.Constants[k]).Value
            | Value.Result(i, k) -> results[i].[k]

        let all =
            [| for i, instruction in Array.indexed trace.Instructions do
                   for k in 0 .. instruction.Results.Length - 1 -> Value.Result(i, k) |]

        let replayed = Program({ trace with Outputs = all }, compilation).Run(start, inputs) |> Array.zip all |> dict

        /// An instruction as a program of its own.
        let alone (instruction: Instruction) : Trace =
            { trace with
                Inputs = [| for v in instruction.Operands -> trace.TypeOf v |]
                Constants = [||]
                Instructions = [| { instruction with Operands = Array.init instruction.Operands.Length Value.Input } |]
                Outputs = Array.init instruction.Results.Length (fun k -> Value.Result(0, k)) }

        trace.Instructions
        |> Seq.indexed
        |> Seq.tryFind (fun (i, instruction) ->
            results[i] <-
                Program(alone instruction, Compilation.Exact).Run(start, Array.map block instruction.Operands)
            instruction.Results
            |> Seq.indexed
            |> Seq.exists (fun (k, ty) -> not (sameBits ty results[i].[k] replayed[Value.Result(i, k)])))
        |> Option.map fst

    /// The first op at which the trace kept and the trace of a call on the same input and draws part, in words.
    let firstOp compilation (kept: Trace) (fresh: Trace) (start: Draw) (inputs: Block array) =
        let named (trace: Trace) i =
            if i < trace.Instructions.Length then
                let instruction = trace.Instructions[i]
                $"""instruction {i}, {Print.op instruction.Op}: {String.Join(", ", instruction.Results)}"""
            else
                "its end"

        match Paths.divergence kept fresh 0 (max kept.Instructions.Length fresh.Instructions.Length) with
        | Some i when
            i < kept.Instructions.Length
            && i < fresh.Instructions.Length
            && kept.Instructions[i].Op.Equals fresh.Instructions[i].Op
            ->
            $"{named kept i}, which has other constants or operands now"
        | Some i -> $"{named kept i}, where this call has {named fresh i}"
        | None ->
            match firstWrong compilation kept start inputs with
            | Some i -> $"{named kept i}, which the trace computes otherwise than the op alone"
            | None -> "no op by itself"
