namespace Functional

/// Iterations as ops, with their reverse rule: a loop that stacks what each iteration was given, then one from the last iteration
/// to the first. The body is computed once more in each of them, so that between the two only what is carried is kept.
[<RequireQualifiedAccess>]
module internal IterationOp =
    let private floating (types: TensorType list) =
        [ for k, t in List.indexed types do
              if Scalars.isFloating t.DType then k ]

    let private at (items: 'T list) (places: int list) = [ for k in places -> items[k] ]

    /// Counts the iterations in one more carried tensor, the last, and stacks what each was given in place of its outputs.
    let private keeping (loop: Iteration) : Iteration =
        let inputs = List.ofArray loop.Body.Inputs
        let carried, rest = List.splitAt loop.Carried inputs
        let count = TensorType(DType.Int64, [])
        let captured = List.skip (Iterations.sliced loop) rest

        let body =
            Bodies.compose (carried @ [ count ] @ rest) (fun replay inputs ->
                let carry, more = List.splitAt loop.Carried inputs
                let left = replay loop.Body (carry @ more.Tail) |> List.take loop.Carried
                left @ [ more.Head + 1. ] @ carry)

        let condition (trace: Trace) =
            Bodies.compose (carried @ [ count ] @ captured) (fun replay inputs ->
                replay trace (List.removeAt loop.Carried inputs))

        { loop with
            Condition = Option.map condition loop.Condition
            Body = body
            Carried = loop.Carried + 1
            Stacked = [ for t in carried -> 0, (if t.Format.IsNone then "" else "U") ] }

    /// What is differentiated: carried tensors, all that are floating; slices and captured tensors, as wanted; outputs that
    /// have a cotangent. By number among their kind.
    type private Active = { Carry: int list; Slices: int list; Captured: int list; Outputs: int list }

    /// One step back. Carried: cotangents of what is carried, totals of those of captured tensors. Slices: what the iteration
    /// was given (carried, slices), cotangents of its outputs. Stacked: cotangents of slices.
    let private stepBack (loop: Iteration) (active: Active) : Trace =
        let inputs = List.ofArray loop.Body.Inputs
        let carried, rest = List.splitAt loop.Carried inputs
        let slices, captured = List.splitAt (Iterations.sliced loop) rest
        let outputs = List.skip loop.Carried (Closed.outputs loop.Body)

        let back =
            Closed.pull
                loop.Body
                (active.Carry @ [ for j in active.Outputs -> loop.Carried + j ])
                (active.Carry
                 @ [ for j in active.Captured -> loop.Carried + slices.Length + j ]
                 @ [ for j in active.Slices -> loop.Carried + j ])

        let sizes =
            [ active.Carry.Length
              active.Captured.Length
              inputs.Length - captured.Length
              active.Outputs.Length ]

        let types =
            at carried active.Carry
            @ at captured active.Captured
            @ carried
            @ slices
            @ at outputs active.Outputs
            @ captured

        Bodies.compose types (fun replay all ->
            let part k =
                all
                |> List.skip (List.sum (List.take k sizes))
                |> List.truncate (if k < 4 then sizes[k] else all.Length)
            let cotangents, totals, given, dys, captured = part 0, part 1, part 2, part 3, part 4
            let found = replay back (given @ captured @ cotangents @ dys)
            let dcarry, more = List.splitAt active.Carry.Length found
            let dcaptured, dslices = List.splitAt active.Captured.Length more
            dcarry @ List.map2 (+) totals dcaptured @ dslices)

    /// A step back that leaves all as it is for an iteration that never was: the last slice is the iteration's number, the
    /// captured tensors then begin with the number of iterations; the loop's own key follows the others, where it draws.
    let private onlyWhereRun (loop: Iteration) (active: Active) (step: Trace) : Trace =
        let kept = active.Carry.Length + active.Captured.Length
        let slices = loop.Carried + Iterations.sliced loop + active.Outputs.Length
        let number = TensorType(DType.Int64, [])
        let types = List.ofArray step.Inputs
        let own, captured = List.splitAt (kept + slices) types
        let same =
            Bodies.compose types (fun _ inputs ->
                let given = inputs |> List.skip (kept + loop.Carried)
                List.take kept inputs @ [ for j in active.Slices -> Reverse.fill given[j] 0. ])
        let key = if step.Draws > 0 then [ number ] else []

        Bodies.compose (own @ [ number; number ] @ captured @ key) (fun _ inputs ->
            let own, rest = List.splitAt own.Length inputs
            let captured, key = List.splitAt captured.Length (List.skip 2 rest)
            let keys = [ for k in key -> Define.apply Uniform.foldIn [ k; rest[0] ] ]
            Tensor.Apply(Branch.op step same, [ Tensor.op_LessThan (rest[0], rest[1]) ] @ own @ captured @ keys))

    let rec op (loop: Iteration) : Op = Iterations.define pull loop

    and private pull loop wanted args results cotangents =
        if loop.Condition.IsSome && loop.Count.IsNone then
            Closed.refuse
                "While"
                [ for a in args -> a.Type ]
                "a loop of unknown length has no reverse mode: nothing says how much of it to keep"
                "give the loop a greatest number of iterations, or use scan or fold"

        let firstSlice = loop.Carried
        let firstCaptured = firstSlice + Iterations.sliced loop
        let afterCaptured = firstCaptured + Iterations.captured loop
        let types = [ for a in args -> a.Type ]

        let among first last =
            [ for i in wanted do
                  if i >= first && i < last && Scalars.isFloating types[i].DType then i - first ]

        let active =
            { Carry = floating (List.take loop.Carried types)
              Slices = among firstSlice firstCaptured
              Captured = among firstCaptured afterCaptured
              Outputs =
                [ for j, d in List.indexed (List.skip loop.Carried cotangents) do
                      if Option.isSome d && Scalars.isFloating (List.item (loop.Carried + j) results: Tensor).DType then
                          j ] }

        match List.tryPick id cotangents with
        | None -> [ for _ in wanted -> None ]
        | Some(some: Tensor) ->
            let found = goBack loop active some args cotangents
            let nc, nk = active.Carry.Length, active.Captured.Length

            let place i =
                if i < firstSlice then
                    List.tryFindIndex ((=) i) active.Carry
                elif i < firstCaptured then
                    List.tryFindIndex ((=) (i - firstSlice)) active.Slices |> Option.map ((+) (nc + nk))
                else
                    List.tryFindIndex ((=) (i - firstCaptured)) active.Captured |> Option.map ((+) nc)

            [ for i in wanted -> place i |> Option.map (fun k -> found[k]) ]

    /// The cotangents of what is active: carried, captured, sliced.
    and private goBack loop active (some: Tensor) args cotangents : Tensor list =
        let zeros (t: TensorType) = Movement.constant some.Interpreter t 0.
        let carried, rest = List.splitAt loop.Carried args
        let slices, rest = List.splitAt (Iterations.sliced loop) rest
        let captured, key = List.splitAt (Iterations.captured loop) rest
        let count = Movement.constant (Closed.interpreter (Iterations.name loop) args) (TensorType(DType.Int64, [])) 0.

        let kept =
            Tensor.Apply(op (keeping loop), carried @ [ count ] @ slices @ captured @ key)
            |> List.skip loop.Carried

        let init =
            [ for k in active.Carry -> cotangents[k] |> Option.defaultWith (fun () -> zeros carried[k].Type) ]
            @ [ for k in active.Captured -> zeros captured[k].Type ]

        let outputs = [ for j in active.Outputs -> (List.item (loop.Carried + j) cotangents).Value ]
        let step = stepBack loop active
        let key = if step.Draws > 0 then key else []

        let back =
            { Condition = None
              Body = step
              Carried = init.Length
              Along = [ for _ in carried -> 0 ] @ loop.Along @ [ for j in active.Outputs -> fst loop.Stacked[j] ]
              Stacked =
                [ for j in active.Slices ->
                      let format = slices[j].Format in
                      loop.Along[j], (if format.IsNone then "" else string format.Labels[loop.Along[j]]) ]
              Count = loop.Count
              Backward = not loop.Backward }

        match loop.Condition with
        | None -> Tensor.Apply(op back, init @ kept.Tail @ slices @ outputs @ captured @ key)
        | Some _ ->
            let body = onlyWhereRun loop active step
            let numbers = Scans.iota kept.Head DType.Int64 (Iterations.room loop)
            let back = { back with Body = body; Along = back.Along @ [ 0 ] }
            Tensor.Apply(op back, init @ kept.Tail @ slices @ outputs @ [ numbers; kept.Head ] @ captured @ key)
