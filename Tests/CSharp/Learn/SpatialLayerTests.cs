using Xunit;

namespace Functional.CSharp.Tests.Learn;

/// <summary>A convolutional network as a C# user writes it.</summary>
public class SpatialLayerTests
{
    private static readonly Tensor Images = Tensor.RandomNormal([5, 1, 8, 8], generator: new Generator(1)).WithFormat("BCSS");

    private static Network Made() => Network.Sequential(
        Convolution.Create(4, [3, 3], padding: Padding.Same, weights: Initialiser.HeNormal),
        new BatchNorm(),
        new Relu(),
        MaxPool.Create([2], stride: [2]),
        new Convolution(6, [3]),
        AveragePool.Create([2]),
        new Flatten(),
        new Dense(3)).Initialize(Layout.Of("BCSS", null, 1, 8, 8), seed: 2);

    [Fact]
    public void PredictsTheSameBothWays()
    {
        Network network = Made();
        Tensor y = network.Predict(Images);

        Assert.Equal([5, 3], y.Shape);
        Assert.True(Structure.HasSameBits(y, network.Predict(Images)));
        Assert.True(Structure.HasSameBits(y, network.Predict(Images, Acceleration.None)));
    }

    [Fact]
    public void TrainingMovesTheStatisticsAlone()
    {
        Network network = Made();

        var (_, next) = network.ForwardWithState(Images);

        Assert.NotSame(((BatchNorm)network.Layers[1]).Mean, ((BatchNorm)next.Layers[1]).Mean);
        Assert.Same(((BatchNorm)network.Layers[1]).Scale, ((BatchNorm)next.Layers[1]).Scale);
    }
}
