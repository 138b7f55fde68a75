namespace Functional

open System
open System.Collections.Generic

/// The structure of an argument, what of it is static, and the type of each tensor in it.
[<Sealed; AllowNullLiteral(false)>]
type internal Signature(hash: int, tokens: Token array, types: TensorType array) =
    /// For each token the type of a tensor, null for another one.
    let placed: (TensorType | null) array =
        let mutable leaf = 0
        [| for token in tokens do
               if Token.isLeaf token then
                   types[leaf]
                   leaf <- leaf + 1
               else
                   null |]

    member _.Tokens = tokens
    member _.Types = types

    static member Of(scan: Scan) =
        Signature(scan.Hash, scan.Tokens.ToArray(), [| for t in scan.Leaves.ToArray() -> t.Type |])

    /// Whether a scan has this signature; without allocating.
    member _.Matches(scan: Scan) = scan.IsAll tokens || Signature.Same(hash, tokens, types, scan)

    /// A scan of a value, which takes less time where the value has this signature.
    member _.Scan(value: 'T) : Scan = Scan.Along(value, tokens, placed)

    static member private Same(hash, tokens: Token array, types: TensorType array, scan: Scan) =
        let leaves = scan.Leaves
        let mutable same = hash = scan.Hash && types.Length = leaves.Length
        let mutable k = 0

        while same && k < types.Length do
            let ty = leaves[k].Type
            same <- obj.ReferenceEquals(ty, types[k]) || ty.Equals types[k]
            k <- k + 1

        same && Skeleton.Same(ReadOnlySpan tokens, scan.Tokens)

    override _.GetHashCode() = hash

    override _.Equals other =
        match other with
        | :? Signature as s ->
            hash = s.GetHashCode()
            && types.AsSpan().SequenceEqual(ReadOnlySpan s.Types)
            && Skeleton.Same(ReadOnlySpan tokens, ReadOnlySpan s.Tokens)
        | _ -> false

/// What stands in one place of a signature.
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal Standing =
    | Tensor of TensorType
    | Static of Token
    | Node of Type * parts: int

/// How two signatures differ.
[<RequireQualifiedAccess>]
module internal Signatures =
    /// The places of a structure from first to last, with what stands there. A node's count of parts is known at its end.
    let places (whole: string) (signature: Signature) : (string * Standing) list =
        let found = ResizeArray<string * Standing>()
        let opened = Stack<struct (string * Opening * int * int)>()
        let mutable key: objnull = null
        let mutable leaf = 0

        let within () =
            match opened.TryPop() with
            | true, struct (path, node, at, parts) ->
                opened.Push(struct (path, node, at, parts + 1))
                if node.HasKeys then $"{path}[{key}]" else path + node.PartName parts
            | _ -> ""

        let shown place = if place = "" then whole else place

        let isKey (previousWasKey: bool) =
            opened.Count > 0
            && (let struct (_, node, _, _) = opened.Peek() in node.HasKeys && not previousWasKey)

        let mutable afterKey = false

        for token in signature.Tokens do
            if Token.isStop token then
                let struct (path, node, at, parts) = opened.Pop()
                found[at] <- (shown path, Standing.Node(node.Type, parts))
            elif isKey afterKey then
                key <- token.Value
                afterKey <- true
            else
                let path = within ()
                afterKey <- false

                match token.Mark with
                | :? Opening as node ->
                    opened.Push(struct (path, node, found.Count, 0))
                    found.Add(shown path, Standing.Node(node.Type, 0))
                | _ when Token.isLeaf token ->
                    found.Add(shown path, Standing.Tensor signature.Types[leaf])
                    leaf <- leaf + 1
                | _ -> found.Add(shown path, Standing.Static token)

        List.ofSeq found

    let rec private nameOf (ty: Type) =
        if ty.IsGenericType then
            let name = ty.Name.Split('`')[0]
            $"""{name}<{String.Join(", ", Array.map nameOf (ty.GetGenericArguments()))}>"""
        else
            ty.Name

    let private isFunction (value: objnull) =
        match value with
        | null -> false
        | value -> value :? Delegate || not (isNull (value.GetType().GetMethod "Invoke"))

    let private shownStatic (value: objnull) =
        match value with
        | null -> "null"
        | :? string as s -> $"\"{s}\""
        | :? Delegate as d -> $"the delegate {d.Method.DeclaringType}.{d.Method.Name}"
        | value when isFunction value -> $"the function {value.GetType()}"
        | value -> string value

    let private describe standing =
        match standing with
        | Standing.Tensor ty -> string ty
        | Standing.Static token ->
            match token.Value with
            | null -> "null"
            | value -> $"a {nameOf (value.GetType())}"
        | Standing.Node(ty, parts) -> $"a {nameOf ty} of {parts}"

    let private isAlike (now: objnull) (before: objnull) =
        match now, before with
        | null, _
        | _, null -> false
        | now, before -> now.GetType() = before.GetType() || isFunction now && isFunction before

    let private between (place, now) (_, before) : SignatureDifference option =
        match now, before with
        | Standing.Tensor now, Standing.Tensor before when now = before -> None
        | Standing.Tensor now, Standing.Tensor before when now.DType <> before.DType ->
            Some(SignatureDifference.DType(place, now, before))
        | Standing.Tensor now, Standing.Tensor before when now.Rank = before.Rank && now.Format <> before.Format ->
            Some(SignatureDifference.Format(place, now, before))
        | Standing.Tensor now, Standing.Tensor before -> Some(SignatureDifference.Shape(place, now, before))
        | Standing.Static now, Standing.Static before when now.Is before -> None
        | Standing.Static now, Standing.Static before when isAlike now.Value before.Value ->
            Some(SignatureDifference.StaticValue(place, shownStatic now.Value, shownStatic before.Value))
        | Standing.Node(now, n), Standing.Node(before, m) when now = before && n = m -> None
        | now, before -> Some(SignatureDifference.Structure(place, describe now, describe before))

    /// All that the first has otherwise than the second; a difference in structure hides what comes after it.
    let differences (now: Signature) (before: Signature) : SignatureDifference list =
        let rec go now before =
            match now, before with
            | n :: now, b :: before ->
                match between n b with
                | Some(SignatureDifference.Structure _ as difference) -> [ difference ]
                | Some difference -> difference :: go now before
                | None when fst n <> fst b -> [ SignatureDifference.Structure(fst n, "a key", "another key") ]
                | None -> go now before
            | _ -> []

        go (places "the argument" now) (places "the argument" before)

    /// How many tokens and types differ; more than that where their numbers do.
    let private distance (a: Signature) (b: Signature) =
        if a.Tokens.Length <> b.Tokens.Length || a.Types.Length <> b.Types.Length then
            Int32.MaxValue
        else
            let count differ xs ys = Seq.zip xs ys |> Seq.sumBy (fun (x, y) -> if differ x y then 1 else 0)

            count (fun (x: Token) y -> not (x.Is y)) a.Tokens b.Tokens
            + count (fun (x: TensorType) y -> x <> y) a.Types b.Types

    /// How a signature differs from the one that is nearest to it; None where there is none.
    let nearest (now: Signature) (kept: Signature list) =
        match kept with
        | [] -> None
        | kept -> Some(differences now (List.minBy (distance now) kept))

    /// The reason that a difference gives for a miss.
    let reason (difference: SignatureDifference) =
        match difference with
        | SignatureDifference.Shape _ -> MissReason.Shape difference
        | SignatureDifference.Format _ -> MissReason.Format difference
        | SignatureDifference.DType _ -> MissReason.DType difference
        | SignatureDifference.StaticValue _ -> MissReason.StaticValue difference
        | SignatureDifference.Structure _ -> MissReason.Structure difference
