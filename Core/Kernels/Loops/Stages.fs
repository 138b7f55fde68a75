namespace Functional

open System.Collections.Generic

/// Where a sweep finds an operand, or leaves an output.
[<RequireQualifiedAccess>]
type internal Place =
    | Operand of int
    | Result of int
    /// What a fold left for later stages.
    | Fold of step: int

/// One sweep of a loop: over the whole space, or over its kept dimensions alone.
type internal LoopStage = { Sweep: Sweep; Places: Place array; Kept: bool }

/// Loops taken apart into sweeps: as many as folds wait for each other, and one for what is computed from folds alone.
[<RequireQualifiedAccess>]
module internal Stages =
    let private isFold step =
        match step with
        | LoopStep.Fold _ -> true
        | _ -> false

    /// How many folds are to be over before a step can be computed.
    let private levels (steps: LoopStep array) =
        let levels = Array.zeroCreate<int> steps.Length
        for k in 0 .. steps.Length - 1 do
            levels[k] <-
                match steps[k] with
                | LoopStep.Apply(_, args) -> args |> List.fold (fun level a -> max level levels[a]) 0
                | LoopStep.Fold(_, a) -> levels[a] + 1
                | _ -> 0
        levels

    /// What a fold leaves is a result of the loop, or kept until the loop is over.
    let private home loop step =
        match List.tryFindIndex ((=) step) loop.Results with
        | Some r -> Place.Result r
        | None -> Place.Fold step

    /// The sweep that computes some steps.
    let private stage
        loop
        (steps: LoopStep array)
        (types: DType array)
        kept
        (outputs: (int * SweepOutput * Place) list)
        =
        let code, places = LaneCode(), List<Place>()
        let uses = if loop.Contracted then Loops.uses loop else [||]
        let operands = List<DType>()
        let values = Dictionary<int, LaneValue>()

        let load place dtype =
            let k =
                match places.IndexOf place with
                | -1 ->
                    places.Add place
                    operands.Add dtype
                    places.Count - 1
                | k -> k
            code.Load(k, dtype)

        let rec value k =
            match values.TryGetValue k with
            | true, v -> v
            | _ ->
                let v =
                    match steps[k] with
                    | LoopStep.Load o -> load (Place.Operand o) types[k]
                    | LoopStep.Number(dtype, bits) -> code.Number(dtype, System.BitConverter.Int64BitsToDouble bits)
                    | LoopStep.Apply(f, args) when loop.Contracted ->
                        contracted f args |> Option.defaultWith (fun () -> Lower.scalar f (List.map value args))
                    | LoopStep.Apply(f, args) -> Lower.scalar f (List.map value args)
                    | LoopStep.Fold _ -> load (home loop k) types[k]
                values[k] <- v
                v

        /// A sum with a product that nothing else uses, as one instruction.
        and contracted f args =
            let (|Product|_|) k =
                match steps[k] with
                | LoopStep.Apply(Mul, [ a; b ]) when Scalars.isFloating types[k] && uses[k] = 1 ->
                    Some(value a, value b)
                | _ -> None

            match f, args with
            | Add, [ Product(a, b); c ]
            | Add, [ c; Product(a, b) ] -> Some(Lanewise.fma a b (value c))
            | Sub, [ Product(a, b); c ] -> Some(Lanewise.fma a b (Lanewise.negate (value c)))
            | Sub, [ c; Product(a, b) ] -> Some(Lanewise.fma (Lanewise.negate a) b (value c))
            | _ -> None

        let output (step, output, _) =
            match steps[step], output with
            | (LoopStep.Load _ | LoopStep.Number _), SweepOutput.Stored _ -> SweepOutput.Stored (value step).Index
            | _, SweepOutput.Stored _ -> SweepOutput.Stored (Lower.settle (value step)).Index
            | _, SweepOutput.Folded(reduction, _) -> SweepOutput.Folded(reduction, (value step).Index)

        let made = outputs |> List.map output |> Array.ofList
        { Sweep = { Operands = operands.ToArray(); Code = code.Instructions; Outputs = made }
          Places = Array.append (places.ToArray()) [| for _, _, place in outputs -> place |]
          Kept = kept }

    /// The stages in order; each reads only operands and what earlier ones left.
    let ofLoop (loop: Loop) : LoopStage list =
        let steps, types, kept = Array.ofList loop.Steps, Loops.types loop, Loops.kept loop
        let levels = levels steps
        let results = List.indexed loop.Results

        let folded level =
            [ for k in 0 .. steps.Length - 1 do
                  match steps[k] with
                  | LoopStep.Fold(reduction, a) when levels[a] = level ->
                      a, SweepOutput.Folded(reduction, 0), home loop k
                      for r, step in results do
                          if step = k && Place.Result r <> home loop k then
                              a, SweepOutput.Folded(reduction, 0), Place.Result r
                  | _ -> () ]

        let stored level =
            [ for r, k in results do
                  if not kept[k] && levels[k] = level then k, SweepOutput.Stored 0, Place.Result r ]

        let last =
            [ for r, k in results do
                  if kept[k] && not (isFold steps[k]) then k, SweepOutput.Stored 0, Place.Result r ]

        [ for level in 0 .. Array.max levels do
              match folded level @ stored level with
              | [] -> ()
              | outputs -> stage loop steps types false outputs
          if not last.IsEmpty then stage loop steps types true last ]

    /// A sweep that folds what another left.
    let folding dtype reduction : Sweep =
        let code = LaneCode()
        let value = code.Load(0, dtype)
        { Operands = [| dtype |]
          Code = code.Instructions
          Outputs = [| SweepOutput.Folded(reduction, value.Index) |] }
