using Xunit;

namespace Functional.CSharp.Tests.Learn;

/// <summary>Networks of sequences as a C# user writes them.</summary>
public class SequenceLayerTests
{
    private static readonly Tensor Words = Tensor.Create<long>([1, 4, 0, 2, 2, 3, 1, 0], [2, 4], "BT");

    [Fact]
    public void ABidirectionalClassifierPredictsTheSameBothWays()
    {
        Network network = Network.Sequential(
            new Embedding(classes: 5, channels: 6),
            new Bidirectional(Lstm.Create(4, hasPeepholes: true), Lstm.Create(4, reversed: true, outputs: 3)),
            Gru.Create(3, RecurrentOutput.Last, resetsAfter: false),
            new Dense(2)).Initialize(Layout.Of("BT", null, null).WithDType(DType.Int64), seed: 1);

        Tensor y = network.Predict(Words);

        Assert.Equal([2, 2], y.Shape);
        Assert.True(Structure.HasSameBits(y, network.Predict(Words)));
        Assert.True(Structure.HasSameBits(y, network.Predict(Words, Acceleration.None)));
    }

    [Fact]
    public void ATransformerBlockSeesNothingThatComesLater()
    {
        Network network = Network.Sequential(
            new Embedding(5, 8),
            new SinusoidalPositions(),
            MultiHeadAttention.Create(new AttentionOptions { Heads = 2, Causal = true }, new RotaryOptions()),
            new RmsNorm(),
            new Dense(5)).Initialize(Layout.Of("BT", null, null).WithDType(DType.Int64), seed: 2);

        Tensor all = network.Predict(Words), first = network.Predict(Words.SliceDim(1, ..2));

        Assert.Equal([2, 4, 5], all.Shape);
        AssertClose(all.SliceDim(1, ..2), first);
    }

    [Fact]
    public void AStateThatIsCarriedGoesOnUntilReset()
    {
        Network network = Network.Sequential(Rnn.Create(3, carriesState: true, activation: RecurrentActivation.Relu))
            .Initialize(Layout.Of("BTC", null, null, 2), seed: 3);
        Tensor x = Tensor.RandomNormal([1, 4, 2], generator: new Generator(4)).WithFormat("BTC");
        Tensor whole = network.Predict(x);

        var (_, next) = network.PredictWithState(x.SliceDim(1, ..2));

        AssertClose(whole.SliceDim(1, 2..), next.Predict(x.SliceDim(1, 2..)));
        Assert.True(Structure.HasSameBits(whole, next.Reset().Predict(x)));
    }

    [Fact]
    public void AnImageIsDecodedFromItsFeatures()
    {
        Network decoder = Network.Sequential(
            new Dense(32),
            new Reshape([8, 2, 2], "CSS"),
            new GroupNorm(4),
            new ParametricRelu(),
            TransposedConvolution.Create(4, [3], stride: [2], padding: Padding.Same),
            new DepthToSpace([2]),
            new Resize([10], Interpolation.Linear)).Initialize(Layout.Of("BC", null, 3), seed: 5);

        Tensor image = decoder.Predict(Tensor.RandomNormal([2, 3], generator: new Generator(6)).WithFormat("BC"));

        Assert.Equal([2, 1, 10, 10], image.Shape);
        Assert.Equal("BCSS", image.Format.ToString());
    }

    /// <summary>To the rounding of products that are taken of other numbers of rows.</summary>
    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.InRange((double)Tensor.Abs(expected - actual).Max(), 0, 1e-5);
}
