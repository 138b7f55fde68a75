using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Convolution, pooling, resizing and normalisation, as a C# user writes them.</summary>
public class SpatialTests
{
    private static readonly Tensor X = Tensor.Create([1.0, 2, 3, 4, 5], [1, 1, 5], "BCS");

    private static double[] Elements(Tensor x) => x.ToArray<double>();

    [Fact]
    public void Convolves()
    {
        Tensor w = Tensor.Create([1.0, 10], [1, 1, 2]), bias = Tensor.Create([0.5], [1]);
        Assert.Equal([21.0, 32, 43, 54], Elements(X.Convolution(w)));
        Assert.Equal([21.5, 43.5], Elements(X.Convolution(w, bias, stride: [2])));
        Assert.Equal([31.0, 42, 53], Elements(X.Convolution(w, dilation: [2])));
        Assert.Equal([10.0, 21, 32, 43, 54], Elements(X.Convolution(w, padding: Padding.Causal)));
        Assert.Equal([21.0, 32, 43, 54, 5], Elements(X.Convolution(w, padding: Padding.Same)));
        Assert.Equal([10.0, 21, 32, 43, 54, 5], Elements(X.Convolution(w, padding: Padding.Of(1))));
        Tensor two = Tensor.Create([1.0, 2, 3, 4], [1, 2, 2], "BCS");
        Assert.Equal([21.0, 86], Elements(two.Convolution(Tensor.Create([1.0, 10, 2, 20], [2, 1, 2]), groups: 2)));
    }

    [Fact]
    public void ConvolvesBack()
    {
        Tensor w = Tensor.Create([1.0, 10], [1, 1, 2]);
        Assert.Equal([1.0, 12, 23, 34, 45, 50], Elements(X.TransposedConvolution(w)));
        Assert.Equal([1.5, 10.5, 2.5, 20.5], Elements(
            X.Slice(.., .., ..2).TransposedConvolution(w, Tensor.Create([0.5], [1]), stride: [2])));
        Assert.Equal([12.0, 23, 34, 45], Elements(X.TransposedConvolution(w, padding: Padding.Of(1))));
    }

    [Fact]
    public void Pools()
    {
        Assert.Equal([2.0, 4], Elements(X.MaxPool([2])));
        Assert.Equal([3.0, 4, 5], Elements(X.MaxPool([2], stride: [1], dilation: [2])));
        Assert.Equal([1.5, 3.5], Elements(X.AveragePool([2])));
        Assert.Equal([0.5, 2.5, 4.5], Elements(X.AveragePool([2], padding: Padding.Of(1))));
        Assert.Equal([1.0, 2.5, 4.5], Elements(X.AveragePool([2], padding: Padding.Of(1), countPadding: false)));
        Assert.Equal([3.0], Elements(X.GlobalAveragePool()));
        Assert.Equal([5.0], Elements(X.GlobalMaxPool()));
        Assert.Equal([2.0, 4], Elements(X.AdaptiveAveragePool(2)));
        Assert.Equal([3.0, 5], Elements(X.AdaptiveMaxPool(2)));
        var (values, positions) = X.MaxPoolWithPositions([2]);
        Assert.Equal([1L, 3], positions.ToArray<long>());
        Assert.Equal([0.0, 2, 0, 4, 0], Elements(values.MaxUnpool(positions, 5)));
    }

    [Fact]
    public void Resizes()
    {
        Assert.Equal([1.0, 3, 5], Elements(X.Resize([3], samples: SamplePoints.AlignCorners)));
        Assert.Equal([1.0, 1, 2, 2, 3, 3, 4, 4, 5, 5], Elements(X.Resize([10], Interpolation.Nearest)));
        Tensor deep = Tensor.Create([1.0, 2, 3, 4], [1, 2, 2], "BCS");
        Assert.Equal([1.0, 3, 2, 4], Elements(deep.DepthToSpace([2])));
        Assert.Equal(Elements(deep), Elements(deep.DepthToSpace([2]).SpaceToDepth([2])));
    }

