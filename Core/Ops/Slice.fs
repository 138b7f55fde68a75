namespace Functional

open System

/// What a slice takes of one dimension: one position (the dimension disappears), or every step-th position of a range.
/// Negative positions count from the end. In C# an int, an Index or a Range is a Slice: `x.Slice(1..^1, .., 3)`.
[<NoComparison>]
type Slice =
    private
        { Taken: Range
          Step: int
          Drops: bool }

    static member private Position(position: int) =
        if position >= 0 then Index position else Index(-(max position -Int32.MaxValue), true)

    static member private Of(first: Index, stop: Index) = { Taken = Range(first, stop); Step = 1; Drops = false }

    /// The whole dimension.
    static member All = Slice.Of(Index.Start, Index.End)
    /// One position; the dimension disappears.
    static member At(position: int) : Slice = Slice.op_Implicit (Slice.Position position)
    /// From a position to the end.
    static member From(first: int) = Slice.Of(Slice.Position first, Index.End)
    /// From the beginning to the place before a position.
    static member To(stop: int) = Slice.Of(Index.Start, Slice.Position stop)
    /// From the first position to the place before the second: `Slice.Range(1, -1)` leaves both ends out.
    static member Range(first: int, stop: int) = Slice.Of(Slice.Position first, Slice.Position stop)

    /// Every step-th position: from the first of the range on, or with a negative step from its last one backwards, so that
    /// `Slice.All.By(-1)` is the dimension reversed. Throws DimensionException for a step of 0, or for a single position.
    member slice.By(step: int) =
        if step = 0 || slice.Drops then
            Labels.dimensionError "Slice" [] $"{slice} has no every {step}-th" "give a range and a step other than 0"
        { slice with Step = step }

    static member op_Implicit(position: int) : Slice = Slice.At position
    static member op_Implicit(position: Index) : Slice = { Slice.Of(position, position) with Drops = true }
    static member op_Implicit(range: Range) : Slice = Slice.Of(range.Start, range.End)

    override slice.ToString() =
        if slice.Drops then string slice.Taken.Start
        elif slice.Step = 1 then string slice.Taken
        else $"({slice.Taken}).By({slice.Step})"

    member internal slice.IsPosition = slice.Drops

    /// Start, step and count in a dimension; a typed error where the slice leaves it.
    member internal slice.Within(t: TensorType, dim) : int * int * int =
        let size = t.Sizes[dim]
        let first, stop = slice.Taken.Start.GetOffset size, slice.Taken.End.GetOffset size

        if first < 0 || stop > size || first > stop || (slice.Drops && first = size) then
            Labels.dimensionError
                "Slice"
                [ t ]
                $"{slice} leaves dimension {dim}, of size {size}"
                $"take ascending positions between 0 and {size}, or from the end (^1 is the last)"

        let stride = abs (int64 slice.Step)
        let count = int ((int64 (stop - first) + stride - 1L) / stride)
        if slice.Drops then first, 1, 1
        elif slice.Step > 0 then first, slice.Step, count
        else stop - 1, slice.Step, count
