using F = Functional.FSharp.Loss;

namespace Functional;

/// <summary>
/// How far predictions are from their targets, as a scalar. Classes are the dimension of the predictions that is labelled C,
/// the last one of unformatted predictions. The targets of classes are probabilities (one-hot rows, say), of the same sizes
/// and labels; or integers that number the classes from 0, without that dimension. An integer that numbers no class adds
/// nothing. NaN gives NaN, and so does an empty batch.
/// </summary>
public static class Loss
{
    /// <summary>
    /// -Σᵢ tᵢ · log yᵢ over the classes, the mean over all else, given probabilities y. It is infinite where what is possible
    /// was given probability 0: where that may happen, <see cref="CrossEntropyOfLogits"/> keeps the digits.
    /// </summary>
    /// <exception cref="ShapeException">The targets do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    public static Tensor CrossEntropy(Tensor y, Tensor target) => F.crossEntropy(y, target);

    /// <summary>
    /// The cross-entropy of softmax x, given logits x: -Σᵢ tᵢ · (xᵢ - log Σⱼ e^xⱼ), the mean over all but the classes.
    /// </summary>
    /// <exception cref="ShapeException">The targets do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    public static Tensor CrossEntropyOfLogits(Tensor x, Tensor target) => F.crossEntropyOfLogits(x, target);

    /// <summary>The mean of (y - t)² over all elements.</summary>
    /// <exception cref="ShapeException">The targets have other sizes.</exception>
    public static Tensor MeanSquaredError(Tensor y, Tensor target) => F.meanSquaredError(y, target);
}
