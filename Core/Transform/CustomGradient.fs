namespace Functional

open System.Collections.Generic

/// Functions whose reverse rule is the user's. What such a function computes is cut off from its argument, and tied to it by an op
/// that does nothing but pull as the rule says.
[<RequireQualifiedAccess>]
module internal CustomGradient =
    let private name = "CustomGradient"

    let private refuse (tensors: Tensor list) problem remedy =
        raise (StructureException(name, [ for t in tensors -> t.Type ], problem, remedy))

    let private place (t: Tensor) =
        match t.Origin with
        | Origin.Result(node, k) -> struct (node.Id, k)
        | _ -> struct (-1L, 0)

    /// Tensors of graphs from before `start` that results depend on, but for the argument.
    let private captured start (held: Tensor list) (ys: Tensor list) : Tensor list =
        let isHeld = HashSet [ for t in held -> place t ]
        let isNew (t: Tensor) =
            let struct (id, _) = place t
            id > start && not (isHeld.Contains(place t))
        let isOld (t: Tensor) =
            let struct (id, _) = place t
            id >= 0L && id <= start
        let nodes = Graph.reach isNew ys
        Seq.append ys (nodes |> Seq.collect (fun node -> node.Args))
        |> Seq.filter isOld
        |> Seq.distinctBy place
        |> List.ofSeq

    /// Results as they are. Operands: results, argument, and what was captured. `rule`: the leaves of argument, of results and
    /// of their cotangents → cotangents of the argument's. It is known by its code: what it captures is no part of a program.
    let private tie
        (ys: Tensor list)
        (arguments: int)
        (code: System.Type)
        (rule: Tensor list -> Tensor list -> Tensor list -> Tensor list)
        : Op =
        let results = ys.Length

        let pull (wanted: int list) (args: Tensor list) (ys: Tensor list) (cotangents: Tensor option list) =
            if wanted |> List.exists (fun i -> i >= results + arguments) then
                refuse
                    args[results .. results + arguments - 1]
                    "the function uses tensors besides its argument, and these are differentiated"
                    "give all that is differentiated as the argument; its rule gives the gradient of that alone"
            let xs = args[results .. results + arguments - 1]
            let dys =
                List.map2 (fun (y: Tensor) dy -> dy |> Option.defaultWith (fun () -> Reverse.fill y 0.)) ys cotangents
            let isWanted i = i >= results && Scalars.isFloating args[i].DType
            let dxs = if List.exists isWanted wanted then rule xs ys dys else []
            [ for i in wanted -> if isWanted i then Some dxs[i - results] else None ]

        let run (types: TensorType list) _ _ : Filling =
            let types = Array.ofList types
            fun _ blocks targets ->
                for k in 0 .. results - 1 do
                    Blocks.place types[k] blocks[k] targets[k]

        { Name = name
          Attributes = [ "results", box results; "rule", code ]
          Infer = List.take results
          Eval = fun _ _ lanes -> [ for k in 0 .. results - 1 -> lanes[k].At ]
          Pull = pull
          // Of one result a view.
          Kernel =
            match ys with
            | [ y ] -> Move(Permute [ 0 .. y.Rank - 1 ])
            | _ -> Nested([], run) }

    /// A structure without its tensors: zeros in memory for one. A trace that is kept holds no more of it.
    let private hollow (structure: 'T) (leaves: Tensor list) : 'T =
        let zeros (t: Tensor) =
            Direct.Tensor(t.Type, { Data = Blocks.ofNumber t.DType 0.; Offset = 0; Strides = Array.zeroCreate t.Rank })
        Structures.replace structure [| for t in leaves -> zeros t |]

    /// The function, whose reverse rule is: argument, result, its cotangent → the argument's.
    let make (f: 'X -> 'Y) (pull: 'X -> 'Y -> 'Y -> 'X) (x: 'X) : 'Y =
        let leaves = List.ofArray (fst (Structures.flatten x))
        let start = Scopes.Latest
        let held = [ for t in leaves -> if Scalars.isFloating t.DType then Movement.hold t else t ]
        let y = f (Structures.replace x (Array.ofList held))
        let ys = List.ofArray (fst (Structures.flatten y))

        let likeX, likeY = hollow x leaves, hollow y ys

        let rule (xs: Tensor list) (ys: Tensor list) (dys: Tensor list) =
            let place like tensors = Structures.replace like (Array.ofList tensors)
            let dx = pull (place likeX xs) (place likeY ys) (place likeY dys)
            let dxs = List.ofArray (fst (Structures.flatten dx))
            let types (ts: Tensor list) = [ for t in ts -> if Scalars.isFloating t.DType then Some t.Type else None ]
            if types dxs <> types xs then
                refuse
                    dxs
                    $"the rule gives %A{[ for t in dxs -> t.Type ]} for an argument of %A{[ for t in xs -> t.Type ]}"
                    "give a cotangent of the same type for each floating-point tensor of the argument"
            dxs

        match ys with
        | [] -> y
        | _ ->
            let others = captured start (List.filter (fun t -> Scalars.isFloating t.DType) held) ys
            let results = Tensor.Apply(tie ys leaves.Length (pull.GetType()) rule, ys @ leaves @ others)
            Structures.replace y (Array.ofList results)
