using F = Functional.FSharp.Metric;

namespace Functional;

/// <summary>
/// How good predictions are, as a scalar, for people to read: metrics have no derivative. Classes are the dimension of the
/// predictions that is labelled C, the last one of unformatted predictions.
/// </summary>
public static class Metric
{
    /// <summary>
    /// The share of predictions whose greatest class is the target's. Targets are as <see cref="Loss.CrossEntropy"/> takes
    /// them. NaN where there are no predictions.
    /// </summary>
    /// <exception cref="ShapeException">The targets do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    public static Tensor Accuracy(Tensor y, Tensor target) => F.accuracy(y, target);
}
