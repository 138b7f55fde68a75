using F = Functional.FSharp.Loss;

namespace Functional;

/// <summary>
/// How far predictions are from their targets, as a scalar unless each loss is asked for. Classes are the dimension of the
/// predictions that is labelled C,
/// the last one of unformatted predictions. The targets of classes are probabilities (one-hot rows, say), of the same sizes
/// and labels; or integers that number the classes from 0, without that dimension. An integer that numbers no class adds
/// nothing. NaN gives NaN, and so does an empty batch.
/// </summary>
public static class Loss
{
    /// <summary>The mean of (y - t)² over all elements.</summary>
    /// <exception cref="ShapeException">The targets have other sizes.</exception>
    public static Tensor MeanSquaredError(Tensor y, Tensor target) => F.meanSquaredError(y, target);

    /// <summary>
    /// -Σᵢ tᵢ · log yᵢ over the classes, given probabilities y. It is infinite where what is possible was given probability 0:
    /// where that may happen, <see cref="CrossEntropyOfLogits"/> keeps the digits. A mean weighs observations by the mask and
    /// by the weights of their targets, Σᵢ tᵢ · wᵢ.
    /// </summary>
    /// <param name="y">Probabilities.</param>
    /// <param name="target">Probabilities, or numbers of classes.</param>
    /// <param name="weights">How much each class counts, [classes]; none: all alike.</param>
    /// <param name="mask">Where an observation counts (Bool), or how much (numbers); none: all alike.</param>
    /// <param name="smoothing">The part of a target's probability that is shared out to all classes, from 0 to 1.</param>
    /// <param name="reduction">What becomes of the observations' losses.</param>
    /// <exception cref="ShapeException">Targets, weights or mask do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The smoothing is outside 0 … 1.</exception>
    public static Tensor CrossEntropy(
        Tensor y,
        Tensor target,
        Tensor? weights = null,
        Tensor? mask = null,
        double smoothing = 0,
        LossReduction reduction = LossReduction.Mean) =>
        F.crossEntropyWith(Options(weights, mask, smoothing, reduction), y, target);

    /// <summary>
    /// The cross-entropy of softmax x, given logits x: -Σᵢ tᵢ · (xᵢ - log Σⱼ e^xⱼ). A mean weighs observations by the mask
    /// and by the weights of their targets, Σᵢ tᵢ · wᵢ.
    /// </summary>
    /// <param name="x">Logits.</param>
    /// <param name="target">Probabilities, or numbers of classes.</param>
    /// <param name="weights">How much each class counts, [classes]; none: all alike.</param>
    /// <param name="mask">Where an observation counts (Bool), or how much (numbers); none: all alike.</param>
    /// <param name="smoothing">The part of a target's probability that is shared out to all classes, from 0 to 1.</param>
    /// <param name="reduction">What becomes of the observations' losses.</param>
    /// <exception cref="ShapeException">Targets, weights or mask do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The smoothing is outside 0 … 1.</exception>
    public static Tensor CrossEntropyOfLogits(
        Tensor x,
        Tensor target,
        Tensor? weights = null,
        Tensor? mask = null,
        double smoothing = 0,
        LossReduction reduction = LossReduction.Mean) =>
        F.crossEntropyOfLogitsWith(Options(weights, mask, smoothing, reduction), x, target);

    /// <summary>-(t · log y + (1 - t) · log(1 - y)) for each element, given probabilities y of one class.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    public static Tensor BinaryCrossEntropy(
        Tensor y, Tensor target, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.binaryCrossEntropy(Options(mask, reduction), y, target);

    /// <summary>The binary cross-entropy of sigmoid x, given logits x: finite for all of them.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    public static Tensor BinaryCrossEntropyOfLogits(
        Tensor x, Tensor target, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.binaryCrossEntropyOfLogits(Options(mask, reduction), x, target);

    /// <summary>The cross-entropy of probabilities y, each class weighed by α · (1 - yᵢ)^γ.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    public static Tensor FocalCrossEntropy(
        Tensor y, Tensor target, double alpha = 0.25, double gamma = 2, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.focalCrossEntropy(Options(mask, reduction), alpha, gamma, y, target);

    /// <summary>The focal cross-entropy of softmax x, given logits x: finite for all of them.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    public static Tensor FocalCrossEntropyOfLogits(
        Tensor x, Tensor target, double alpha = 0.25, double gamma = 2, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.focalCrossEntropyOfLogits(Options(mask, reduction), alpha, gamma, x, target);

