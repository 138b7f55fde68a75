using Functional.Properties;
using Xunit;

namespace Functional.CSharp.Tests.Learn;

/// <summary>Every kind of layer, as a C# user writes it, under all of CheckLayer.</summary>
public class LayerKindTests
{
    private static readonly Layout Features = Layout.Of("BC", null, 4);

    /// <summary>The sum of its inputs, each times a weight that is learned.</summary>
    private sealed record WeightedAddition(Tensor Weights) : MultiLayer, IAcceleratable
    {
        public override IReadOnlyList<string> Inputs => [.. Enumerable.Range(1, Weights.Shape[0]).Select(k => $"in{k}")];

        public override IReadOnlyList<Tensor> Predict(IReadOnlyList<Tensor> inputs) =>
            [inputs.Select((x, k) => Weights.SliceDim(0, k) * x).Aggregate((a, b) => a + b)];
    }

    /// <summary>How far apart two inputs are once they have gone through one layer: its weights are shared.</summary>
    private sealed record Siamese(ILayer Body) : MultiLayer, IAcceleratable
    {
        public override IReadOnlyList<string> Inputs => ["left", "right"];

        public override IReadOnlyList<Tensor> Predict(IReadOnlyList<Tensor> inputs)
        {
            Tensor difference = Body.Predict(inputs[0]) - Body.Predict(inputs[1]);
            return [difference * difference];
        }

        public override ILayer Initialize(IReadOnlyList<Layout> inputs) => this with { Body = Body.Initialize([inputs[0]]) };
    }

    /// <summary>Features "BC" to small images "BCSS": it changes labels.</summary>
    private sealed record ProjectAndReshape(int Channels, int Side, Tensor? Weights = null) : Layer, IAcceleratable
    {
        public override Tensor Predict(Tensor x) =>
            Tensor.MatMul(x.WithFormat(""), Weights!).Reshape(x.Shape[0], Channels, Side, Side).WithFormat("BCSS");

        public override ILayer Initialize(Layout input)
        {
            int n = input.Channels, m = Channels * Side * Side;
            return Weights is null
                ? this with { Weights = Initialiser.GlorotUniform.Draw(Generator.Current, new TensorType(input.DType, [n, m]), n, m) }
                : this;
        }
    }

    /// <summary>
    /// An S-shaped rectifier (Jin et al., 2016): thresholds, and slopes beyond them; with the gradient of its paper in the place
    /// of the derived one.
    /// </summary>
    private sealed record SReLU(Tensor Left, Tensor LeftSlope, Tensor Right, Tensor RightSlope) : Layer, IAcceleratable
    {
        private static readonly Func<(SReLU Bends, Tensor X), Tensor> Bend = Gradient.CustomVjp<(SReLU Bends, Tensor X), Tensor>(
            at => at.Bends.Bent(at.X),
            (at, y, dy) => at.Bends.Pull(at.X, dy));

        public override Tensor Predict(Tensor x) => Bend((this, x));

        private Tensor Bent(Tensor x) =>
            Tensor.Where(x < Left, Left + LeftSlope * (x - Left),
            Tensor.Where(x > Right, Right + RightSlope * (x - Right), x));

        private (SReLU, Tensor) Pull(Tensor x, Tensor dy)
        {
            Tensor low = x < Left, high = x > Right;
            static Tensor Total(Tensor where, Tensor slope) => Tensor.Where(where, slope, 0 * slope).Sum("B");
            SReLU bends = new(
                Total(low, dy * (1 - LeftSlope)),
                Total(low, dy * (x - Left)),
                Total(high, dy * (1 - RightSlope)),
                Total(high, dy * (x - Right)));
            return (bends, Tensor.Where(low, dy * LeftSlope, Tensor.Where(high, dy * RightSlope, dy)));
        }
    }

    private static SReLU Rectifier()
    {
        static Tensor Channel(params float[] numbers) => Tensor.Create<float>(numbers, [4], "C");
        return new(
            Channel(-1, -0.5f, 0, 0.25f), Channel(0.1f, 0.2f, -0.3f, 0), Channel(1, 0.75f, 0.5f, 2), Channel(0.5f, 2, 0, 1.5f));
    }

    public static TheoryData<string, int> Kinds => new()
    {
        { nameof(WeightedAddition), 2 }, { nameof(Siamese), 2 }, { nameof(Check.Residual), 1 }, { nameof(ProjectAndReshape), 1 }, { nameof(SReLU), 1 }, { "function", 1 },
    };

    private static ILayer Made(string kind) => kind switch
    {
        nameof(WeightedAddition) => new WeightedAddition(Tensors.F32(1, -0.5f)),
        nameof(Siamese) => new Siamese(Network.Sequential(new Dense(3), new Tanh())),
        nameof(Check.Residual) => new Check.Residual(
            Network.Sequential(new Dense(4), Check.SReLU.Create(4), new Dropout(0.25))),
        nameof(ProjectAndReshape) => new ProjectAndReshape(2, 3),
        nameof(SReLU) => Rectifier(),
        _ => FunctionLayer.Acceleratable(x => 2 * Tensor.Tanh(x)),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PassesEveryCheck(string kind, int inputs)
    {
        LayerReport report = CheckLayer.Run(Made(kind), [.. Enumerable.Repeat(Features, inputs)]);

        Assert.True(report is { Failed: 0, Warnings: 0 }, report.ToString());
    }

    [Fact]
    public void TheRecurrentLayerOfTheSamplePassesEveryCheck()
    {
        Generator.Current = new Generator(1);
        Adding.PeepholeLstm layer = Adding.PeepholeLstm.Create(channels: 4, units: 3);
        LayerReport report = CheckLayer.Run(layer, Layout.Of("BTC", null, null, 4));
        Assert.True(report is { Failed: 0, Warnings: 0 }, report.ToString());

        Tensor x = Tensor.RandomNormal([2, 5, 4], generator: new Generator(2)).WithFormat("BTC");
        var (whole, next) = layer.Predict(x);
        Tensor library = x.Lstm(
            layer.InputWeights, layer.Weights, layer.Bias, Tensor.Concat([layer.In, layer.Forget, layer.Out], 0)).Result;
        Assert.InRange((double)Tensor.Abs(whole - library).Max(), 0, 1e-6);
        Assert.NotNull(next.Hidden);
        Assert.Null(next.Reset().Hidden);
    }

    [Fact]
    public void ItsOwnGradientIsUsedUnderHigherDerivativesToo()
    {
        var cube = Gradient.CustomVjp<Tensor, Tensor>(x => x * x * x, (x, y, dy) => 3 * x * x * dy);
        var odd = Gradient.CustomVjp<Tensor, Tensor>(x => x * x, (x, y, dy) => 7 * dy);
        Tensor x = Tensors.F64(1, -2);

        Assert.Equal([6d, -12d], Tensors.Elements<double>(Gradient.Of(x => Gradient.Of(x => cube(x).Sum(), x).Sum(), x)));
        Assert.Equal([7d, 7d], Tensors.Elements<double>(Gradient.Of(x => odd(x).Sum(), x)));
        Assert.Equal([1d, -2d], Tensors.Elements<double>(Gradient.Of(x => (x * Gradient.StopGradient(x)).Sum(), x)));
    }
}
