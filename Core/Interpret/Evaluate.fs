namespace Functional

/// The oracle: what a trace means, by the ops' own `Eval` rules on plain arrays of lanes in row-major order. Naive, and
/// independent of kernels, memory layouts and rewrites.
[<RequireQualifiedAccess>]
module internal Evaluate =
    /// All indices in row-major order.
    let indices (sizes: int list) =
        let rec from sizes =
            match sizes with
            | [] -> Seq.singleton []
            | size :: rest -> seq {
                for i in 0 .. size - 1 do
                    for tail in from rest -> i :: tail
              }
        from sizes

    /// A tensor of these lanes.
    let view (ty: TensorType) (lanes: Lane array) : Lanes =
        let position index = Seq.fold2 (fun p size i -> p * size + i) 0 ty.Sizes index
        { Type = ty; At = fun index -> lanes[position index] }

    /// The lanes of a view in row-major order.
    let flat (x: Lanes) : Lane array = [| for index in indices (List.ofArray x.Type.Sizes) -> x.At index |]

    /// The lanes of a tensor at hand.
    let lanes (ty: TensorType) (block: Block) : Lane array =
        match Blocks.toArray ty block with
        | :? (float32 array) as data -> data |> Array.map (fun x -> Real(float x))
        | :? (float array) as data -> data |> Array.map Real
        | :? (int array) as data -> data |> Array.map (fun n -> Whole(int64 n))
        | :? (int64 array) as data -> data |> Array.map Whole
        | data -> data :?> bool array |> Array.map (fun b -> Whole(if b then 1L else 0L))

    /// One op: operands → results.
    let op
        (op: Op)
        (draw: Draw)
        (results: TensorType list)
        (operands: (TensorType * Lane array) list)
        : Lane array list =
        op.Eval draw results [ for ty, lanes in operands -> view ty lanes ]
        |> List.map2 (fun (ty: TensorType) at -> [| for index in indices (List.ofArray ty.Sizes) -> at index |]) results

    /// The outputs of a trace whose draws follow `start` in the stream.
    let trace (trace: Trace) (start: Draw) (inputs: Lane array list) : Lane array list =
        let inputs = Array.ofList inputs
        let constants = trace.Constants |> Array.map (fun c -> lanes c.Type (Execute.blockOf c).Value)
        let results = Array.create trace.Instructions.Length [||]

        let value v =
            match v with
            | Value.Input k -> trace.Inputs[k], inputs[k]
            | Value.Constant k -> trace.Constants[k].Type, constants[k]
            | Value.Result(i, k) -> trace.Instructions[i].Results[k], results[i][k]

        for i in 0 .. trace.Instructions.Length - 1 do
            let instruction = trace.Instructions[i]
            let draw = { start with Position = start.Position + uint64 instruction.Draw }
            let operands = [ for v in instruction.Operands -> value v ]
            results[i] <- Array.ofList (op instruction.Op draw (List.ofArray instruction.Results) operands)

        [ for v in trace.Outputs -> snd (value v) ]
