using Xunit;

namespace Functional.CSharp.Tests.Learn;

/// <summary>Networks whose layers are connected by name, as a C# user writes them.</summary>
public class NetworkGraphTests
{
    private static readonly Tensor Images = Tensor.RandomNormal([2, 3, 6, 6], generator: new Generator(1)).WithFormat("BCSS");
    private static readonly Tensor Facts = Tensor.RandomNormal([2, 4], generator: new Generator(2)).WithFormat("BC");

    private static Network Made() => Network.Graph(
        inputs: ["image", "facts"],
        layers:
        [
            new("filters", Convolution.Create(4, [3], padding: Padding.Same), "image"),
            new("again", Convolution.Create(4, [3], padding: Padding.Same), "filters"),
            new("sum", new Addition(), "filters", "again"),
            new("pooled", new GlobalAveragePool(), "sum"),
            new("flat", new Flatten(), "pooled"),
            new("all", new Concatenation(), "flat", "facts"),
            new("class", new Dense(3), "all"),
            new("score", new Dense(1), "all"),
        ],
        outputs: ["class", "score"]).Initialize([Layout.Of("BCSS", null, 3, 6, 6), Layout.Of("BC", null, 4)], seed: 3);

    [Fact]
    public void SeveralInputsAndOutputsAreTheSameBothWays()
    {
        Network network = Made();

        IReadOnlyList<Tensor> outputs = network.Predict([Images, Facts]);

        Assert.Equal([2, 3], outputs[0].Shape);
        Assert.Equal([2, 1], outputs[1].Shape);
        Assert.True(Structure.HasSameBits(outputs, network.Predict([Images, Facts], Acceleration.None)));
        Assert.Equal(["image", "facts"], network.Inputs);
        Assert.Equal(["class", "score"], network.Outputs);
    }

    [Fact]
    public void AnOutputWithinIsSeenByItsName()
    {
        Network network = Made();

        Tensor sum = network.WithOutputs("sum").Predict([Images, Facts])[0];
        Tensor filters = network["filters"].Predict(Images);

        Assert.True(Structure.HasSameBits(filters + network["again"].Predict(filters), sum));
    }

    [Fact]
    public void TheGradientTrainsIt()
    {
        Network network = Made();
        static Tensor Error(Network network, Tensor images, Tensor facts)
        {
            Tensor score = network.Forward([images, facts])[1];
            return (score * score).Mean();
        }
        var step = Accelerate.Function((Network network, Tensor images, Tensor facts) =>
        {
            var (error, gradient) = Gradient.ValueAndGradient(n => Error(n, images, facts), network);
            return (error, Structure.Map((p, g) => p - 0.1 * g, network, gradient));
        });

        (Tensor before, network) = step.Invoke(network, Images, Facts);
        (Tensor after, _) = step.Invoke(network, Images, Facts);

        Assert.True((double)after < (double)before);
        Assert.Equal(1, step.Misses);
    }

    [Fact]
    public void TablesAndPictures()
    {
        Network network = Made();

        Assert.Contains(network.Learnables, row => row is { Layer: "class", Name: "weights", Value.Shape: [8, 3] });
        Assert.Empty(network.State);
        Assert.Contains("class", network.Summary());
        Assert.StartsWith("flowchart TD", network.ToMermaid());
        Assert.StartsWith("<svg", network.ToSvg());
    }

    [Fact]
    public void WhatIsNotConnectedIsNamed()
    {
        var error = Assert.Throws<StructureException>(() => Network.Graph(
            ["x"], [new("a", new Relu(), "x"), new("b", new Relu(), "c")], ["a", "b"]));

        Assert.Contains("'c' is no layer", error.Message);
    }
}
