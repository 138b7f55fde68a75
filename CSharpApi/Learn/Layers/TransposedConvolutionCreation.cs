namespace Functional;

/// <summary>Making transposed convolutions: a class of its own, since those of other layers take the same arguments.</summary>
public static class TransposedConvolutionCreation
{
    extension(TransposedConvolution)
    {
        /// <summary>Filters whose weights are yet to be drawn, and which each element adds its multiple of.</summary>
        /// <param name="filters">How many there are.</param>
        /// <param name="size">The size of their windows.</param>
        /// <param name="stride">How far the window of one element is from that of the next; null for 1.</param>
        /// <param name="dilation">How far one position in a window is from the next; null for 1.</param>
        /// <param name="padding">What is cut off around the output; null for nothing.</param>
        /// <param name="groups">Into how many parts channels and filters are divided.</param>
        /// <param name="weights">How weights are drawn; null for Glorot's uniform initialiser.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
        public static TransposedConvolution Create(
            int filters,
            IReadOnlyList<int> size,
            IReadOnlyList<int>? stride = null,
            IReadOnlyList<int>? dilation = null,
            Padding? padding = null,
            int groups = 1,
            Initialiser? weights = null) =>
            new(filters, size, SpatialLayers.Sliding(stride, dilation, padding, groups), weights ?? Initialiser.GlorotUniform);
    }
}
