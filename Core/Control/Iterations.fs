namespace Functional

/// What a loop means: types, oracle and kernel. Operands: carried at first, sliced, captured, and a key where a trace draws.
/// Results: carried at last, stacked outputs, 0 where there was no iteration.
[<RequireQualifiedAccess>]
module internal Iterations =
    let name loop =
        match loop.Condition with
        | Some _ -> "While"
        | None -> "Scan"

    let traces loop = Option.toList loop.Condition @ [ loop.Body ]

    let sliced loop = loop.Along.Length

    let captured loop = loop.Body.Inputs.Length - loop.Carried - sliced loop

    /// The iterations that there is room for.
    let room loop = Option.defaultValue 0 loop.Count

    /// A tensor type with one more dimension.
    let stackedType count (dim, label: string) (t: TensorType) =
        let format = if label = "" then t.Format else Format.Parse(t.Format.Labels.Insert(dim, label))
        TensorType(t.DType, Array.insertAt dim count t.Sizes, format)

    let private fit (loop: Iteration) (types: TensorType list) =
        let inputs = List.ofArray loop.Body.Inputs
        let carried, rest = List.splitAt loop.Carried inputs
        let slices, captured = List.splitAt (sliced loop) rest
        let outputs, stacked = List.splitAt loop.Carried (Closed.outputs loop.Body)

        if outputs <> carried then
            Closed.refuse
                (name loop)
                types
                $"an iteration is given %A{carried} and leaves %A{outputs}"
                "let it leave tensors of the types that it is given; cast or reshape them"

        for condition in Option.toList loop.Condition do
            match Closed.outputs condition with
            | [ t ] when t = TensorType(DType.Bool, []) -> ()
            | other -> Closed.refuse (name loop) types $"its condition gives %A{other}" "let it give one Bool"

        let whole = List.map2 (fun dim t -> dim, t) loop.Along slices
        let isSlice (dim, slice: TensorType) (t: TensorType) =
            dim < t.Rank && t.Sizes[dim] = room loop && Movement.without [ dim ] t = slice

        let operands = types |> List.skip (min loop.Carried types.Length) |> List.truncate (sliced loop)
        if operands.Length <> whole.Length || not (List.forall2 isSlice whole operands) then
            Closed.refuse
                (name loop)
                types
                $"its body was recorded for slices %A{slices}"
                "record it for these operands"

        Closed.expect (name loop) (traces loop) (carried @ operands @ captured) types
        carried @ List.map2 (stackedType (room loop)) loop.Stacked stacked

    let private position loop k = if loop.Backward then room loop - 1 - k else k

    let private parts loop (operands: 'T list) =
        let carried, rest = List.splitAt loop.Carried operands
        let slices, rest = List.splitAt (sliced loop) rest
        carried, slices, List.take (captured loop) rest

    let private eval
        (loop: Iteration)
        (_: Draw)
        (results: TensorType list)
        (lanes: Lanes list)
        : (int list -> Lane) list =
        let key = Closed.keyOfLanes (traces loop) lanes
        let carried, whole, captured = parts loop lanes
        let captured = List.map Evaluate.flat captured

        let slice p dim (x: Lanes) =
            Evaluate.flat { Type = Movement.without [ dim ] x.Type; At = fun i -> x.At(List.insertAt dim p i) }

        let goesOn k carry =
            match loop.Condition with
            | Some trace ->
                Evaluate.trace trace (Closed.condition key k) (carry @ captured)
                |> List.head
                |> Array.head
                |> Closed.isTrueLane
            | None -> true

        let rec run k carry outputs =
            if Some k = loop.Count || not (goesOn k carry) then
                carry, outputs
            else
                let p = position loop k
                let inputs = carry @ List.map2 (slice p) loop.Along whole @ captured
                let carry, stacked =
                    Evaluate.trace loop.Body (Closed.iteration key p) inputs |> List.splitAt loop.Carried
                run (k + 1) carry (Map.add p stacked outputs)

        let carry, outputs = run 0 (List.map Evaluate.flat carried) Map.empty
        let carriedTypes, stackedTypes = List.splitAt loop.Carried results

        let stacked j (dim, _) (ty: TensorType) (i: int list) =
            match Map.tryFind i[dim] outputs with
            | Some lanes -> (Evaluate.view (Movement.without [ dim ] ty) (List.item j lanes)).At(List.removeAt dim i)
            | None -> Scalars.store ty.DType (Real 0.)

        List.map2 (fun ty lanes -> (Evaluate.view ty lanes).At) carriedTypes carry
        @ [ for j, (place, ty) in List.indexed (List.zip loop.Stacked stackedTypes) -> stacked j place ty ]

    /// The op, given its reverse rule.
    let define pull (loop: Iteration) : Op =
        { Name = name loop
          Attributes =
            [ match loop.Condition with
              | Some condition -> "condition", box condition
              | None -> ()
              "body", loop.Body
              "carried", loop.Carried
              "along", loop.Along
              "stacked", loop.Stacked
              match loop.Count with
              | Some count -> "count", count
              | None -> ()
              if loop.Backward then "backward", true ]
          Infer = fit loop
          Eval = eval loop
          Pull = pull loop
          Kernel =
            Nested(
                traces loop,
                fun types results bodies ->
                    let run = IterationRun(loop, types, results, bodies)
                    fun _ blocks targets -> run.Fill(blocks, targets)
            ) }
