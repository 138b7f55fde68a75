namespace Functional

open System.Collections.Generic

/// Reverse-mode derivatives: more graph, made by each op's reverse rule from the last op to the first.
[<RequireQualifiedAccess>]
module internal Reverse =
    /// A tensor of a closed tape as a concrete one, or its whole graph would stay in memory.
    let detach (t: Tensor) =
        match t.Interpreter with
        | :? Tape as tape when tape.IsClosed -> Direct.Tensor(t.Type, (Execute.blockOf t).Value)
        | _ -> t

    /// A number in the type, and under the interpreter, of a tensor.
    let fill (like: Tensor) value = Movement.constant like.Interpreter like.Type value

    let private backward (variables: Tensor list) (ys: Tensor list) (cotangents: Tensor option list) =
        let id (t: Tensor) =
            match Graph.nodeOf t with
            | ValueSome node -> node.Id
            | ValueNone -> -1L
        let variableIds = HashSet(List.map id variables)
        // Nothing older than the variables can depend on them.
        let oldest = if variables.IsEmpty then System.Int64.MaxValue else Seq.min variableIds
        let nodes = ys |> Graph.reach (fun t -> id t > oldest && not (variableIds.Contains(id t)))
        let active = HashSet variableIds
        for node in nodes do
            if node.Args |> List.exists (fun a -> active.Contains(id a)) then active.Add node.Id |> ignore

        let totals = Cotangents()
        let add (t: Tensor) (d: Tensor) = totals.Add(t, d)

        List.iter2 (fun y dy -> if active.Contains(id y) then Option.iter (add y) dy) ys cotangents

        for node in List.rev nodes do
            if active.Contains node.Id then
                let results = node.Results |> List.mapi (fun k ty -> Tensor(ty, Origin.Result(node, k), node.Owner))
                match List.map totals.Take results with
                | cotangents when List.forall Option.isNone cotangents -> ()
                | [ Some d ] when totals.TryAddSlice(node, results, d) -> ()
                | cotangents ->
                    let wanted =
                        [ for i, a in List.indexed node.Args do
                              if active.Contains(id a) then i ]
                    (wanted, node.Op.Pull wanted node.Args results cotangents)
                    ||> List.iter2 (fun i d -> Option.iter (add node.Args[i]) d)

        List.map totals.Take variables

    /// A function's results, and the map from their cotangents to those of its operands (None: no dependence).
    let vjp (f: Tensor list -> Tensor list * 'aux) (xs: Tensor list) =
        let variables, ys, aux =
            Scopes.Within(fun depth ->
                let tape = Tape depth

                try
                    let variables =
                        [ for x in xs ->
                              let owner: Interpreter =
                                  if isNull x.Interpreter || tape.Depth < x.Interpreter.Depth then
                                      tape
                                  else
                                      x.Interpreter
                              owner.Apply(Graph.variable x.Type, [ x ]).Head ]

                    let ys, aux = f variables
                    variables, ys, aux
                finally
                    tape.Close())

        let pull cotangents = backward variables ys cotangents |> List.map (Option.map detach)
        List.map detach ys, aux, pull
