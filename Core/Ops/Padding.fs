namespace Functional

open System

/// What is added around the spatial dimensions of a tensor before windows slide over them.
[<AllowNullLiteral(false)>]
type Padding =
    internal
    | SameSize
    | Causally
    /// Before and after; one pair for each dimension, or one for all.
    | Amounts of struct (int * int) array

    /// Nothing.
    static member None = Amounts [| struct (0, 0) |]

    /// So much that there are ⌈size / stride⌉ windows: as much before as after, or one more after.
    static member Same = SameSize

    /// All of it before, so that a window ends where it stands: no result depends on what comes later.
    static member Causal = Causally

    /// As much before as after: a number for each spatial dimension, or one for all.
    /// Throws ArgumentOutOfRangeException for a negative amount.
    static member Of([<ParamArray>] amounts: int array) = Padding.Of [| for a in amounts -> struct (a, a) |]

    /// Before and after: a pair for each spatial dimension, or one for all.
    /// Throws ArgumentOutOfRangeException for a negative amount.
    static member Of([<ParamArray>] amounts: struct (int * int) array) =
        for struct (before, after) in amounts do
            ArgumentOutOfRangeException.ThrowIfNegative(before, nameof amounts)
            ArgumentOutOfRangeException.ThrowIfNegative(after, nameof amounts)
        Amounts(Array.copy amounts)

    override this.ToString() =
        match this with
        | SameSize -> "same"
        | Causally -> "causal"
        | Amounts amounts ->
            let shown = [ for struct (before, after) in amounts -> $"({before}, {after})" ]
            String.Join(", ", shown)
