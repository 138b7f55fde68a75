namespace Functional

/// Structured control flow as the catalogue's laws see it: small bodies, at random.
[<RequireQualifiedAccess>]
module internal ControlSamples =
    /// Elementwise steps, exact to the bit, on tensors of one type.
    let private step choose (a: Tensor) (b: Tensor) : Tensor =
        if a.DType = DType.Bool then
            match choose 3 with
            | 0 -> Tensor.op_BitwiseAnd (a, b)
            | 1 -> Tensor.op_ExclusiveOr (a, b)
            | _ -> Tensor.op_LogicalNot a
        else
            match choose 4 with
            | 0 -> a + b
            | 1 -> a * b
            | 2 -> a - 2. * b
            | _ -> -b

    let private steps choose (a: Tensor) (b: Tensor) = List.fold (fun y _ -> step choose y b) a [ 0 .. choose 3 ]

    /// With noise like the tensor, where its type has any.
    let private noisy choose (x: Tensor) =
        if Scalars.isFloating x.DType && choose 2 = 0 then x + Uniform.draw x.Interpreter x.Type else x

    let private body types (f: Tensor list -> Tensor list) =
        let traces, _, _ = Bodies.record "a sample" types [ f ] in traces.Head

    let private operands traces (types: TensorType list) =
        [ for t in types do
              Operand.any t
          if Closed.draws traces then Operand.any (TensorType(DType.Int64, [])) ]

    let private cond choose (t: TensorType) =
        let branch () =
            body [ t; t ] (fun inputs -> [ noisy choose (steps choose inputs[0] inputs[1]); inputs[choose 2] ])
        let traces = [ branch (); branch () ]
        // Valid as any Bool is, and so drawn anew: the type given is that of the first input.
        let predicate = { Operand.any (TensorType(DType.Bool, [])) with Valid = Some(0., 1.) }
        Some(Branch.op traces[0] traces[1], predicate :: operands traces [ t; t ])

    let private keyed choose (t: TensorType) =
        let trace = body [ t; t ] (fun inputs -> [ noisy choose (steps choose inputs[0] inputs[1]) ])
        Some(Keyed.op trace, operands [ trace ] [ t; t ])

    let private scan choose (t: TensorType) =
        let count = choose 4
        let place = choose (t.Rank + 1), (if t.Format.IsNone then "" else "S")

        let trace =
            body [ t; t; t ] (fun inputs ->
                let next = steps choose inputs[0] inputs[1]
                [ noisy choose next; step choose next inputs[2] ])

        let loop =
            { Condition = None
              Body = trace
              Carried = 1
              Along = [ fst place ]
              Stacked = [ place ]
              Count = Some count
              Backward = choose 2 = 0 }

        Some(IterationOp.op loop, operands [ trace ] [ t; Iterations.stackedType count place t; t ])

    let private whileLoop choose (t: TensorType) =
        let count = TensorType(DType.Int32, [])
        let limit = float (choose 4)
        let condition = body [ t; count; t ] (fun inputs -> [ Tensor.op_LessThan (inputs[1], limit) ])

        let trace =
            body [ t; count; t ] (fun inputs -> [ noisy choose (steps choose inputs[0] inputs[2]); inputs[1] + 1. ])

        let loop =
            { Condition = Some condition
              Body = trace
              Carried = 2
              Along = []
              Stacked = []
              Count = Some 3
              Backward = false }

        // Far below, the counter would make the loop long.
        let counter = { Operand.any count with Valid = Some(-1., 4.) }
        match operands [ condition; trace ] [ t; count; t ] with
        | first :: _ :: rest -> Some(IterationOp.op loop, first :: counter :: rest)
        | _ -> None

    let private entry name summary sample : Entry =
        { Name = name; Family = "control"; Summary = summary; Sample = sample }

    let entries: Entry list =
        [ entry "Cond" "One of two traces, chosen by a condition." cond
          entry
              "Scan"
              "A trace run for each slice along a dimension; what it carries goes from one run to the next."
              scan
          entry "While" "A trace run as long as a condition holds, at most a number of times." whileLoop ]
