namespace Functional

open System.Collections.Generic

/// One step of a plan.
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal Launch =
    /// A loop over these sizes. Strides of operands have the rank of the loop, those of results one for each dimension of the
    /// loop that they have. The work is what the loop does, piece by piece.
    | Fused of Loop * sizes: int array * operands: Access array * results: Access array * work: Work array
    | Call of Instruction * operands: (Access * TensorType) array * results: int array

[<RequireQualifiedAccess>]
module internal Launch =
    /// The roots that a launch reads.
    let reads launch =
        match launch with
        | Launch.Fused(_, _, operands, _, _) -> operands |> Array.map (fun a -> a.Root)
        | Launch.Call(_, operands, _) -> operands |> Array.map (fun (a, _) -> a.Root)

    let results launch =
        match launch with
        | Launch.Fused(_, _, _, results, _) -> results |> Array.map (fun a -> a.Root)
        | Launch.Call(_, _, results) -> results

    /// Writes the loop of one group.
    [<Sealed>]
    type private Composer(relaxed: bool, g: Group) =
        let rank = g.Space.Length
        let builder = Loops.Builder([ for d in 0 .. rank - 1 -> g.Reduced.Length > 0 && g.Reduced[d] ], relaxed)
        let steps = Dictionary<int, int>()
        let operands = List<Access>()
        let loads = Dictionary<struct (int * int * bool * string), int>()

        let load dtype (access: Access) (order: int array) kept =
            let strides = Array.zeroCreate rank
            order |> Array.iteri (fun d loop -> strides[loop] <- access.Strides[d])
            let key = struct (access.Root, access.Offset, kept, $"""{dtype} {System.String.Join(" ", strides)}""")

            match loads.TryGetValue key with
            | true, step -> step
            | _ ->
                operands.Add { access with Strides = strides }
                loads[key] <- builder.Operand(dtype, kept)
                loads[key]

        let argument order kept argument =
            match argument with
            | Argument.Number(dtype, x) -> builder.Add(Loops.number dtype x), dtype
            | Argument.At(access, ty) ->
                match steps.TryGetValue access.Root with
                | true, step -> step, ty.DType
                | _ -> load ty.DType access order kept, ty.DType

        /// Elements that are only copied are loaded as integers: arithmetic would settle a NaN.
        let copied order kept argument' =
            match argument' with
            | Argument.At(access, ty) when not (steps.ContainsKey access.Root) ->
                let dtype =
                    match ty.DType with
                    | DType.Float32 -> DType.Int32
                    | DType.Float64 -> DType.Int64
                    | dtype -> dtype
                load dtype access order kept
            | other -> fst (argument order kept other)

        member _.Add(work: Work) =
            let place = g.Places[work.Results[0]]
            let kept = g.Reduced.Length > 0 && place.Length < rank

            steps[work.Results[0]] <-
                match work.Task with
                | Task.Lanes formula -> builder.Formula([ for a in work.Operands -> argument place kept a ], formula)
                | Task.Copy -> copied place kept work.Operands[0]
                | Task.Fold(reduction, _) ->
                    builder.Add(LoopStep.Fold(reduction, fst (argument [| 0 .. rank - 1 |] false work.Operands[0])))
                | Task.Call _ -> invalidOp "a call is no part of a loop"

        /// A root as the loop runs through it: dense in its own order of dimensions.
        member private _.Result root : Access =
            let place = g.Places[root]
            let dense = Blocks.rowMajor [| for loop in place -> g.Space[loop] |]
            let strides = Array.zip place dense |> Array.sortBy fst |> Array.map snd
            { Root = root; Offset = 0; Strides = strides }

        member c.Launch(stored: int array, work) =
            let results = Array.map c.Result stored
            Launch.Fused(builder.Loop [ for root in stored -> steps[root] ], g.Space, operands.ToArray(), results, work)

    let private ofGroup relaxed (list: WorkList) (isNeeded: int -> bool) (g: Group) =
        let work = [| for number in g.Work -> list.Work[number] |]

        match work[0].Task with
        | Task.Call instruction ->
            let operands =
                work[0].Operands
                |> Array.map (fun a ->
                    match a with
                    | Argument.At(access, ty) -> access, ty
                    | Argument.Number _ -> invalidOp "a call reads roots")
            Launch.Call(instruction, operands, work[0].Results)
        | _ ->
            let composer = Composer(relaxed, g)
            Array.iter composer.Add work
            let made = work |> Array.collect (fun w -> w.Results)
            composer.Launch(Array.filter isNeeded made, work)

    /// The launches of groups, in order. What only its own group reads is not stored.
    let all relaxed (list: WorkList) (groups: Group list) : Launch array =
        let needed = HashSet(list.Outputs |> Seq.map (fun (access, _) -> access.Root))
        for g in groups do
            needed.UnionWith g.Loads
        [| for g in groups -> ofGroup relaxed list needed.Contains g |]
