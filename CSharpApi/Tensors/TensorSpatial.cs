namespace Functional;

/// <summary>
/// Convolution, pooling and resizing along the spatial dimensions, which are those labelled S, or T where there is no S;
/// all other dimensions stay as they are.
/// </summary>
/// <remarks>
/// Operands have labels (<c>x.WithFormat("BCSS")</c>), and their results the same labels. Lists of numbers have one for each
/// spatial dimension, or one for all. All methods throw <see cref="DimensionException"/> for an operand without spatial
/// dimensions or without the one dimension C that they need, <see cref="ShapeException"/> for numbers that do not fit the
/// spatial dimensions or windows that do not fit the operand.
/// </remarks>
public static class TensorSpatial
{
    extension(Tensor x)
    {
        /// <summary>
        /// Σ over the channels and the positions of a window, weighted by each filter, plus the filter's bias: the
        /// cross-correlation that the field calls convolution. A spatial size n becomes
        /// ⌊(n + padding - reach) / stride⌋ + 1, where windows reach over (size - 1) · dilation + 1 positions.
        /// </summary>
        /// <param name="weights">[filters; channels / groups; size …], without labels.</param>
        /// <param name="bias">[filters]; none for 0.</param>
        /// <param name="stride">How far one window is from the next; none for 1.</param>
        /// <param name="dilation">How far one position in a window is from the next; none for 1.</param>
        /// <param name="padding">
        /// What is added around the operand; none for nothing. Along T, causal padding lets no result see what comes later.
        /// </param>
        /// <param name="groups">Into how many parts channels and filters are divided; as many as channels: depthwise.</param>
        /// <exception cref="ShapeException">Weights or bias do not fit.</exception>
        /// <exception cref="DTypeException">Weights or bias have another data type than the operand.</exception>
        public Tensor Convolution(
            Tensor weights,
            Tensor? bias = null,
            IReadOnlyList<int>? stride = null,
            IReadOnlyList<int>? dilation = null,
            Padding? padding = null,
            int groups = 1) =>
            Convolutions.convolve(How(stride, dilation, padding), groups, weights, Dimensions.Optional(bias), x);

        /// <summary>
        /// The transpose of the convolution with these numbers as a map of its operand, plus a bias. A spatial size n becomes
        /// (n - 1) · stride + reach - padding; with same or causal padding n · stride. Where windows overlap they add up in
        /// ascending order.
        /// </summary>
        /// <param name="weights">[channels; filters / groups; size …], without labels.</param>
        /// <param name="bias">[filters]; none for 0.</param>
        /// <param name="stride">How far one window is from the next; none for 1.</param>
        /// <param name="dilation">How far one position in a window is from the next; none for 1.</param>
        /// <param name="padding">What is cut off; none for nothing.</param>
        /// <param name="groups">Into how many parts channels and filters are divided.</param>
        /// <exception cref="ShapeException">Weights or bias do not fit.</exception>
        /// <exception cref="DTypeException">Weights or bias have another data type than the operand.</exception>
        public Tensor TransposedConvolution(
            Tensor weights,
            Tensor? bias = null,
            IReadOnlyList<int>? stride = null,
            IReadOnlyList<int>? dilation = null,
            Padding? padding = null,
            int groups = 1) =>
            Convolutions.convolveTransposed(How(stride, dilation, padding), groups, weights, Dimensions.Optional(bias), x);

        /// <summary>
        /// The greatest of each window; NaN where any is. Equal ones share the derivative equally. Padding is less than
        /// everything.
        /// </summary>
        /// <param name="sizes">The window's.</param>
        /// <param name="stride">How far one window is from the next; none for its size.</param>
        /// <param name="dilation">How far one position in a window is from the next; none for 1.</param>
        /// <param name="padding">What is added around the operand; none for nothing.</param>
        public Tensor MaxPool(
            IReadOnlyList<int> sizes,
            IReadOnlyList<int>? stride = null,
            IReadOnlyList<int>? dilation = null,
            Padding? padding = null) =>
            Pooling.max(How(stride, dilation, padding), Dimensions.Listed(sizes), x);

        /// <summary>
        /// The greatest of each window, and where it stands (Int64): its number among the positions of the spatial dimensions
        /// in row-major order, the first of equals.
        /// </summary>
        /// <param name="sizes">The window's.</param>
        /// <param name="stride">How far one window is from the next; none for its size.</param>
        /// <param name="dilation">How far one position in a window is from the next; none for 1.</param>
        /// <param name="padding">What is added around the operand; none for nothing.</param>
        public (Tensor Values, Tensor Positions) MaxPoolWithPositions(
            IReadOnlyList<int> sizes,
            IReadOnlyList<int>? stride = null,
            IReadOnlyList<int>? dilation = null,
            Padding? padding = null) =>
            Pooling.maxWithPositions(How(stride, dilation, padding), Dimensions.Listed(sizes), x).ToValueTuple();

