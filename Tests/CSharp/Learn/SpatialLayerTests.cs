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

    [Theory]
    [InlineData(Acceleration.Auto)]
    [InlineData(Acceleration.None)]
    public void FittingMovesTheStatisticsToThoseOfTheData(Acceleration acceleration)
    {
        Tensor x = (3 * Tensor.RandomNormal([256, 1], generator: new Generator(3)) + 5).WithFormat("BC");
        Network network = Network.Sequential(new BatchNorm(), new Dense(1)).Initialize(Layout.Of("BC", null, 1), seed: 4);
        var objective = Objective.Supervised((y, t) => Loss.MeanSquaredError(y, t));

        var fitted = Train.Fit(
            network, objective, Optimiser.Sgd<Network>(), Data.Batches((x, x), size: 64), new() { Epochs = 20, Acceleration = acceleration },
            TestContext.Current.CancellationToken);

        // 80 batches leave 0.9 to the power of 80, 0.0002, of where they began; the means of 64 spread by 3/8, what moves along
        // them by a tenth by a quarter of that.
        var statistics = (BatchNorm)fitted.Network.Layers[0];
        Assert.InRange((double)statistics.Mean!.Sum() - (double)x.Mean(), -0.4, 0.4);
        Assert.InRange((double)statistics.Variance!.Sum(), 6, 12);
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
