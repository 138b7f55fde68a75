namespace Functional

open System.Collections.Generic

/// The cotangent of some adjacent elements of a value along one dimension, all of each other one.
[<NoEquality; NoComparison>]
type private SlicePart =
    {
        Dim: int
        Start: int
        D: Tensor
        /// The same with zeros around it.
        Padded: unit -> Tensor
    }

    member p.Next = p.Start + p.D.Type.Sizes[p.Dim]

/// What is added up for each value on the way back. Cotangents of slices are kept until that of the whole is asked for: those
/// that lie beside each other are put together, where each padded and added to the others would take all of its memory.
[<Sealed>]
type internal Cotangents() =
    let totals = Dictionary<struct (int64 * int), Tensor>()
    let parts = Dictionary<struct (int64 * int), List<SlicePart>>()

    let place (t: Tensor) =
        match t.Origin with
        | Origin.Result(node, k) -> struct (node.Id, k)
        | _ -> struct (-1L, 0)

    /// The dimension of which a slice takes adjacent elements, and the first of them; none where it is of another kind.
    let cut (node: Node) =
        match node.Op.Kernel with
        | Move(Slice ranges) ->
            let sizes = node.Args.Head.Type.Sizes
            let isAll k (start, step, count) = start = 0 && step = 1 && count = sizes[k]
            match ranges |> List.indexed |> List.filter (fun (k, range) -> not (isAll k range)) with
            | [ k, (start, 1, count) ] when count > 0 -> ValueSome(struct (k, start))
            | _ -> ValueNone
        | _ -> ValueNone

    /// Of parts in order of their first elements the first ones that do not overlap, and the others.
    let layer (parts: SlicePart list) =
        let beside, others = List(), List()
        let mutable next = 0
        for part in parts do
            if part.Start >= next then
                beside.Add part
                next <- part.Next
            else
                others.Add part
        List.ofSeq beside, List.ofSeq others

    /// Parts that do not overlap as the whole.
    let together (whole: TensorType) (parts: SlicePart list) =
        let dim = parts.Head.Dim
        let zeros size =
            let ty = TensorType(whole.DType, Array.updateAt dim size whole.Sizes, whole.Format)
            Movement.constant parts.Head.D.Interpreter ty 0.
        let pieces =
            [ for before, part in Seq.zip (0 :: [ for p in parts -> p.Next ]) parts do
                  if part.Start > before then zeros (part.Start - before)
                  part.D
              let last = List.last parts
              if last.Next < whole.Sizes[dim] then zeros (whole.Sizes[dim] - last.Next) ]
        Define.apply (Movement.concat dim) pieces

    let add at (d: Tensor) =
        match totals.TryGetValue at with
        | true, total -> totals[at] <- total + d
        | _ -> totals[at] <- d

    /// Adds to the cotangent of a value.
    member _.Add(t: Tensor, d: Tensor) = add (place t) d

    /// Adds to the cotangent of what a node slices, given that of its result; whether it does slice.
    member _.TryAddSlice(node: Node, results: Tensor list, d: Tensor) =
        match cut node with
        | ValueSome(struct (dim, start)) when d.Type = node.Results.Head ->
            let at = place node.Args.Head
            if not (parts.ContainsKey at) then parts[at] <- List()
            let padded () = (node.Op.Pull [ 0 ] node.Args results [ Some d ]).Head.Value
            parts[at].Add { Dim = dim; Start = start; D = d; Padded = padded }
            true
        | _ -> false

    /// The cotangent of a value, which is then forgotten; None where there is none.
    member _.Take(t: Tensor) : Tensor option =
        let at = place t
        match parts.TryGetValue at with
        | true, found ->
            for _, along in found |> List.ofSeq |> List.groupBy _.Dim |> List.sortBy fst do
                let mutable rest = List.sortBy _.Start along
                while not rest.IsEmpty do
                    let beside, others = layer rest
                    rest <- others
                    match beside with
                    | [ lone ] -> add at (lone.Padded())
                    | beside -> add at (together t.Type beside)
            parts.Remove at |> ignore
        | _ -> ()
        match totals.TryGetValue at with
        | true, d ->
            totals.Remove at |> ignore
            Some d
        | _ -> None
