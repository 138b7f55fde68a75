namespace Functional

/// Branches or iterations of structured control flow do not fit together, or a loop without a bound is differentiated.
[<Sealed>]
type ControlFlowException internal (op, operands, problem, remedy) =
    inherit FunctionalException(op, operands, problem, remedy)

/// What ops that run closed traces share.
[<RequireQualifiedAccess>]
module internal Closed =
    let private keyType = TensorType(DType.Int64, [])

    let refuse op types problem remedy = raise (ControlFlowException(op, types, problem, remedy))

    let outputs (trace: Trace) = [ for v in trace.Outputs -> trace.TypeOf v ]

    /// Whether one of the traces draws. Then a key is the last operand.
    let draws (traces: Trace list) = traces |> List.exists (fun t -> t.Draws > 0)

    let private keyOf traces = if draws traces then [ keyType ] else []

    /// Operand types are these, and the key's.
    let expect op traces (expected: TensorType list) (types: TensorType list) =
        if types <> expected @ keyOf traces then
            let shown (list: TensorType list) = System.String.Join(", ", list)
            refuse
                op
                types
                $"its bodies were recorded for {shown (expected @ keyOf traces)}"
                "record them for these operands"

    /// How a body draws whose key this is.
    let start (key: uint64) : Draw = { Key = key; Position = 0UL }

    let private derived purpose (key: uint64) (n: int) = start (Philox.derive (start key) purpose (int64 n))

    /// The draws of the body in one iteration.
    let iteration key n = derived Philox.Iteration key n

    /// The draws of the condition before an iteration.
    let condition key n = derived Philox.Condition key n

    let private first<'T> (block: Block) = (block.Data :?> 'T array)[block.Offset]

    let isTrue (block: Block) = first<bool> block

    /// The last operand as a key, if there is one.
    let keyIn traces (blocks: Block array) = if draws traces then uint64 (first<int64>(Array.last blocks)) else 0UL

    let private whole lane =
        match lane with
        | Whole n -> n
        | Real _ -> invalidOp "keys and conditions are whole"

    let isTrueLane (lane: Lane) = whole lane <> 0L

    let keyOfLanes traces (lanes: Lanes list) = if draws traces then uint64 (whole ((List.last lanes).At [])) else 0UL

    /// The interpreter that an op on these tensors belongs to.
    let interpreter op (args: Tensor list) : Interpreter =
        match Tensor.Chosen(op, args) with
        | null -> Direct.Instance
        | chosen -> chosen

    /// Applies an op, with a key where its traces draw.
    let apply (op: Op) traces (args: Tensor list) =
        let by = interpreter op.Name args
        by.Apply(op, (if draws traces then args @ [ Uniform.key by ] else args))

    /// The trace that takes a trace's inputs, then the cotangents of the `given` outputs, and gives those of the `wanted`
    /// inputs. It draws what the trace draws.
    let pull (trace: Trace) (given: int list) (wanted: int list) : Trace =
        let outputs = outputs trace
        let types = List.ofArray trace.Inputs @ [ for k in given -> outputs[k] ]

        Bodies.compose types (fun replay inputs ->
            let xs, dys = List.splitAt trace.Inputs.Length inputs

            let run variables =
                let variable = List.zip wanted variables |> Map.ofList
                replay trace [ for k, x in List.indexed xs -> variable |> Map.tryFind k |> Option.defaultValue x ], ()

            let _, (), back = Reverse.vjp run [ for k in wanted -> xs[k] ]
            let cotangent = List.zip given dys |> Map.ofList
            (wanted, back [ for k in 0 .. outputs.Length - 1 -> Map.tryFind k cotangent ])
            ||> List.map2 (fun k d -> d |> Option.defaultWith (fun () -> Reverse.fill xs[k] 0.)))
