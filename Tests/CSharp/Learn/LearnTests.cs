using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>A layer of one's own, as a consumer writes it, in networks, gradients and accelerated functions.</summary>
public class LearnTests
{
    private sealed record Scale(Tensor Factor, string Name) : Layer, IAcceleratable
    {
        public override Tensor Predict(Tensor x) => Factor * x;

        public override Tensor Forward(Tensor x) => Predict(x) + 1;
    }

    private sealed record Shift(Tensor? Offset = null) : Layer, IAcceleratable
    {
        public override Tensor Predict(Tensor x) => x + Offset!;

        public override ILayer Initialize(Layout input) =>
            this with { Offset = Tensors.F32([.. Enumerable.Range(0, input.Channels).Select(k => (float)k)]) };
    }

    private static Network Net() =>
        Network.Sequential(new Scale(Tensors.F32(2, 3), "scale"), new Shift()).Initialize(Layout.Of("", null, 2), seed: 1);

    [Fact]
    public void ALayerIsARecord()
    {
        Layer layer = new Scale(Tensors.F32(2, 3), "scale");
        Assert.Equal([2f, 6f], Tensors.Elements<float>(layer.Predict(Tensors.F32(1, 2))));
        Assert.Equal([3f, 7f], Tensors.Elements<float>(layer.Forward(Tensors.F32(1, 2))));
        Assert.Same(layer, layer.Initialize(Layout.Of("", 2)));
    }

    [Fact]
    public void ANetworkRunsLayersInOrder()
    {
        Network net = Net();
        Tensor x = Tensors.F32(1, 2);
        Assert.Equal([2f, 7f], Tensors.Elements<float>(net.Predict(x)));
        Assert.Equal([2f, 7f], Tensors.Elements<float>(net.Predict(x, Acceleration.None)));
        Assert.Equal([3f, 8f], Tensors.Elements<float>(net.Forward(x)));
        Assert.Equal(2, net.Cache.Misses);
    }

    [Fact]
    public void TheGradientOfANetworkIsANetwork()
    {
        var (loss, gradient) = Gradient.ValueAndGradient(
            n => Loss.MeanSquaredError(n.Predict(Tensors.F32(1, 2)), Tensors.F32(0, 0)), Net());
        Assert.Equal((2 * 2 + 7 * 7) / 2f, Tensors.Elements<float>(loss)[0]);
        Scale scale = Assert.IsType<Scale>(gradient.Layers[0]);
        Assert.Equal([2f, 14f], Tensors.Elements<float>(scale.Factor));
        Assert.Equal("scale", scale.Name);
    }

    [Fact]
    public void AWholeStepAccelerates()
    {
        var step = Accelerate.Function((Network net, AdamState<Network> state, Tensor x) =>
        {
            var (loss, gradient) = Gradient.ValueAndGradient(n => Loss.MeanSquaredError(n.Forward(x), x), net);
            var (next, nextState) = Adam.Step(net, state, gradient);
            return (loss, next, nextState);
        });

        Network net = Net();
        AdamState<Network> state = Adam.Start(net, learningRate: 0.1);
        List<float> losses = [];
        for (int k = 0; k < 30; k++)
        {
            (Tensor loss, net, state) = step.Invoke(net, state, Tensors.F32(1, 2));
            losses.Add((float)loss);
        }

        Assert.Equal((1, 29), (step.Misses, step.Hits));
        Assert.True(losses[^1] < losses[0] / 10, $"{losses[0]} to {losses[^1]}");
        Assert.Equal(["Float32[2]", "Float32[2]"], step.Traces[0].InputTypes().Take(2).Select(type => type.ToString()));
    }

    [Fact]
    public void MomentumMovesAlongItsVelocity()
    {
        Tensor p = Tensors.F64(1), g = Tensors.F64(0.5);
        SgdState<Tensor> state = Sgd.Start(p, learningRate: 0.1);
        SgdOptions options = new(momentum: 0.5, nesterov: false);
        (p, state) = Sgd.Step(p, state, g, options);
        (p, state) = Sgd.Step(p, state, g, options);
        Assert.Equal(1 - 0.05 - (0.05 + 0.025), Tensors.Elements<double>(p)[0], 12);
        Assert.Equal(-0.075, Tensors.Elements<double>(state.Velocity)[0], 12);
    }

    [Fact]
    public void EveryOptimiserLearns()
    {
        var batches = Data.Batches((Tensors.F32(1, 2, 3, 4).Reshape(4, 1), Tensors.F32(2, 4, 6, 8).Reshape(4, 1)), size: 4);
        var objective = Objective.Supervised((y, t) => Loss.MeanSquaredError(y, t));
        Network start = Network.Sequential(new Dense(1)).Initialize(Layout.Of("", null, 1), seed: 1);
        double LossOf<TState>(Optimiser<Network, TState> optimiser, Func<Network, Network>? clip = null) =>
            Train.Fit(
                start,
                objective,
                optimiser,
                batches,
                new() { Epochs = 200, Clip = clip, Schedule = Schedule.Warmup(5, Schedule.Cosine(0.05, 0.001, 190)) },
                TestContext.Current.CancellationToken).History[^1].Loss;

        Assert.InRange(LossOf(Optimiser.Sgd<Network>(options: new(momentum: 0.5, nesterov: true)), g => Clip.ByGlobalNorm(1, g)), 0, 0.1);
        Assert.InRange(LossOf(Optimiser.RmsProp<Network>()), 0, 0.1);
        Assert.InRange(LossOf(Optimiser.AdamW<Network>(new WeightDecay(1e-4, name => name.EndsWith("weights")))), 0, 0.1);
        Assert.InRange(LossOf(Optimiser.WithPenalty(Optimiser.Adam<Network>(), new WeightDecay(1e-4)), g => Clip.ByValue(5, g)), 0, 0.1);
    }

    [Fact]
    public void ALineIsFoundInAFewSteps()
    {
        Tensor x = Tensors.F64(1, 2, 3), y = Tensors.F64(3, 5, 7);
        static Tensor Error((Tensor Slope, Tensor Offset) line, Tensor x, Tensor y)
        {
            Tensor error = line.Slope * x + line.Offset - y;
            return (error * error).Sum();
        }

        var found = Lbfgs.Minimise(line => Error(line, x, y), (Tensors.F64(0), Tensors.F64(0)));

        Assert.Equal(LbfgsOutcome.Converged, found.Outcome);
        Assert.Equal(2, Tensors.Elements<double>(found.Parameters.Item1)[0], 6);
        Assert.Equal(1, Tensors.Elements<double>(found.Parameters.Item2)[0], 6);
    }
}
