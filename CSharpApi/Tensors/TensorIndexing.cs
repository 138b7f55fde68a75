using Microsoft.FSharp.Collections;

namespace Functional;

/// <summary>Parts of tensors: by ranges, positions and masks; and beyond the edges.</summary>
/// <remarks>
/// Labels stay with their dimensions. Negative dimension numbers count from the end; all methods throw
/// <see cref="DimensionException"/> for a dimension that is not there.
/// </remarks>
public static class TensorIndexing
{
    extension(Tensor x)
    {
        /// <summary>
        /// What the slices take of the first dimensions; the rest is taken whole. A slice is a position, whose dimension
        /// disappears, or a range: <c>x.Slice(1..^1, .., 3)</c>, <c>x.Slice((..).By(-1))</c>.
        /// </summary>
        /// <exception cref="DimensionException">There are more slices than dimensions, or one leaves its dimension.</exception>
        public Tensor Slice(params ReadOnlySpan<Slice> slices) => Indexing.slice(ListModule.OfArray(slices.ToArray()), x);

        /// <summary>What a slice takes of one dimension; the others are taken whole.</summary>
        /// <exception cref="DimensionException">The slice leaves the dimension.</exception>
        public Tensor SliceDim(int dim, Slice slice) => Indexing.along(dim, slice, x);

        /// <summary>What a slice takes of the dimension with a label.</summary>
        /// <exception cref="DimensionException">The slice leaves the dimension, or the label is not there just once.</exception>
        public Tensor SliceDim(char label, Slice slice) => Indexing.along(Dimensions.At("Slice", x, label), slice, x);

        /// <summary>Backwards along these dimensions.</summary>
        public Tensor Flip(params ReadOnlySpan<int> dims) => Indexing.flip(Dimensions.Listed(dims), x);

        /// <summary>
        /// Each element so many places further on along a dimension; what leaves at the end enters at the beginning.
        /// </summary>
        public Tensor Roll(int dim, int shift) => Indexing.roll(dim, shift, x);

        /// <summary>Elements of one value before and after those of each dimension.</summary>
        /// <exception cref="DimensionException">
        /// There are not just two amounts of at least 0 for each dimension.
        /// </exception>
        public Tensor Pad(IReadOnlyList<(int Before, int After)> amounts, double value = 0) =>
            Indexing.pad(ListModule.OfSeq(amounts.Select(amount => amount.ToTuple())), value, x);

        /// <summary>
        /// Extended along a dimension by its mirror image; the edge itself is not doubled: a b c → c b a b c b a.
        /// </summary>
        /// <exception cref="DimensionException">It is extended by the dimension's size or more.</exception>
        public Tensor PadReflect(int dim, int before, int after) => Indexing.padReflect(dim, before, after, x);

        /// <summary>Extended along a dimension by copies of its edges: a b c → a a a b c c c.</summary>
        /// <exception cref="DimensionException">The dimension is empty.</exception>
        public Tensor PadReplicate(int dim, int before, int after) => Indexing.padReplicate(dim, before, after, x);

        /// <summary>Extended along a dimension as if it went round: a b c → b c a b c a b.</summary>
        /// <exception cref="DimensionException">It is extended by more than the dimension's size.</exception>
        public Tensor PadCircular(int dim, int before, int after) => Indexing.padCircular(dim, before, after, x);

        /// <summary>
        /// The elements at positions (Int32 or Int64) along a dimension; the positions' dimensions take its place:
        /// [a; n; b] at [i; j] → [a; i; j; b], and likewise their labels. Positions without labels leave the dimension's
        /// label if they have one dimension; any other dimension without a label gets U, if anything has one.
        /// </summary>
        /// <exception cref="DTypeException">The positions are not integers.</exception>
        /// <exception cref="TensorFormatException">The result would have C, B or T twice.</exception>
        /// <exception cref="DimensionException">When it runs: a position is outside, as negative ones are.</exception>
        public Tensor Gather(int dim, Tensor positions) => Gathering.gatherAt(dim, positions, x);

