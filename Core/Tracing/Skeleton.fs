namespace Functional

open System

/// One place of a structure without its tensors. A static value stands for itself, a number for its type and bits.
[<Struct; CustomEquality; NoComparison>]
type internal Token =
    { Mark: objnull
      Bits: int64 }

    /// A static value as it was.
    member t.Value: objnull =
        match t.Mark with
        | :? Primitive as number -> number.Value t.Bits
        | mark -> mark

    /// To the bit: 0 is not -0, and NaN is itself.
    member t.Is(other: Token) =
        t.Bits = other.Bits
        && (obj.ReferenceEquals(t.Mark, other.Mark) || Object.Equals(t.Mark, other.Mark))

    override t.GetHashCode() =
        match t.Mark with
        | null -> 1
        | mark -> mark.GetHashCode() * 31 + t.Bits.GetHashCode()

    override t.Equals other =
        match other with
        | :? Token as other -> t.Is other
        | _ -> false

    override t.ToString() = $"{t.Value}"

[<RequireQualifiedAccess>]
module internal Token =
    /// A tensor.
    let leaf = { Mark = obj (); Bits = 0L }
    /// A part that is state, where state is left out.
    let state = { Mark = obj (); Bits = 0L }
    /// The end of a structure.
    let stop = { Mark = obj (); Bits = 0L }
    let isLeaf (t: Token) = obj.ReferenceEquals(t.Mark, leaf.Mark)
    let isStop (t: Token) = obj.ReferenceEquals(t.Mark, stop.Mark)

/// A structure without its tensors, written down in a row: what of it decides whether a trace can be reused. A structure
/// within is how it opens, its parts and an end.
[<Sealed; AllowNullLiteral(false)>]
type internal Skeleton(tokens: Token array) =
    let hash = tokens |> Array.fold (fun h token -> h * 31 + token.GetHashCode()) 17

    static member Same(a: ReadOnlySpan<Token>, b: ReadOnlySpan<Token>) =
        let mutable same = a.Length = b.Length
        let mutable k = 0

        while same && k < a.Length do
            same <- a[k].Is b[k]
            k <- k + 1

        same

    member _.Tokens = tokens
    override _.GetHashCode() = hash

    override _.Equals other =
        match other with
        | :? Skeleton as o -> hash = o.GetHashCode() && Skeleton.Same(ReadOnlySpan tokens, ReadOnlySpan o.Tokens)
        | _ -> false