    /// <summary>
    /// The focal cross-entropy of sigmoid x for each element, given logits x of one class and targets t from 0 to 1: that of
    /// <see cref="BinaryCrossEntropyOfLogits"/> times (α · t + (1 - α) · (1 - t)) · dᵞ, where d is the probability that x gives
    /// to what is not the target. Finite for all logits.
    /// </summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    public static Tensor BinaryFocalCrossEntropyOfLogits(
        Tensor x, Tensor target, double alpha = 0.25, double gamma = 2, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.binaryFocalCrossEntropyOfLogits(Options(mask, reduction), alpha, gamma, x, target);

    /// <summary>Σᵢ tᵢ · (log tᵢ - log yᵢ) over the classes, given logarithms of probabilities.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    /// <exception cref="DimensionException">There are no classes.</exception>
    public static Tensor KlDivergence(
        Tensor logarithms, Tensor target, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.klDivergence(Options(mask, reduction), logarithms, target);

    /// <summary>(y - t)² for each element.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    public static Tensor SquaredError(
        Tensor y, Tensor target, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.squaredError(Options(mask, reduction), y, target);

    /// <summary>|y - t| for each element.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    public static Tensor AbsoluteError(
        Tensor y, Tensor target, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.absoluteError(Options(mask, reduction), y, target);

    /// <summary>Of the error e = y - t of each element ½ e² up to δ, beyond it δ · (|e| - ½ δ).</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">δ is not positive.</exception>
    public static Tensor Huber(
        Tensor y, Tensor target, double delta = 1, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.huber(Options(mask, reduction), delta, y, target);

    /// <summary>max(0, 1 - t · y) for each element, with targets -1 and 1.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    public static Tensor Hinge(
        Tensor y, Tensor target, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.hinge(Options(mask, reduction), y, target);

    /// <summary>1 less the cosine of the angle between y and t along the channels; 1 where one of them is 0.</summary>
    /// <exception cref="ShapeException">Targets or mask do not fit.</exception>
    /// <exception cref="DimensionException">There are no channels.</exception>
    public static Tensor Cosine(
        Tensor y, Tensor target, Tensor? mask = null, LossReduction reduction = LossReduction.Mean) =>
        F.cosine(Options(mask, reduction), y, target);

    /// <summary>max(0, |a - p| - |a - n| + margin), distances along the channels.</summary>
    /// <exception cref="ShapeException">The operands, or the mask, do not fit each other.</exception>
    /// <exception cref="DimensionException">There are no channels.</exception>
    public static Tensor Triplet(
        Tensor anchor,
        Tensor near,
        Tensor far,
        double margin = 1,
        Tensor? mask = null,
        LossReduction reduction = LossReduction.Mean) =>
        F.triplet(Options(mask, reduction), margin, anchor, near, far);

    /// <summary>
    /// -log of the probability that the classes spell the labels once repetitions and then blanks are left out (Graves et al.,
    /// 2006). Infinite, with derivative 0, where there are too few steps. The trace grows with the number of steps.
    /// </summary>
    /// <param name="logarithms">Logarithms of probabilities, labelled T, B and C.</param>
    /// <param name="labels">Classes, [batch; n]; each row counts up to its length.</param>
    /// <param name="times">How many steps count, [batch].</param>
    /// <param name="lengths">How many labels count, [batch].</param>
    /// <param name="blank">The class that separates labels.</param>
    /// <param name="mask">Where an observation counts; none: everywhere.</param>
    /// <param name="reduction">What becomes of the observations' losses.</param>
    /// <exception cref="ShapeException">Labels or lengths do not fit.</exception>
    /// <exception cref="DimensionException">T, B or C is not there, or a label is no class.</exception>
    /// <exception cref="DTypeException">Labels or lengths are not integers.</exception>
    public static Tensor Ctc(
        Tensor logarithms,
        Tensor labels,
        Tensor times,
        Tensor lengths,
        int blank = 0,
        Tensor? mask = null,
        LossReduction reduction = LossReduction.Mean) =>
        F.ctc(Options(mask, reduction), blank, logarithms, labels, times, lengths);

    private static FSharp.LossOptions Options(Tensor? mask, LossReduction reduction) =>
        new(Dimensions.Optional(mask), reduction);

    private static FSharp.CrossEntropyOptions Options(
        Tensor? weights, Tensor? mask, double smoothing, LossReduction reduction) =>
        new(Dimensions.Optional(weights), Dimensions.Optional(mask), smoothing, reduction);
}