        /// <summary>The elements at positions along the dimension with a label, as with its number.</summary>
        /// <exception cref="DimensionException">The label is not there just once, or a position is outside.</exception>
        public Tensor Gather(char label, Tensor positions) =>
            Gathering.gatherAt(Dimensions.At("Gather", x, label), positions, x);

        /// <summary>
        /// For each place in the positions the element that stands, along the dimension, where the position says:
        /// y[i, j] = x[i, positions[i, j]] for the last dimension of two. Labels are those of this tensor.
        /// </summary>
        /// <exception cref="ShapeException">Other sizes differ from this tensor's.</exception>
        /// <exception cref="DTypeException">The positions are not integers.</exception>
        /// <exception cref="DimensionException">When it runs: a position is outside, as negative ones are.</exception>
        public Tensor TakeAlong(int dim, Tensor positions) => Gathering.takeAlong(dim, positions, x);

        /// <summary>
        /// This tensor with updates added at positions along a dimension: the transpose of <c>Gather</c>. The updates have
        /// the type that gathering gives. Equal positions add up, in ascending order, so that the bits are always the same.
        /// </summary>
        /// <exception cref="ShapeException">The updates have another shape.</exception>
        /// <exception cref="TensorFormatException">The updates have another format.</exception>
        /// <exception cref="DTypeException">The updates have another data type, or the positions are not integers.</exception>
        /// <exception cref="DimensionException">When it runs: a position is outside, as negative ones are.</exception>
        public Tensor ScatterAdd(int dim, Tensor positions, Tensor updates) =>
            Gathering.scatterAddAt(dim, positions, updates, x);

        /// <summary>
        /// This tensor with updates in the place of what stands at positions along a dimension; of those with one position the last
        /// stays. The derivative goes to what stays.
        /// </summary>
        /// <exception cref="ShapeException">The updates have not the shape or format that gathering gives.</exception>
        /// <exception cref="DTypeException">The updates have another data type, or the positions are not integers.</exception>
        /// <exception cref="DimensionException">When it runs: a position is outside, as negative ones are.</exception>
        public Tensor Scatter(int dim, Tensor positions, Tensor updates) =>
            Scattering.replaceAt(dim, positions, updates, x);

        /// <summary>
        /// This tensor with the greatest of what stands, and is put, at positions along a dimension; NaN where either is. Equal ones
        /// share the derivative equally.
        /// </summary>
        /// <exception cref="ShapeException">The updates have not the shape or format that gathering gives.</exception>
        /// <exception cref="DTypeException">The updates have another data type, or the positions are not integers, or the elements are Bool.</exception>
        /// <exception cref="DimensionException">When it runs: a position is outside, as negative ones are.</exception>
        public Tensor ScatterMax(int dim, Tensor positions, Tensor updates) =>
            Scattering.greatestAt(dim, positions, updates, x);

        /// <summary>
        /// This tensor with the least of what stands, and is put, at positions along a dimension; as <c>ScatterMax</c>.
        /// </summary>
        /// <exception cref="ShapeException">The updates have not the shape or format that gathering gives.</exception>
        /// <exception cref="DTypeException">The updates have another data type, or the positions are not integers, or the elements are Bool.</exception>
        /// <exception cref="DimensionException">When it runs: a position is outside, as negative ones are.</exception>
        public Tensor ScatterMin(int dim, Tensor positions, Tensor updates) =>
            Scattering.leastAt(dim, positions, updates, x);

        /// <summary>
        /// Totals of segments: Σ of the elements along a dimension that have one number, of <paramref name="count"/> numbers from 0
        /// on; of none 0. Elements are added in ascending order, so that the bits are always the same.
        /// </summary>
        /// <exception cref="ShapeException">There is not a number for each element.</exception>
        /// <exception cref="DimensionException">When it runs: a number is not from 0 to count - 1.</exception>
        /// <exception cref="DTypeException">The elements are Bool, or the numbers are not integers.</exception>
        public Tensor SegmentSum(Tensor segments, int count, int dim = 0) => Scattering.sum(segments, count, dim, x);