    [Fact]
    public void Normalises()
    {
        Tensor x = Tensor.Create([1.0, 3, 2, 6], [1, 2, 2], "BCS"), two = Tensor.Create([2.0, 3], [2]);
        Tensor mean = Tensor.Create([1.0, 2], [2]), variance = Tensor.Create([1.0, 4], [2]);
        Assert.Equal([-1.0, 1, -1, 1], Elements(x.InstanceNorm(epsilon: 0)));
        Assert.Equal([-1.0, 3, -2, 4], Elements(x.InstanceNorm(two, Tensor.Create([1.0, 1], [2]), epsilon: 0)));
        Assert.Equal([0.0, 2, 0, 2], Elements(x.BatchNorm(mean, variance, epsilon: 0)));
        Assert.Equal([-1.0, -1, 1, 1], Elements(x.LayerNorm("C", epsilon: 0)));
        Assert.Equal([-1.0, 1, -1, 1], Elements(x.LayerNorm([2], epsilon: 0)));
        Assert.Equal(Elements(x.LayerNorm([1, 2])), Elements(x.GroupNorm(1)));
        Assert.Equal(Elements(x.RmsNorm([1])), Elements(x.RmsNorm("C")));
        Assert.Equal([1.0, 3, 2, 6], Elements(x.CrossChannelNorm(1, alpha: 0)));

        var (y, nextMean, nextVariance) = x.BatchNormTraining(mean, variance, epsilon: 0, momentum: 0.5);
        Assert.Equal([-1.0, 1, -1, 1], Elements(y));
        Assert.Equal([1.5, 3], Elements(nextMean));
        Assert.Equal([1.5, 6], Elements(nextVariance));
    }

    [Fact]
    public void LossesTakeOptions()
    {
        Tensor y = Tensor.Create([0.5, 0.5, 0.25, 0.75], [2, 2], "BC"), classes = Tensor.Create([0, 1], [2], "B");
        double half = -Math.Log(0.5), most = -Math.Log(0.75);
        Assert.Equal((half + most) / 2, (double)Loss.CrossEntropy(y, classes), 15);
        Assert.Equal(half + most, (double)Loss.CrossEntropy(y, classes, reduction: LossReduction.Sum), 15);
        Assert.Equal([half, most], Elements(Loss.CrossEntropy(y, classes, reduction: LossReduction.None)));
        Tensor mask = Tensor.Create([false, true], [2], "B");
        Assert.Equal(most, (double)Loss.CrossEntropy(y, classes, mask: mask), 15);
        Tensor weights = Tensor.Create([1.0, 3], [2]);
        Assert.Equal((half + 3 * most) / 4, (double)Loss.CrossEntropyOfLogits(Tensor.Log(y), classes, weights), 14);
        // A quarter of the probability goes to each class's neighbour.
        double smooth = (half + 0.75 * most - 0.25 * Math.Log(0.25)) / 2;
        Assert.Equal(smooth, (double)Loss.CrossEntropy(y, classes, smoothing: 0.5), 15);

        Tensor target = Tensor.Create([1.0, 0, 0, 1], [2, 2], "BC");
        Tensor logits = Tensor.Create<double>([-1.5, 2], [2], "B"), sides = Tensor.Create<double>([0, 1], [2], "B");
        Assert.Equal(
            (double)Loss.BinaryCrossEntropyOfLogits(logits, sides) / 2,
            (double)Loss.BinaryFocalCrossEntropyOfLogits(logits, sides, alpha: 0.5, gamma: 0),
            14);
        Assert.Equal((double)Loss.FocalCrossEntropy(y, target), (double)Loss.FocalCrossEntropyOfLogits(Tensor.Log(y), target), 14);
        Assert.Equal(1.0, (double)Loss.AbsoluteError(y, y + 1));
        Assert.Equal(4.0, (double)Loss.SquaredError(y, y + 1, reduction: LossReduction.Sum));
        Assert.Equal(0.375, (double)Loss.Huber(y, y + 1, delta: 0.5), 15);
    }
}
