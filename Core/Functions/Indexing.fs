namespace Functional.FSharp

open Functional

/// Parts of tensors: by ranges, positions and masks; and beyond the edges. Labels stay with their dimensions. Negative
/// dimension numbers count from the end; all throw DimensionException for one that is not there.
[<AutoOpen>]
module IndexingFunctions =
    /// Parts by ranges, positions and masks; beyond the edges.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// What the slices take of the first dimensions; the rest is taken whole:
        /// `x |> Tensor.slice [ Slice.Range(1, -1); Slice.All.By 2; Slice.At 3 ]`.
        /// Throws DimensionException for more slices than dimensions, or for one that leaves its dimension.
        let slice (slices: Slice list) (x: Tensor) : Tensor = Indexing.slice slices x

        /// What a slice takes of one dimension; the others are taken whole.
        /// Throws DimensionException where it leaves the dimension.
        let sliceDim dim (slice: Slice) (x: Tensor) : Tensor = Indexing.along dim slice x

        /// One position of a dimension (negative: from the end), which disappears with its label.
        /// Throws DimensionException for a position outside.
        let select dim position (x: Tensor) : Tensor = Indexing.select dim position x

        /// Backwards along these dimensions.
        let flip (dims: int list) (x: Tensor) : Tensor = Indexing.flip dims x

        /// Each element so many places further on along a dimension; what leaves at the end enters at the beginning.
        let roll dim shift (x: Tensor) : Tensor = Indexing.roll dim shift x

        /// Elements of one value before and after those of each dimension.
        /// Throws DimensionException unless there are two amounts of at least 0 for each dimension.
        let pad (amounts: (int * int) list) value (x: Tensor) : Tensor = Indexing.pad amounts value x

        /// Extended along a dimension by its mirror image; the edge itself is not doubled: a b c → c b a b c b a.
        /// Throws DimensionException where it is extended by the dimension's size or more.
        let padReflect dim before after (x: Tensor) : Tensor = Indexing.padReflect dim before after x

        /// Extended along a dimension by copies of its edges: a b c → a a a b c c c.
        /// Throws DimensionException for an empty dimension.
        let padReplicate dim before after (x: Tensor) : Tensor = Indexing.padReplicate dim before after x

        /// Extended along a dimension as if it went round: a b c → b c a b c a b.
        /// Throws DimensionException where it is extended by more than the dimension's size.
        let padCircular dim before after (x: Tensor) : Tensor = Indexing.padCircular dim before after x

        /// The elements at positions (Int32 or Int64) along a dimension; the positions' dimensions take its place:
        /// [a; n; b] at [i; j] → [a; i; j; b], and likewise their labels. Positions without labels leave the dimension's
        /// label if they have one dimension; any other dimension without a label gets U, if anything has one.
        /// Throws DTypeException for positions that are not integers, TensorFormatException where the result would have C, B
        /// or T twice, DimensionException, when it runs, for a position outside; negative ones are outside.
        let gather dim (positions: Tensor) (x: Tensor) : Tensor = Gathering.gatherAt dim positions x

        /// For each place in the positions the element that stands, along the dimension, where the position says:
        /// y[i, j] = x[i, positions[i, j]] for the last dimension of two. Labels are x's.
        /// Throws ShapeException where other sizes differ from x's, and otherwise as `gather` does.
        let takeAlong dim (positions: Tensor) (x: Tensor) : Tensor = Gathering.takeAlong dim positions x

        /// x with updates added at positions along a dimension: the transpose of `gather`. The updates have the type that
        /// gathering from x gives. Equal positions add up, in ascending order, so that the bits are always the same.
        /// Throws ShapeException, TensorFormatException or DTypeException for other updates, and as `gather` does.
        let scatterAdd dim (positions: Tensor) (updates: Tensor) (x: Tensor) : Tensor =
            Gathering.scatterAddAt dim positions updates x

        /// x with updates in the place of what stands at positions along a dimension; of those with one position the last stays.
        /// The derivative goes to what stays. Types as for `scatterAdd`.
        let scatter dim (positions: Tensor) (updates: Tensor) (x: Tensor) : Tensor =
            Scattering.replaceAt dim positions updates x

        /// x with the greatest of what stands, and is put, at positions along a dimension; NaN where either is. Equal ones share
        /// the derivative equally. Types as for `scatterAdd`.
        let scatterMax dim (positions: Tensor) (updates: Tensor) (x: Tensor) : Tensor =
            Scattering.greatestAt dim positions updates x

        /// x with the least of what stands, and is put, at positions along a dimension; as `scatterMax`.
        let scatterMin dim (positions: Tensor) (updates: Tensor) (x: Tensor) : Tensor =
            Scattering.leastAt dim positions updates x

        /// Totals of segments: Σ of the elements along a dimension that have one number, of `count` numbers from 0 on; of none
        /// 0. Elements are added in ascending order, so that the bits are always the same.
        /// Throws ShapeException unless there is a number for each element, DimensionException, when it runs, for another number.
        let segmentSum (segments: Tensor) count dim (x: Tensor) : Tensor = Scattering.sum segments count dim x

        /// Means of segments, as `segmentSum`; of none NaN. Throws DTypeException for what is no floating-point number.
        let segmentMean (segments: Tensor) count dim (x: Tensor) : Tensor = Scattering.mean segments count dim x

        /// The greatest of each segment, as `segmentSum`; of none -∞, NaN where any is. Equal ones share the derivative equally.
        /// Throws DTypeException for what is no floating-point number.
        let segmentMax (segments: Tensor) count dim (x: Tensor) : Tensor = Scattering.max segments count dim x

        /// The least of each segment, as `segmentMax`; of none ∞.
        let segmentMin (segments: Tensor) count dim (x: Tensor) : Tensor = Scattering.min segments count dim x

        /// The elements where a mask (Bool) of x's shape holds, in row-major order: one dimension, unformatted. Their number
        /// depends on values: inside a trace it is a host read, which guards the trace; the positions are no read.
        /// Throws DTypeException or ShapeException for another mask.
        let masked (mask: Tensor) (x: Tensor) : Tensor = Indexing.masked mask x

        /// Along a dimension the positions where a mask (Bool) of its size holds. How many they are is a host read, as in
        /// `masked`.
        /// Throws DTypeException or ShapeException for another mask.
        let compress dim (mask: Tensor) (x: Tensor) : Tensor = Indexing.compress dim mask x

        /// `compress` where it is known how many positions hold, such as one of two: no host read. If fewer hold, the first
        /// others follow them; if more, the last are left out.
        /// Throws DTypeException or ShapeException for another mask, and DimensionException for more than there are.
        let compressTo count dim (mask: Tensor) (x: Tensor) : Tensor = Indexing.compressTo count dim mask x

        /// x with a number where the mask holds; the two align and broadcast.
        /// Throws DTypeException where the mask is not Bool.
        let maskedFill (mask: Tensor) value (x: Tensor) : Tensor = Indexing.maskedFill mask value x

        /// 1 at the class that each integer names and 0 elsewhere, along a new last dimension; all 0 for an integer that
        /// names none. The new label is C if the integers have labels without C, else U.
        /// Throws DTypeException for anything but integers.
        let oneHot dtype classes (indices: Tensor) : Tensor = Indexing.oneHot dtype classes indices

        /// The upper triangle of the last two dimensions, 0 elsewhere: where column - row ≥ diagonal.
        let triu diagonal (x: Tensor) : Tensor = Indexing.upper diagonal x

        /// The lower triangle of the last two dimensions, 0 elsewhere: where column - row ≤ diagonal.
        let tril diagonal (x: Tensor) : Tensor = Indexing.lower diagonal x
