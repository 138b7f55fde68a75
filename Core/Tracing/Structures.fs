namespace Functional

open System
open System.Runtime.CompilerServices

/// A structure without its tensors, written down in a row: what of it decides whether a trace can be reused. A static value
/// stands for itself, a structure within is its type, its parts and an end.
[<Sealed; AllowNullLiteral(false)>]
type internal Skeleton(tokens: objnull array, hash: int) =
    static member val Leaf = obj ()
    static member val End = obj ()

    /// To the bit: 0 is not -0, and NaN is itself.
    static member Same(a: objnull, b: objnull) =
        obj.ReferenceEquals(a, b)
        || match a, b with
           | (:? float as a), (:? float as b) -> BitConverter.DoubleToInt64Bits a = BitConverter.DoubleToInt64Bits b
           | (:? float32 as a), (:? float32 as b) -> BitConverter.SingleToInt32Bits a = BitConverter.SingleToInt32Bits b
           | _ -> Object.Equals(a, b)

    static member Same(a: ReadOnlySpan<objnull>, b: ReadOnlySpan<objnull>) =
        let mutable same = a.Length = b.Length
        let mutable k = 0

        while same && k < a.Length do
            same <- Skeleton.Same(a[k], b[k])
            k <- k + 1

        same

    member _.Tokens = tokens
    override _.GetHashCode() = hash

    override _.Equals other =
        match other with
        | :? Skeleton as o -> hash = o.GetHashCode() && Skeleton.Same(ReadOnlySpan tokens, ReadOnlySpan o.Tokens)
        | _ -> false

/// Walks through a structure and notes tensors and skeleton, in memory that is used again: a scan allocates nothing.
[<Sealed; AllowNullLiteral(false)>]
type internal Scan private () =
    inherit PartVisitor()
    /// Where a cycle is first looked for: shallower structures pay nothing.
    static let deep = 64

    [<ThreadStatic; DefaultValue>]
    static val mutable private spare: Scan | null

    let mutable tokens = Array.zeroCreate<objnull> 32
    let mutable tokenCount = 0
    let mutable leaves = Array.zeroCreate<Tensor> 16
    let mutable leafCount = 0
    let mutable above = Array.zeroCreate<objnull> 16
    let mutable depth = 0
    let mutable hash = 17

    let refuse problem remedy : unit = raise (StructureException("Structure", [], problem, remedy))

    let add (token: objnull) tokenHash =
        if tokenCount = tokens.Length then Array.Resize(&tokens, 2 * tokenCount)
        tokens[tokenCount] <- token
        tokenCount <- tokenCount + 1
        hash <- hash * 31 + tokenHash

    let addStatic (value: obj) = add value (value.GetHashCode())

    let checkDepth (value: obj) =
        let mutable k = 0

        while k < depth && not (obj.ReferenceEquals(above[k], value)) do
            k <- k + 1

        if k < depth then refuse $"a {value.GetType()} contains itself" "structures of tensors are trees"

        if not (RuntimeHelpers.TryEnsureSufficientExecutionStack()) then
            raise (RecursionException("Structure", [], $"{depth} structures are nested", "make the structure flatter"))

    member _.Tokens = ReadOnlySpan(tokens, 0, tokenCount)
    member _.Leaves = ReadOnlySpan(leaves, 0, leafCount)
    /// The k-th tensor.
    member val Leaf = fun k -> leaves[k]
    /// Of tokens and types of the tensors.
    member _.Hash = hash

    override _.Key key =
        match key with
        | null -> add null 1
        | key -> addStatic key

    override this.Part value =
        match value with
        | null -> add null 1
        | :? Tensor as t ->
            if leafCount = leaves.Length then Array.Resize(&leaves, 2 * leafCount)
            leaves[leafCount] <- t
            leafCount <- leafCount + 1
            add Skeleton.Leaf (t.Type.GetHashCode())
        | value ->
            match Openings.ofType (value.GetType()) with
            | Openings.Kind.Leaf -> add Skeleton.Leaf 2
            | Openings.Kind.Static -> addStatic value
            | Openings.Kind.Parts node ->
                add node (node.GetHashCode())
                this.Within(node.Opening, value)
                add Skeleton.End 3

    member private this.Within(opening: Opening, value: obj) =
        if depth > deep then checkDepth value
        if depth = above.Length then Array.Resize(&above, 2 * depth)
        above[depth] <- value
        depth <- depth + 1
        opening.Show(value, this)
        depth <- depth - 1

    /// A scan of this value; to be released.
    static member Of(value: objnull) : Scan =
        let scan =
            match Scan.spare with
            | null -> Scan()
            | scan ->
                Scan.spare <- null
                scan

        scan.Part value
        scan

    /// Forgets what it saw; from here on others may use its memory.
    member scan.Release() =
        Array.Clear(tokens, 0, tokenCount)
        Array.Clear(leaves, 0, leafCount)
        Array.Clear above
        tokenCount <- 0
        leafCount <- 0
        hash <- 17
        Scan.spare <- scan

/// Takes structures apart and puts them together.
[<RequireQualifiedAccess>]
module internal Structures =
    /// The tensors of a value, and its skeleton without them.
    let flatten (value: objnull) : Tensor array * Skeleton =
        let scan = Scan.Of value
        let leaves, tokens = scan.Leaves.ToArray(), scan.Tokens.ToArray()
        scan.Release()
        // Of the tokens alone: tensors of other types make no other skeleton.
        let hash =
            tokens
            |> Array.fold
                (fun h token ->
                    h * 31
                    + (match token with
                       | null -> 1
                       | token -> token.GetHashCode()))
                17
        leaves, Skeleton(tokens, hash)

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
                | Openings.Kind.Parts node -> node.Opening.Make(value, node.Opening.Parts value |> Array.map go)
                | _ -> value

        unbox<'T>(go (box structure))
