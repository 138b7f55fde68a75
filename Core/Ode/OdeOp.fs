namespace Functional

open Functional.FSharp

/// The solver as ops. The first solves; the second is its transpose along the steps that the first takes, which it takes once
/// more: between the two nothing is kept. The derivative of the second is the first of the system with its tangents, so all
/// orders follow. The adjoint needs no op of its own: it is the first, backwards, in a loop.
[<RequireQualifiedAccess>]
module internal OdeOp =
    let private name = "Ode45"

    /// A state for each time after the first, along a new dimension 0: T where it has labels, if it has no other T.
    let stacked count (t: TensorType) =
        let label =
            if t.Format.IsNone then ""
            elif t.Format.Labels.Contains 'T' then "U"
            else "T"
        Iterations.stackedType count (0, label) t

    let private floating op (types: TensorType list) =
        if types |> List.exists (fun t -> not (Scalars.isFloating t.DType)) then
            Labels.dtypeError op types "times and states are real numbers" "cast them to Float32 or Float64"

    /// The number of times after the first.
    let private intervals op (types: TensorType list) =
        let times = types.Head

        if times.Rank <> 1 || times.Sizes[0] < 2 then
            Labels.shapeError op types $"{times} is no list of times" "give a vector of two times or more"

        times.Sizes[0] - 1

    let private infer op (system: OdeSystem) extra (types: TensorType list) =
        floating op (List.truncate (1 + system.State) types)
        let count = intervals op types
        Closed.expect op [] (types.Head :: List.ofArray system.Field.Inputs[1..] @ extra count) types
        count

    let private attributes (system: OdeSystem) (options: OdeOptions) =
        [ "field", box system.Field
          "controlled", system.Controlled
          "relative", options.RelativeTolerance
          "absolute", options.AbsoluteTolerance
          match options.InitialStep with
          | Some h -> "initial", h
          | None -> ()
          match options.MaxStep with
          | Some h -> "largest", h
          | None -> ()
          "steps", options.MaxSteps
          "gradient", options.GradientMode ]

    let private traces system (options: OdeOptions) =
        let make trace = trace system options.RelativeTolerance options.AbsoluteTolerance
        [ make DormandPrince.start; make DormandPrince.step; DormandPrince.between system ]

    /// The op of a computation in any medium.
    let private nested name attributes traces infer pull onBlocks onLanes : Op =
        { Name = name
          Attributes = attributes
          Infer = infer
          Eval =
            fun _ results lanes ->
                let bodies =
                    [ for trace in traces ->
                          fun inputs -> Evaluate.trace trace (Closed.start 0UL) (List.ofArray inputs) |> Array.ofList ]
                let types = [ for x: Lanes in lanes -> x.Type ]
                let found: Lane array array = onLanes types bodies [| for x in lanes -> Evaluate.flat x |]
                List.map2 (fun ty lanes -> (Evaluate.view ty lanes).At) results (List.ofArray found)
          Pull = pull
          Kernel =
            Nested(
                traces,
                fun types results bodies ->
                    let make body (trace: Trace) =
                        let made = [| for v in trace.Outputs -> trace.TypeOf v |]
                        fun inputs ->
                            let targets = made |> Array.map Blocks.fresh
                            (body: Filling) (Closed.start 0UL) inputs targets
                            targets
                    let run = onBlocks types (List.map2 make bodies traces)
                    let results = Array.ofList results
                    fun _ blocks targets ->
                        let found: Block array = run blocks
                        for k in 0 .. results.Length - 1 do
                            Blocks.place results[k] found[k] targets[k]
            ) }

    let private zeros (like: Tensor) (t: TensorType) = Movement.constant like.Interpreter t 0.

    let private reshape sizes format (x: Tensor) = Define.apply (Movement.reshape sizes format) [ x ]

    /// One tensor as a stack of one, and as it is.
    let private asStack (x: Tensor) = let t = stacked 1 x.Type in reshape (List.ofArray t.Sizes) t.Format x
    let private ofStack (t: TensorType) (x: Tensor) = reshape (List.ofArray t.Sizes) t.Format x

    let private part first count (x: Tensor) =
        Define.apply
            (Movement.slice [ for k in 0 .. x.Rank - 1 -> if k = 0 then first, 1, count else 0, 1, x.Type.Sizes[k] ])
            [ x ]

    let private loop body carried slices count backward : Iteration =
        { Condition = None
          Body = body
          Carried = carried
          Along = List.replicate slices 0
          Stacked = []
          Count = Some count
          Backward = backward }

    /// The cotangents of the times. The solution at a time changes with it as the field says; a later start is a state that
    /// has not moved yet. In one loop over all times, the start with the cotangent of its state, negative.
    let private ofTimes (system: OdeSystem) (times: Tensor) state captured ys dys dstate : Tensor =
        let time, types, capturedTypes, _ = OdeSystem.parts system (List.ofArray system.Field.Inputs)
        let concat first rest = Define.apply (Movement.concat 0) [ asStack first; rest ]
        let states = List.map2 concat state ys
        let cotangents = List.map2 (fun (d: Tensor) rest -> concat -d rest) dstate dys
        let cast dtype (x: Tensor) = if x.DType = dtype then x else Elementwise.lift (Cast dtype) [ x ]

        let body =
            Bodies.compose (time :: types @ types @ capturedTypes) (fun replay inputs ->
                let state, rest = inputs.Tail |> List.splitAt system.State
                let cotangents, captured = List.splitAt system.State rest
                let slopes = replay system.Field (inputs.Head :: state @ captured)
                let product (d: Tensor) (k: Tensor) =
                    Define.apply (Movement.sum [ 0 .. d.Rank - 1 ]) [ d * k ] |> cast time.DType
                [ List.map2 product cotangents slopes |> List.reduce (+) ])

        let count = times.Type.Sizes[0]
        let scan = { loop body 0 (1 + 2 * system.State) count false with Stacked = [ 0, "" ] }
        let clock = reshape [ count ] Format.None (cast time.DType times)
        let found = Tensor.Apply(IterationOp.op scan, clock :: states @ cotangents @ captured) |> List.head
        reshape [ count ] times.Format (cast times.DType found)

    /// Cotangents that are not all finite leave no derivative that is: NaN, where the adjoint equation would have no solution.
    let private whereFinite (derivatives: Tensor list -> Tensor list) (dys: Tensor list) =
        let isFinite (d: Tensor) =
            let isSo = Elementwise.lift Equal [ d - d; Tensor.Literal(d.DType, 0.) ]
            Define.apply (Reductions.all [ 0 .. d.Rank - 1 ]) [ isSo ]

        let areFinite = dys |> List.map isFinite |> List.reduce (fun a b -> Elementwise.lift And [ a; b ])

        let orElse value (x: Tensor) = Elementwise.lift Where [ areFinite; x; Tensor.Literal(x.DType, value) ]
        List.map (orElse 0.) dys |> derivatives |> List.map (orElse nan)

    /// Operands: times, state, captured. Results: for each tensor of the state those at the times after the first, stacked.
    let rec solve (system: OdeSystem) (options: OdeOptions) : Op =
        let options = Integration.attainable options system

        nested
            name
            (attributes system options)
            (traces system options)
            (fun types ->
                let count = infer name system (fun _ -> []) types
                [ for t in OdeSystem.stateTypes system -> stacked count t ])
            (pull system options)
            (Solution.solve Medium.blocks system options)
            (Solution.solve Medium.lanes system options)

    and private pull system options wanted args results cotangents =
        match List.tryPick id cotangents with
        | None -> [ for _ in wanted -> None ]
        | Some(some: Tensor) ->
            let times, state, captured, _ = OdeSystem.parts system args
            let first = 1 + system.State

            let smooth =
                [ for i in wanted do
                      if i >= first && Scalars.isFloating (List.item i args: Tensor).DType then i - first ]

            let dys =
                List.map2
                    (fun d (y: Tensor) -> d |> Option.defaultWith (fun () -> zeros some y.Type))
                    cotangents
                    results

            let found =
                match options.GradientMode with
                | GradientMode.Adjoint -> whereFinite (backByAdjoint system options smooth times captured results) dys
                | _ -> Tensor.Apply(back system options smooth, args @ dys)

            let dstate, dcaptured = List.splitAt system.State found
            let byNumber = List.zip smooth dcaptured |> Map.ofList

            [ for i in wanted ->
                  if i = 0 then Some(ofTimes system times state captured results dys dstate)
                  elif i < first then Some(List.item (i - 1) dstate)
                  else Map.tryFind (i - first) byNumber ]

    /// From each time back to the one before: what has come from later times, and the cotangents of the state there, by the
    /// adjoint equation from the state as it was found.
    and private backByAdjoint system options smooth times captured ys dys : Tensor list =
        let _, types, capturedTypes, _ = OdeSystem.parts system (List.ofArray system.Field.Inputs)
        let n = system.State
        let augmented = Sensitivity.adjoint system smooth
        let smoothTypes = [ for k in smooth -> capturedTypes[k] ]
        let carried = types @ smoothTypes
        let instant = TensorType(times.DType, [])

        let body =
            Bodies.compose (carried @ [ instant; instant ] @ types @ types @ capturedTypes) (fun _ inputs ->
                let carry, rest = List.splitAt carried.Length inputs
                let cotangents, totals = List.splitAt n carry
                let span, rest = List.splitAt 2 rest
                let state, rest = List.splitAt n rest
                let given, captured = List.splitAt n rest
                let vector = Define.apply (Movement.concat 0) [ for t in span -> reshape [ 1 ] Format.None t ]
                let cotangents = List.map2 (+) cotangents given
                Tensor.Apply(solve augmented options, vector :: state @ cotangents @ totals @ captured)
                |> List.skip n
                |> List.map2 ofStack carried)

        let count = times.Type.Sizes[0] - 1
        let plain = reshape [ count + 1 ] Format.None times
        let from, until = part 1 count plain, part 0 count plain
        let init = [ for t in carried -> zeros (List.head dys) t ]
        let scan = loop body carried.Length (2 + 2 * n) count true
        Tensor.Apply(IterationOp.op scan, init @ [ from; until ] @ ys @ dys @ captured)

    /// Operands: times, state, captured, stacked cotangents. Results: cotangents of the state, and of the captured tensors
    /// that have these numbers.
    and private back (system: OdeSystem) (options: OdeOptions) (smooth: int list) : Op =
        let all =
            traces system options
            @ [ DormandPrince.spread system
                DormandPrince.sum system
                DormandPrince.back system false smooth
                DormandPrince.back system true smooth ]

        let capturedType k = system.Field.Inputs[1 + system.State + k]

        nested
            $"{name}Back"
            (attributes system options @ [ "smooth", box smooth ])
            all
            (fun types ->
                infer
                    $"{name}Back"
                    system
                    (fun count -> [ for t in OdeSystem.stateTypes system -> stacked count t ])
                    types
                |> ignore
                OdeSystem.stateTypes system @ [ for k in smooth -> capturedType k ])
            (pullBack system options smooth)
            (Solution.pull Medium.blocks system options smooth)
            (Solution.pull Medium.lanes system options smooth)

    /// With u and v the cotangents of its results, the second op is Φ = ⟨dy, ξ⟩, where ξ is how the solution moves when state
    /// and captured tensors move along u and v: the derivative of Φ by dy is ξ, and that by the others the transpose of ξ.
    and private pullBack system options smooth wanted args results cotangents =
        match List.tryPick id cotangents with
        | None -> [ for _ in wanted -> None ]
        | Some(some: Tensor) ->
            let times, state, captured, dys = OdeSystem.parts system args
            let along =
                List.map2
                    (fun d (y: Tensor) -> d |> Option.defaultWith (fun () -> zeros some y.Type))
                    cotangents
                    results
            let u, v = List.splitAt system.State along
            let moved = Sensitivity.tangent system smooth
            let operands = times :: state @ u @ captured @ v
            let found = Tensor.Apply(solve moved options, operands)
            let ys, moves = List.splitAt system.State found
            let first = 1 + system.State
            let afterCaptured = first + captured.Length

            let others =
                [ for i in wanted do
                      if i >= first && i < afterCaptured && Scalars.isFloating (List.item i args: Tensor).DType then
                          i - first ]

            let further =
                lazy
                    (let dys = [ for y in ys -> zeros some y.Type ] @ dys
                     dys, Tensor.Apply(back moved options others, operands @ dys))

            let ofCaptured k =
                List.tryFindIndex ((=) k) others
                |> Option.map (fun place -> List.item (moved.State + place) (snd further.Value))

            let ofTime () =
                let dys, found = further.Value
                ofTimes moved times (state @ u) (captured @ v) (ys @ moves) dys (List.take moved.State found)

            [ for i in wanted ->
                  if i = 0 then Some(ofTime ())
                  elif i < first then Some(List.item (i - 1) (snd further.Value))
                  elif i < afterCaptured then ofCaptured (i - first)
                  else Some moves[i - afterCaptured] ]
