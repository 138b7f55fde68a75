namespace Functional

open System.Collections.Generic

/// One step of a plan.
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal Launch =
    /// A loop over these sizes. Strides of operands have the rank of the loop, those of results one for each dimension of the
    /// loop that they have. The work is what the loop does, piece by piece.
    | Fused of Loop * sizes: int array * operands: Access array * results: Access array * work: Work array
    | Call of Instruction * operands: (Access * TensorType) array * results: int array
    /// A product and the loop on its results.
    | Followed of Instruction * operands: (Access * TensorType) array * Tail

/// A loop that follows a product; the product's operands in the order in which it is computed; what the loop reads beside it, and
/// how both are bound to memory, given the right operand if it is a constant.
and [<NoEquality; NoComparison>] internal Tail =
    { Loop: Loop
      Left: Access
      Right: Access
      Sides: Access array
      Bind: Block voption -> unit -> BoundContraction
      Result: Access
      Work: Work array }

[<RequireQualifiedAccess>]
module internal Launch =
    /// The roots that a launch reads.
    let reads launch =
        match launch with
        | Launch.Fused(_, _, operands, _, _) -> operands |> Array.map (fun a -> a.Root)
        | Launch.Call(_, operands, _) -> operands |> Array.map (fun (a, _) -> a.Root)
        | Launch.Followed(_, operands, tail) ->
            Array.append [| for a, _ in operands -> a.Root |] [| for a in tail.Sides -> a.Root |]

    let results launch =
        match launch with
        | Launch.Fused(_, _, _, results, _) -> results |> Array.map (fun a -> a.Root)
        | Launch.Call(_, _, results) -> results
        | Launch.Followed(_, _, tail) -> [| tail.Result.Root |]

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

    /// A product and a loop that reads its results; none where they are better run one by one.
    let private tail (instruction: Instruction) (operands: (Access * TensorType) array) loop own product result work =
        match LoopEpilogue.ofLoop loop product, operands with
        | ValueSome(struct (epilogue, sides)), [| left, leftType; right, rightType |] ->
            let made = instruction.Results[0]
            // The loop leaves out dimensions of size 1.
            let inResult (access: Access) =
                let mutable next = 0
                [| for size in made.Sizes do
                       if size = 1 then
                           0
                       else
                           next <- next + 1
                           access.Strides[next - 1] |]
            let sides = [| for k in sides -> Array.item k own |]
            let strides = Array.map inResult sides
            let bound =
                match instruction.Op.Kernel with
                | Contract contraction ->
                    Contracting.tryFollow
                        leftType
                        left.Strides
                        rightType
                        right.Strides
                        made
                        contraction
                        epilogue
                        strides
                    |> Option.map (fun bind -> bind, struct (left, right))
                | Convolve filtering ->
                    Convolving.tryFollow
                        leftType
                        left.Strides
                        rightType
                        right.Strides
                        made
                        filtering
                        epilogue
                        strides
                        (left, right)
                    |> Option.map (fun (bind, sides) -> (fun _ -> bind), sides)
                | _ -> None
            bound
            |> Option.map (fun (bind, struct (left, right)) ->
                { Loop = loop
                  Left = left
                  Right = right
                  Sides = sides
                  Bind = bind
                  Result = result
                  Work = work })
        | _ -> None

    /// Products whose results one loop reads, and nothing else, together with that loop, as far as that pays.
    let private follow (list: WorkList) (launches: Launch array) : Launch array =
        let readers = Dictionary<int, List<int>>()
        for j in 0 .. launches.Length - 1 do
            for root in Array.distinct (reads launches[j]) do
                if not (readers.ContainsKey root) then readers[root] <- List()
                readers[root].Add j
        let kept = HashSet(list.Outputs |> Seq.map (fun (access, _) -> access.Root))
        let together = Array.map Some launches

        for i in launches.Length - 1 .. -1 .. 0 do
            match launches[i] with
            | Launch.Call(instruction, operands, [| root |]) when
                (instruction.Op.Kernel.IsContract || instruction.Op.Kernel.IsConvolve)
                && not (kept.Contains root)
                && readers.ContainsKey root
                && readers[root].Count = 1
                ->
                let j = readers[root][0]
                match together[j] with
                | Some(Launch.Fused(loop, sizes, own, [| result |], work)) when not (List.contains true loop.Reduced) ->
                    let dense = Blocks.rowMajor sizes
                    let places =
                        [| for k in 0 .. own.Length - 1 do
                               if own[k].Root = root then k |]
                    let isWhole =
                        places.Length = 1
                        && own[places[0]].Offset = 0
                        && own[places[0]].Strides = dense
                        && result.Strides = dense
                        && Work.space list.Roots[root] = sizes
                    if isWhole then
                        match tail instruction operands loop own places[0] result work with
                        | Some tail ->
                            together[j] <- Some(Launch.Followed(instruction, operands, tail))
                            together[i] <- None
                        | None -> ()
                | _ -> ()
            | _ -> ()
        Array.choose id together

    /// The launches of groups, in order. What only its own group reads is not stored.
    let all relaxed (list: WorkList) (groups: Group list) : Launch array =
        let needed = HashSet(list.Outputs |> Seq.map (fun (access, _) -> access.Root))
        for g in groups do
            needed.UnionWith g.Loads
        follow list [| for g in groups -> ofGroup relaxed list needed.Contains g |]