        /// <summary>
        /// Each element where its position says, in spatial dimensions of these sizes, 0 elsewhere; elements of one place add
        /// up. Positions are numbered as by <c>MaxPoolWithPositions</c>, separately for all other dimensions.
        /// </summary>
        /// <exception cref="DimensionException">A position is outside; thrown when it runs.</exception>
        public Tensor MaxUnpool(Tensor positions, params ReadOnlySpan<int> sizes) =>
            Pooling.unpool(positions, Dimensions.Listed(sizes), x);

        /// <summary>The mean of each window.</summary>
        /// <param name="sizes">The window's.</param>
        /// <param name="stride">How far one window is from the next; none for its size.</param>
        /// <param name="dilation">How far one position in a window is from the next; none for 1.</param>
        /// <param name="padding">The zeros that are added around the operand; none for nothing.</param>
        /// <param name="countPadding">Whether padding counts as elements.</param>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor AveragePool(
            IReadOnlyList<int> sizes,
            IReadOnlyList<int>? stride = null,
            IReadOnlyList<int>? dilation = null,
            Padding? padding = null,
            bool countPadding = true) =>
            Pooling.average(How(stride, dilation, padding), countPadding, Dimensions.Listed(sizes), x);

        /// <summary>The mean over all spatial dimensions, which stay with size 1; of nothing NaN.</summary>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor GlobalAveragePool() => Pooling.wholeAverage(x);

        /// <summary>The greatest over all spatial dimensions, which stay with size 1.</summary>
        public Tensor GlobalMaxPool() => Pooling.wholeMax(x);

        /// <summary>
        /// As many means along each spatial dimension as are asked for: number i of m is that of elements
        /// ⌊i · n / m⌋ … ⌈(i + 1) · n / m⌉ - 1 of n.
        /// </summary>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor AdaptiveAveragePool(params ReadOnlySpan<int> sizes) =>
            Pooling.adaptiveAverage(Dimensions.Listed(sizes), x);

        /// <summary>
        /// As many greatest elements along each spatial dimension as are asked for, of the parts that
        /// <c>AdaptiveAveragePool</c> takes.
        /// </summary>
        public Tensor AdaptiveMaxPool(params ReadOnlySpan<int> sizes) => Pooling.adaptiveMax(Dimensions.Listed(sizes), x);

        /// <summary>
        /// To these sizes of the spatial dimensions, one dimension after another. Nothing is smoothed where elements are
        /// skipped. PyTorch's <c>interpolate</c> is Linear or Cubic with HalfPixel or AlignCorners, its "nearest" is
        /// Asymmetric, its "nearest-exact" HalfPixel.
        /// </summary>
        /// <exception cref="DTypeException">Of integers or Bool more is asked for than the nearest element.</exception>
        public Tensor Resize(
            IReadOnlyList<int> sizes,
            Interpolation interpolation = Interpolation.Linear,
            SamplePoints samples = SamplePoints.HalfPixel) =>
            Resizing.resize(interpolation, samples, Dimensions.Listed(sizes), x);

        /// <summary>
        /// Channels become positions: channels c · b₁ · b₂ … are c, and spatial dimension k is bₖ times as large.
        /// </summary>
        /// <exception cref="ShapeException">The blocks do not use up the channels.</exception>
        public Tensor DepthToSpace(IReadOnlyList<int> blocks, DepthOrder order = DepthOrder.PositionFirst) =>
            Resizing.depthToSpace(order, Dimensions.Listed(blocks), x);

        /// <summary>Positions become channels, the inverse of <c>DepthToSpace</c>.</summary>
        /// <exception cref="ShapeException">The blocks do not divide the spatial sizes.</exception>
        public Tensor SpaceToDepth(IReadOnlyList<int> blocks, DepthOrder order = DepthOrder.PositionFirst) =>
            Resizing.spaceToDepth(order, Dimensions.Listed(blocks), x);
    }

    private static Sliding How(IReadOnlyList<int>? stride, IReadOnlyList<int>? dilation, Padding? padding) =>
        new(Dimensions.Listed(stride ?? []), Dimensions.Listed(dilation ?? []), padding ?? Padding.None);
}
