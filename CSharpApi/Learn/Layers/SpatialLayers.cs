using F = Functional.FSharp;

namespace Functional;

/// <summary>
/// Layers that slide windows over the spatial dimensions, those labelled S, or T where there is no S. Lists of numbers have one
/// for each spatial dimension, or one for all.
/// </summary>
public static class SpatialLayers
{
    private static F.PoolingOptions Pooling(IReadOnlyList<int>? stride, Padding? padding, bool countPadding) =>
        new(Dimensions.Listed(stride ?? []), Dimensions.Listed([]), padding ?? Padding.None, countPadding);

    internal static F.ConvolutionOptions Sliding(
        IReadOnlyList<int>? stride, IReadOnlyList<int>? dilation, Padding? padding, int groups) =>
        new(Dimensions.Listed(stride ?? []), Dimensions.Listed(dilation ?? []), padding ?? Padding.None, groups);

    extension(Convolution)
    {
        /// <summary>Filters whose weights are yet to be drawn.</summary>
        /// <param name="filters">How many there are.</param>
        /// <param name="size">The size of their windows.</param>
        /// <param name="stride">How far one window is from the next; null for 1.</param>
        /// <param name="dilation">How far one position in a window is from the next; null for 1.</param>
        /// <param name="padding">What is added around the input; null for nothing.</param>
        /// <param name="groups">Into how many parts channels and filters are divided.</param>
        /// <param name="weights">How weights are drawn; null for Glorot's uniform initialiser.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
        public static Convolution Create(
            int filters,
            IReadOnlyList<int> size,
            IReadOnlyList<int>? stride = null,
            IReadOnlyList<int>? dilation = null,
            Padding? padding = null,
            int groups = 1,
            Initialiser? weights = null) =>
            new(filters, size, Sliding(stride, dilation, padding, groups), weights ?? Initialiser.GlorotUniform);
    }

    extension(MaxPool)
    {
        /// <summary>The greatest of each window.</summary>
        /// <param name="size">The size of the windows.</param>
        /// <param name="stride">How far one window is from the next; null for its size.</param>
        /// <param name="padding">What is added around the input; null for nothing.</param>
        public static MaxPool Create(IReadOnlyList<int> size, IReadOnlyList<int>? stride = null, Padding? padding = null) =>
            new(size, Pooling(stride, padding, countPadding: true));
    }

    extension(AveragePool)
    {
        /// <summary>The mean of each window.</summary>
        /// <param name="size">The size of the windows.</param>
        /// <param name="stride">How far one window is from the next; null for its size.</param>
        /// <param name="padding">What is added around the input; null for nothing.</param>
        /// <param name="countPadding">Whether padding counts as elements.</param>
        public static AveragePool Create(
            IReadOnlyList<int> size,
            IReadOnlyList<int>? stride = null,
            Padding? padding = null,
            bool countPadding = true) =>
            new(size, Pooling(stride, padding, countPadding));
    }
}
