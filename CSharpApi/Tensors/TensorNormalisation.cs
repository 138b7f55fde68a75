namespace Functional;

/// <summary>
/// Elements less their mean, over √(variance + ε). Variances are of the whole population, from the differences from the mean.
/// </summary>
/// <remarks>
/// Scale and offset may be left out. All methods throw <see cref="DTypeException"/> for integers and Bool,
/// <see cref="ShapeException"/> for parameters that do not fit, <see cref="ArgumentOutOfRangeException"/> for a negative ε.
/// NaN spreads over what it is normalised with.
/// </remarks>
public static class TensorNormalisation
{
    extension(Tensor x)
    {
        /// <summary>
        /// By a mean and a variance for each channel that are at hand, as a trained network does. Channels are the dimension
        /// labelled C, the last one of an unformatted tensor. Scale, offset, mean and variance: [channels].
        /// </summary>
        public Tensor BatchNorm(
            Tensor mean, Tensor variance, Tensor? scale = null, Tensor? offset = null, double epsilon = 1e-5) =>
            Normalising.batch(epsilon, Dimensions.Optional(scale), Dimensions.Optional(offset), mean, variance, x);

        /// <summary>
        /// By mean and variance of the batch, over all dimensions but the channels (Ioffe and Szegedy, 2015); and the running
        /// mean and variance moved towards those of the batch: r + momentum · (b - r), where the variance is the
        /// unbiased estimate, as in PyTorch. Nothing is changed in place.
        /// </summary>
        public (Tensor Result, Tensor Mean, Tensor Variance) BatchNormTraining(
            Tensor mean,
            Tensor variance,
            Tensor? scale = null,
            Tensor? offset = null,
            double epsilon = 1e-5,
            double momentum = 0.1) =>
            Normalising.batchTraining(
                epsilon, momentum, Dimensions.Optional(scale), Dimensions.Optional(offset), mean, variance, x).ToValueTuple();

        /// <summary>
        /// Over these dimensions, all where none is named, each of the others by itself (Ba, Kiros and Hinton, 2016). Scale
        /// and offset have the sizes of these dimensions, in ascending order.
        /// </summary>
        public Tensor LayerNorm(
            IReadOnlyList<int> dims, Tensor? scale = null, Tensor? offset = null, double epsilon = 1e-5) =>
            Normalising.layer(
                Dimensions.Listed(dims), epsilon, Dimensions.Optional(scale), Dimensions.Optional(offset), x);

        /// <summary>Over the dimensions with these labels, as by their numbers.</summary>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        public Tensor LayerNorm(string labels, Tensor? scale = null, Tensor? offset = null, double epsilon = 1e-5) =>
            Normalising.layer(
                Dimensions.Labelled("LayerNormalization", x, labels),
                epsilon,
                Dimensions.Optional(scale),
                Dimensions.Optional(offset),
                x);

        /// <summary>
        /// x / √(mean of x² + ε) over these dimensions, all where none is named, times a scale of their sizes (Zhang and
        /// Sennrich, 2019).
        /// </summary>
        public Tensor RmsNorm(IReadOnlyList<int> dims, Tensor? scale = null, double epsilon = 1e-5) =>
            Normalising.rms(Dimensions.Listed(dims), epsilon, Dimensions.Optional(scale), x);

        /// <summary>Over the dimensions with these labels, as by their numbers.</summary>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        public Tensor RmsNorm(string labels, Tensor? scale = null, double epsilon = 1e-5) =>
            Normalising.rms(Dimensions.Labelled("RmsNormalization", x, labels), epsilon, Dimensions.Optional(scale), x);

        /// <summary>
        /// Of each observation, over groups of channels and all dimensions but batch and channels (Wu and He, 2018). The
        /// operand has labels with C. Scale, offset: [channels].
        /// </summary>
        /// <exception cref="ShapeException">The groups do not divide the channels.</exception>
        public Tensor GroupNorm(int groups, Tensor? scale = null, Tensor? offset = null, double epsilon = 1e-5) =>
            Normalising.group(groups, epsilon, Dimensions.Optional(scale), Dimensions.Optional(offset), x);

        /// <summary>
        /// Each channel of each observation by itself (Ulyanov, Vedaldi and Lempitsky, 2016). The operand has labels with C.
        /// Scale, offset: [channels].
        /// </summary>
        public Tensor InstanceNorm(Tensor? scale = null, Tensor? offset = null, double epsilon = 1e-5) =>
            Normalising.instance(epsilon, Dimensions.Optional(scale), Dimensions.Optional(offset), x);

        /// <summary>
        /// x / (k + α · mean of x² over a window of channels)^β, local response normalisation (Krizhevsky, Sutskever and
        /// Hinton, 2012). The window has ⌊(size - 1) / 2⌋ channels before and ⌊size / 2⌋ after; beyond the edges there is 0.
        /// </summary>
        /// <exception cref="ShapeException">The window has less than one channel.</exception>
        public Tensor CrossChannelNorm(int size, double alpha = 1e-4, double beta = 0.75, double k = 1) =>
            Normalising.crossChannel(size, alpha, beta, k, x);
    }
}
