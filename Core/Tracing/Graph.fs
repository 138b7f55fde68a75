namespace Functional

open System.Collections.Generic

/// Walks the graph that hangs from tensors. Iterative: graphs of 100,000 nodes do not overflow the stack.
[<RequireQualifiedAccess>]
module internal Graph =
    /// The same tensor as a node of its own, by which a gradient knows its operands. It is no part of a program.
    let variable (t: TensorType) = { Movement.permute [ 0 .. t.Rank - 1 ] with Name = "Variable" }

    let private isVariable (node: Node) = node.Op.Name = "Variable"

    let nodeOf (t: Tensor) =
        match t.Origin with
        | Origin.Result(node, _) -> ValueSome node
        | _ -> ValueNone

    /// The nodes that the tensors depend on, as far as `enter` holds of a tensor, in order of creation: operands first.
    let reach (enter: Tensor -> bool) (tensors: Tensor seq) : Node list =
        let found = Dictionary<int64, Node>()
        let pending = Stack<Tensor>(tensors)

        while pending.Count > 0 do
            let t = pending.Pop()

            match nodeOf t with
            | ValueSome node when enter t && found.TryAdd(node.Id, node) -> node.Args |> List.iter pending.Push
            | _ -> ()

        found.Values |> Seq.sortBy (fun node -> node.Id) |> List.ofSeq

    /// What a tensor is apart from being a variable.
    let rec behind (t: Tensor) =
        match nodeOf t with
        | ValueSome node when isVariable node -> behind node.Args.Head
        | _ -> t

    let withoutVariables nodes = nodes |> List.filter (fun node -> not (isVariable node))