        /// <summary>
        /// Means of segments, as <c>SegmentSum</c>; of none NaN.
        /// </summary>
        /// <exception cref="ShapeException">There is not a number for each element.</exception>
        /// <exception cref="DimensionException">When it runs: a number is not from 0 to count - 1.</exception>
        /// <exception cref="DTypeException">The elements are no floating-point numbers, or the numbers are not integers.</exception>
        public Tensor SegmentMean(Tensor segments, int count, int dim = 0) => Scattering.mean(segments, count, dim, x);

        /// <summary>
        /// The greatest of each segment, as <c>SegmentSum</c>; of none -∞, NaN where any is. Equal ones share the derivative equally.
        /// </summary>
        /// <exception cref="ShapeException">There is not a number for each element.</exception>
        /// <exception cref="DimensionException">When it runs: a number is not from 0 to count - 1.</exception>
        /// <exception cref="DTypeException">The elements are no floating-point numbers, or the numbers are not integers.</exception>
        public Tensor SegmentMax(Tensor segments, int count, int dim = 0) => Scattering.max(segments, count, dim, x);

        /// <summary>
        /// The least of each segment, as <c>SegmentMax</c>; of none ∞.
        /// </summary>
        /// <exception cref="ShapeException">There is not a number for each element.</exception>
        /// <exception cref="DimensionException">When it runs: a number is not from 0 to count - 1.</exception>
        /// <exception cref="DTypeException">The elements are no floating-point numbers, or the numbers are not integers.</exception>
        public Tensor SegmentMin(Tensor segments, int count, int dim = 0) => Scattering.min(segments, count, dim, x);

        /// <summary>
        /// The elements where a mask (Bool) of this shape holds, in row-major order: one dimension, unformatted. Their
        /// number depends on values: inside a trace it is a host read, which guards the trace; the positions are no read.
        /// </summary>
        /// <exception cref="DTypeException">The mask is not Bool.</exception>
        /// <exception cref="ShapeException">The mask has another shape.</exception>
        public Tensor Masked(Tensor mask) => Indexing.masked(mask, x);

        /// <summary>
        /// Along a dimension the positions where a mask (Bool) of its size holds. How many they are is a host read, as in
        /// <c>Masked</c>.
        /// </summary>
        /// <exception cref="DTypeException">The mask is not Bool.</exception>
        /// <exception cref="ShapeException">The mask has another size.</exception>
        public Tensor Compress(int dim, Tensor mask) => Indexing.compress(dim, mask, x);

        /// <summary>
        /// The same where it is known how many positions hold, such as one of two: no host read. If fewer hold, the first
        /// others follow them; if more, the last are left out.
        /// </summary>
        /// <exception cref="DTypeException">The mask is not Bool.</exception>
        /// <exception cref="ShapeException">The mask has another size.</exception>
        /// <exception cref="DimensionException">The count is more than there are.</exception>
        public Tensor Compress(int dim, Tensor mask, int count) => Indexing.compressTo(count, dim, mask, x);

        /// <summary>This tensor with a number where the mask holds; the two align and broadcast.</summary>
        /// <exception cref="DTypeException">The mask is not Bool.</exception>
        public Tensor MaskedFill(Tensor mask, double value) => Indexing.maskedFill(mask, value, x);

        /// <summary>
        /// 1 at the class that each integer names and 0 elsewhere, along a new last dimension; all 0 for an integer that
        /// names none. The new label is C if the integers have labels without C, else U.
        /// </summary>
        /// <exception cref="DTypeException">The elements are not integers.</exception>
        public Tensor OneHot(int classes, DType dtype = DType.Float32) => Indexing.oneHot(dtype, classes, x);

        /// <summary>The upper triangle of the last two dimensions, 0 elsewhere: where column - row ≥ diagonal.</summary>
        public Tensor Triu(int diagonal = 0) => Indexing.upper(diagonal, x);

        /// <summary>The lower triangle of the last two dimensions, 0 elsewhere: where column - row ≤ diagonal.</summary>
        public Tensor Tril(int diagonal = 0) => Indexing.lower(diagonal, x);
    }

    extension(Range range)
    {
        /// <summary>
        /// Every step-th position of a range: from its first on, or with a negative step from its last one backwards.
        /// </summary>
        /// <exception cref="DimensionException">The step is 0.</exception>
        public Slice By(int step) => ((Slice)range).By(step);
    }
}
