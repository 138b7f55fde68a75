using Microsoft.FSharp.Collections;

namespace Functional;

/// <summary>The same elements in other sizes, orders and labels; tensors put together and taken apart.</summary>
/// <remarks>
/// Labels stay with their dimensions. Negative dimension numbers count from the end; all methods throw
/// <see cref="DimensionException"/> for a dimension that is not there.
/// </remarks>
public static class TensorArranging
{
    extension(Tensor x)
    {
        /// <summary>
        /// The same elements in row-major order in other sizes, unformatted. One size may be -1: what is left.
        /// </summary>
        /// <exception cref="ShapeException">The number of elements differs.</exception>
        public Tensor Reshape(params ReadOnlySpan<int> sizes) => Arranging.reshape(Dimensions.Listed(sizes), "", x);

        /// <summary>
        /// Dimension k of the result is dimension <c>order[k]</c> of this tensor: [a; b; c] by 2, 0, 1 → [c; a; b].
        /// </summary>
        public Tensor Permute(params ReadOnlySpan<int> order) => Arranging.permute(Dimensions.Listed(order), x);

        /// <summary>The dimensions in the order of these labels; equal labels keep their order.</summary>
        /// <exception cref="TensorFormatException">The tensor has other labels than these.</exception>
        public Tensor Permute(string labels) => Arranging.arrange(labels, x);

        /// <summary>The last two dimensions change places: [… ; n; m] → [… ; m; n].</summary>
        public Tensor Transpose() => Arranging.transpose(x);

        /// <summary>Two dimensions change places.</summary>
        public Tensor Transpose(int first, int second) => Arranging.swap(first, second, x);

        /// <summary>One dimension moves to another place; the others keep their order.</summary>
        public Tensor MoveDim(int source, int destination) => Arranging.moveDim(source, destination, x);

        /// <summary>
        /// Repeated to these sizes, aligned from the last dimension. New dimensions get the label U if there are labels.
        /// </summary>
        /// <exception cref="ShapeException">Sizes are neither equal nor 1 in this tensor.</exception>
        public Tensor BroadcastTo(params ReadOnlySpan<int> sizes) => Arranging.broadcastTo(Dimensions.Listed(sizes), x);

        /// <summary>A new dimension of size 1 at a place (-1: after the last), labelled U if there are labels.</summary>
        public Tensor ExpandDims(int place) => Arranging.expandDims(place, x);

        /// <summary>Without these dimensions, of size 1 each; without all of that size where none is named.</summary>
        /// <exception cref="ShapeException">A dimension has another size.</exception>
        public Tensor Squeeze(params ReadOnlySpan<int> dims) =>
            dims.IsEmpty ? Arranging.squeezeAll(x) : Arranging.squeeze(Dimensions.Listed(dims), x);

        /// <summary>Parts of these sizes, one after another, along a dimension.</summary>
        /// <exception cref="ShapeException">The sizes do not add up to the dimension's.</exception>
        public IReadOnlyList<Tensor> Split(int dim, params ReadOnlySpan<int> sizes) =>
            [.. Arranging.split(dim, Dimensions.Listed(sizes), x)];

        /// <summary>
        /// So many parts along a dimension, of sizes that differ by at most 1, the larger ones first.
        /// </summary>
        /// <exception cref="ShapeException">The count is less than 1.</exception>
        public IReadOnlyList<Tensor> Chunk(int dim, int count) => [.. Arranging.chunk(dim, count, x)];

        /// <summary>The whole tensor so many times over along each dimension: sizes [a; b] by 2, 1 → [2a; b].</summary>
        /// <exception cref="ShapeException">There is not a count of at least 0 for each dimension.</exception>
        public Tensor Tile(params ReadOnlySpan<int> counts) => Arranging.tile(Dimensions.Listed(counts), x);

        /// <summary>Each element so many times in a row along a dimension: a b → a a b b.</summary>
        /// <exception cref="ShapeException">The count is negative.</exception>
        public Tensor Repeat(int dim, int count) => Arranging.repeat(dim, count, x);

        /// <summary>One after another along a dimension: types are alike apart from that dimension's size.</summary>
        /// <exception cref="ShapeException">Other sizes differ, or there is no tensor.</exception>
        /// <exception cref="TensorFormatException">Formats differ.</exception>
        /// <exception cref="DTypeException">Data types differ.</exception>
        public static Tensor Concat(IReadOnlyList<Tensor> tensors, int dim) => Arranging.concat(dim, ListModule.OfSeq(tensors));

        /// <summary>One after another along the dimension with a label, as with its number.</summary>
        /// <exception cref="DimensionException">The label is not there just once.</exception>
        public static Tensor Concat(IReadOnlyList<Tensor> tensors, char label) => Arranging.concat(
            tensors.Count == 0 ? 0 : Labels.single("Concat", tensors[0].Type, label), ListModule.OfSeq(tensors));

        /// <summary>
        /// Tensors of one type side by side along a new dimension (-1: after the last), labelled U if they have labels.
        /// </summary>
        /// <exception cref="ShapeException">Sizes differ, or there is no tensor.</exception>
        /// <exception cref="TensorFormatException">Formats differ.</exception>
        /// <exception cref="DTypeException">Data types differ.</exception>
        public static Tensor Stack(IReadOnlyList<Tensor> tensors, int place = 0) =>
            Arranging.stack(place, ListModule.OfSeq(tensors));
    }
}
