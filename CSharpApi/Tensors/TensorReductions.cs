namespace Functional;

/// <summary>Reductions: of dimensions by number or label, which disappear unless kept; of all where none is named.</summary>
public static class TensorReductions
{
    extension(Tensor x)
    {
        /// <summary>The total, Σ x; of nothing 0, of nothing but -0 -0. Integers wrap around.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool: cast to count.</exception>
        public Tensor Sum(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.sum, Dimensions.Listed(dims), false, x);

        /// <summary>The total, Σ x; of nothing 0, of nothing but -0 -0. Integers wrap around.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool: cast to count.</exception>
        public Tensor Sum(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.sum, Dimensions.Listed(dims), keep, x);

        /// <summary>The total, Σ x; of nothing 0, of nothing but -0 -0. Integers wrap around.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is Bool: cast to count.</exception>
        public Tensor Sum(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.sum, Dimensions.Labelled("Sum", x, labels), keep, x);

        /// <summary>The product, Π x; of nothing 1. Integers wrap around. The derivative is right where elements are 0.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        public Tensor Product(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.product, Dimensions.Listed(dims), false, x);

        /// <summary>The product, Π x; of nothing 1. Integers wrap around. The derivative is right where elements are 0.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        public Tensor Product(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.product, Dimensions.Listed(dims), keep, x);

        /// <summary>The product, Π x; of nothing 1. Integers wrap around. The derivative is right where elements are 0.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        public Tensor Product(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.product, Dimensions.Labelled("Product", x, labels), keep, x);

        /// <summary>The greatest element; NaN where any is. Equal ones share the derivative equally.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Max(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.max, Dimensions.Listed(dims), false, x);

        /// <summary>The greatest element; NaN where any is. Equal ones share the derivative equally.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Max(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.max, Dimensions.Listed(dims), keep, x);

        /// <summary>The greatest element; NaN where any is. Equal ones share the derivative equally.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Max(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.max, Dimensions.Labelled("Max", x, labels), keep, x);

        /// <summary>The least element; NaN where any is. Equal ones share the derivative equally.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Min(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.min, Dimensions.Listed(dims), false, x);

        /// <summary>The least element; NaN where any is. Equal ones share the derivative equally.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Min(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.min, Dimensions.Listed(dims), keep, x);

        /// <summary>The least element; NaN where any is. Equal ones share the derivative equally.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is Bool.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Min(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.min, Dimensions.Labelled("Min", x, labels), keep, x);

        /// <summary>True where at least one element is; of nothing false.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is not Bool.</exception>
        public Tensor Any(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.any, Dimensions.Listed(dims), false, x);

        /// <summary>True where at least one element is; of nothing false.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is not Bool.</exception>
        public Tensor Any(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.any, Dimensions.Listed(dims), keep, x);

        /// <summary>True where at least one element is; of nothing false.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is not Bool.</exception>
        public Tensor Any(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.any, Dimensions.Labelled("Any", x, labels), keep, x);

        /// <summary>True where every element is; of nothing true.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is not Bool.</exception>
        public Tensor All(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.all, Dimensions.Listed(dims), false, x);

        /// <summary>True where every element is; of nothing true.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is not Bool.</exception>
        public Tensor All(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.all, Dimensions.Listed(dims), keep, x);

        /// <summary>True where every element is; of nothing true.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is not Bool.</exception>
        public Tensor All(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.all, Dimensions.Labelled("All", x, labels), keep, x);

        /// <summary>The mean, Σ x / n; of nothing NaN.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Mean(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.mean, Dimensions.Listed(dims), false, x);

        /// <summary>The mean, Σ x / n; of nothing NaN.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Mean(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.mean, Dimensions.Listed(dims), keep, x);

        /// <summary>The mean, Σ x / n; of nothing NaN.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Mean(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.mean, Dimensions.Labelled("Mean", x, labels), keep, x);

        /// <summary>
        /// The number that a share <paramref name="q"/> of the elements are not greater than, by sorting: at position q·(n - 1),
        /// between two elements as the method says. NaN where any element is. The derivative goes to those elements.
        /// </summary>
        /// <param name="q">From 0 to 1.</param>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <param name="method">Which number stands for a quantile between two elements.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice, or q is outside.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Quantile(
            double q, IEnumerable<int>? dims = null, bool keep = false, QuantileMethod method = QuantileMethod.Linear) =>
            Dimensions.Reduce((d, t) => Descriptive.quantile(method, q, d, t), Dimensions.Listed(dims ?? []), keep, x);

        /// <summary>A quantile over the dimensions with these labels.</summary>
        /// <exception cref="DimensionException">No dimension has the label, or q is outside.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Quantile(double q, string labels, bool keep = false, QuantileMethod method = QuantileMethod.Linear) =>
            Dimensions.Reduce(
                (d, t) => Descriptive.quantile(method, q, d, t), Dimensions.Labelled("Quantile", x, labels), keep, x);

        /// <summary>The quantile of ½: the middle element, or the mean of the two.</summary>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Median(params ReadOnlySpan<int> dims) => Descriptive.median(Dimensions.Listed(dims), x);

        /// <summary>The median over the dimensions with these labels.</summary>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor Median(string labels, bool keep = false) =>
            Dimensions.Reduce(Descriptive.median, Dimensions.Labelled("Median", x, labels), keep, x);

