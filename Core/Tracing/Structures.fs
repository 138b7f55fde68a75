namespace Functional

open System

/// A structure without its tensors: what of it decides whether a trace can be reused.
[<Sealed; AllowNullLiteral(false)>]
type internal Skeleton(kind: Type, fixedValue: objnull, children: Skeleton array) =
    let hash =
        children
        |> Array.fold (fun h (c: Skeleton) -> h * 31 + c.GetHashCode()) (HashCode.Combine(kind, fixedValue))

    static member val Leaf = Skeleton(typeof<Tensor>, null, [||])
    static member val Null = Skeleton(typeof<Void>, null, [||])
    member _.Kind = kind
    member _.Fixed = fixedValue
    member _.Children = children
    override _.GetHashCode() = hash

    override this.Equals other =
        match other with
        | :? Skeleton as o ->
            obj.ReferenceEquals(this, o)
            || (hash = o.GetHashCode()
                && kind = o.Kind
                && Object.Equals(fixedValue, o.Fixed)
                && children.Length = o.Children.Length
                && Array.forall2 (fun (a: Skeleton) b -> a.Equals b) children o.Children)
        | _ -> false

/// Takes structures apart and puts them together.
[<RequireQualifiedAccess>]
module internal Structures =
    /// Where a cycle is first looked for: shallower structures pay nothing.
    [<Literal>]
    let private Deep = 64

    /// Static values are compared to the bit: 0 is not -0, and NaN is itself.
    let private toTheBit (value: obj) =
        match value with
        | :? float as x -> box (BitConverter.DoubleToInt64Bits x)
        | :? float32 as x -> box (BitConverter.SingleToInt32Bits x)
        | _ -> value

    let private checkAcyclic (above: obj list) (value: obj) =
        if above |> List.exists (fun a -> obj.ReferenceEquals(a, value)) then
            raise (
                StructureException(
                    "Structure",
                    [],
                    $"a {value.GetType()} contains itself",
                    "structures of tensors are trees"
                )
            )

    /// The tensors of a value, and its skeleton without them.
    let flatten (value: objnull) : Tensor array * Skeleton =
        let leaves = ResizeArray<Tensor>()

        let rec go (above: obj list) depth (value: objnull) : Skeleton =
            match value with
            | null -> Skeleton.Null
            | :? Tensor as t ->
                leaves.Add t
                Skeleton.Leaf
            | value ->
                match Openings.ofType (value.GetType()) with
                | Openings.Kind.Leaf -> Skeleton.Leaf
                | Openings.Kind.Static -> Skeleton(value.GetType(), toTheBit value, [||])
                | Openings.Kind.Parts opening ->
                    if depth > Deep then checkAcyclic above value
                    let children = opening.Parts value |> Array.map (go (value :: above) (depth + 1))
                    Skeleton(value.GetType(), opening.Fixed value, children)

        let skeleton = go [] 0 value
        leaves.ToArray(), skeleton

    /// A structure like this one with other tensors.
    let replace (structure: 'T) (leaves: Tensor array) : 'T =
        let mutable next = 0

        let rec go (value: objnull) : objnull =
            match value with
            | null -> null
            | :? Tensor ->
                next <- next + 1
                leaves[next - 1]
            | value ->
                match Openings.ofType (value.GetType()) with
                | Openings.Kind.Parts opening -> opening.Make(value, opening.Parts value |> Array.map go)
                | _ -> value

        unbox<'T>(go (box structure))