        /// <summary>
        /// Covariances between variables, the last dimension besides that of the observations: Σ (x - mean)(y - mean) / (n -
        /// correction), [… ; n; c] or [… ; c; n] → [… ; c; c]. Other dimensions are a batch.
        /// </summary>
        /// <param name="observations">The dimension of the observations.</param>
        /// <param name="correction">1 for the unbiased estimate from a sample, 0 for a whole population.</param>
        /// <exception cref="DimensionException">There are fewer than two dimensions, or none of that number.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Covariance(int observations = 0, int correction = 1) => Descriptive.covariance(correction, observations, x);

        /// <summary>
        /// Pearson's correlations between variables, as <c>Covariance</c>: -1 to 1 but for rounding, NaN for a variable that is
        /// constant.
        /// </summary>
        /// <exception cref="DimensionException">There are fewer than two dimensions, or none of that number.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Correlation(int observations = 0) => Descriptive.correlation(observations, x);

        /// <summary>ln Σ eˣ without overflow; -∞ where all elements are.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor LogSumExp(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.logSumExp, Dimensions.Listed(dims), false, x);

        /// <summary>ln Σ eˣ without overflow; -∞ where all elements are.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor LogSumExp(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.logSumExp, Dimensions.Listed(dims), keep, x);

        /// <summary>ln Σ eˣ without overflow; -∞ where all elements are.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        /// <exception cref="ShapeException">There are no elements.</exception>
        public Tensor LogSumExp(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.logSumExp, Dimensions.Labelled("LogSumExp", x, labels), keep, x);

        /// <summary>The Euclidean norm, √Σ x²; ∞ where the squares overflow. The derivative at 0 is 0.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Norm(params ReadOnlySpan<int> dims) => Dimensions.Reduce(Statistics.norm, Dimensions.Listed(dims), false, x);

        /// <summary>The Euclidean norm, √Σ x²; ∞ where the squares overflow. The derivative at 0 is 0.</summary>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Norm(IEnumerable<int> dims, bool keep) => Dimensions.Reduce(Statistics.norm, Dimensions.Listed(dims), keep, x);

        /// <summary>The Euclidean norm, √Σ x²; ∞ where the squares overflow. The derivative at 0 is 0.</summary>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Norm(string labels, bool keep = false) =>
            Dimensions.Reduce(Statistics.norm, Dimensions.Labelled("Norm", x, labels), keep, x);

        /// <summary>The mean square of the difference from the mean, Σ (x - mean)² / (n - correction).</summary>
        /// <param name="correction">0 for a whole population, 1 for the unbiased estimate from a sample.</param>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Variance(int correction, params ReadOnlySpan<int> dims) => Dimensions.Reduce((d, t) => Statistics.variance(correction, d, t), Dimensions.Listed(dims), false, x);

        /// <summary>The mean square of the difference from the mean, Σ (x - mean)² / (n - correction).</summary>
        /// <param name="correction">0 for a whole population, 1 for the unbiased estimate from a sample.</param>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Variance(int correction, IEnumerable<int> dims, bool keep) => Dimensions.Reduce((d, t) => Statistics.variance(correction, d, t), Dimensions.Listed(dims), keep, x);

        /// <summary>The mean square of the difference from the mean, Σ (x - mean)² / (n - correction).</summary>
        /// <param name="correction">0 for a whole population, 1 for the unbiased estimate from a sample.</param>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor Variance(int correction, string labels, bool keep = false) =>
            Dimensions.Reduce((d, t) => Statistics.variance(correction, d, t), Dimensions.Labelled("Variance", x, labels), keep, x);

        /// <summary>The root of the variance. Where that is 0, the derivative is NaN.</summary>
        /// <param name="correction">0 for a whole population, 1 for the unbiased estimate from a sample.</param>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor StandardDeviation(int correction, params ReadOnlySpan<int> dims) => Dimensions.Reduce((d, t) => Statistics.deviation(correction, d, t), Dimensions.Listed(dims), false, x);

        /// <summary>The root of the variance. Where that is 0, the derivative is NaN.</summary>
        /// <param name="correction">0 for a whole population, 1 for the unbiased estimate from a sample.</param>
        /// <param name="dims">The dimensions to reduce, negative ones from the end; none for all.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">A dimension is not there, or named twice.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor StandardDeviation(int correction, IEnumerable<int> dims, bool keep) => Dimensions.Reduce((d, t) => Statistics.deviation(correction, d, t), Dimensions.Listed(dims), keep, x);

        /// <summary>The root of the variance. Where that is 0, the derivative is NaN.</summary>
        /// <param name="correction">0 for a whole population, 1 for the unbiased estimate from a sample.</param>
        /// <param name="labels">The labels of the dimensions to reduce.</param>
        /// <param name="keep">Whether they stay, with size 1.</param>
        /// <exception cref="DimensionException">No dimension has the label.</exception>
        /// <exception cref="DTypeException">The data type is neither Float32 nor Float64.</exception>
        public Tensor StandardDeviation(int correction, string labels, bool keep = false) =>
            Dimensions.Reduce((d, t) => Statistics.deviation(correction, d, t), Dimensions.Labelled("StandardDeviation", x, labels), keep, x);
    }
}
