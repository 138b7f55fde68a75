using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests.Learn;

/// <summary>Layers with state, as a consumer writes them.</summary>
public class StateTests
{
    /// <summary>Learnable and stateful: takes off a mean, that of the batch in training, a running one afterwards.</summary>
    private sealed record Centred(Tensor Scale, [State] Tensor Mean) : StatefulLayer<Centred>, IAcceleratable
    {
        public override (Tensor, Centred) Predict(Tensor x) => (Scale * (x - Mean), this);

        public override (Tensor, Centred) Forward(Tensor x)
        {
            Tensor mean = x.Mean(0);
            return (Scale * (x - mean), this with { Mean = 0.75 * Mean + 0.25 * mean });
        }
    }

    /// <summary>Remembers its last output: nothing at first, and after a reset.</summary>
    private sealed record Echo(Tensor Weight) : StatefulLayer<Echo>, IAcceleratable
    {
        [State]
        public Tensor? Last { get; init; }

        public override (Tensor, Echo) Predict(Tensor x)
        {
            Tensor y = Tensor.Tanh(Last is null ? Weight * x : Weight * x + Last);
            return (y, this with { Last = y });
        }

        public override Echo Reset() => this with { Last = null };
    }

    /// <summary>Two inputs and state at once: the interface itself.</summary>
    private sealed record Running(Tensor Weight, [State] Tensor Total) : ILayer, IAcceleratable
    {
        public IReadOnlyList<string> Inputs => ["left", "right"];

        public IReadOnlyList<string> Outputs => ["sum", "total"];

        public (IReadOnlyList<Tensor>, ILayer) Run(LayerMode mode, IReadOnlyList<Tensor> inputs)
        {
            Tensor sum = Weight * (inputs[0] + inputs[1]), total = Total + sum;
            return ([sum, total], this with { Total = total });
        }

        public ILayer Initialize(IReadOnlyList<Layout> inputs) => this;

        public ILayer Reset() => this with { Total = Total - Total };
    }

    private sealed record Forgetful(Tensor Mean) : StatefulLayer<Forgetful>
    {
        public override (Tensor, Forgetful) Predict(Tensor x) => (x, this with { Mean = Mean + 1 });
    }

    private static Tensor X(float shift = 0) => Tensor.Create([1 + shift, 2, 3 + shift, 6], [2, 2]);

    private static Network Net() => Network.Sequential(new Centred(F32(2, 3), F32(0, 0)), new Echo(F32(0.5f, -1)), new Tanh());

    [Fact]
    public void ANetworkGivesItsNextState()
    {
        Network net = Net();
        var (y, next) = net.ForwardWithState(X());

        Assert.True(Structure.HasSameBits(y, net.Forward(X())));
        Assert.Equal([0f, 0f], Elements<float>(((Centred)net.Layers[0]).Mean));
        Assert.Equal([0.5f, 1f], Elements<float>(((Centred)next.Layers[0]).Mean));
        Assert.NotNull(((Echo)next.Layers[1]).Last);
        Assert.Null(((Echo)next.Reset().Layers[1]).Last);
        Assert.Equal([0.5f, 1f], Elements<float>(((Centred)next.Reset().Layers[0]).Mean));
    }

    [Fact]
    public void StatesAndOutputsAreTheSameBitsBothWays()
    {
        Network accelerated = Net(), direct = Net();
        for (int k = 0; k < 5; k++)
        {
            (Tensor y, accelerated) = accelerated.PredictWithState(X(k));
            (Tensor z, direct) = direct.PredictWithState(X(k), Acceleration.None);
            Assert.True(Structure.HasSameBits(y, z));
            Assert.True(Structure.HasSameBits(accelerated, direct));
        }

        Assert.Equal((2, 3), (accelerated.Cache.Misses, accelerated.Cache.Hits));
    }

    [Fact]
    public void AStepOfTrainingCarriesState()
    {
        static (Tensor, Network, AdamState<Network>) Step(Network net, AdamState<Network> state, Tensor x)
        {
            var (loss, next, gradient) = Gradient.ValueAndGradient(
                n =>
                {
                    var (y, next) = n.ForwardWithState(x);
                    return (Loss.MeanSquaredError(y, x), next);
                },
                net);
            var (network, nextState) = Adam.Step(next, state, gradient);
            return (loss, network, nextState);
        }

        var fast = Accelerate.Function<Network, AdamState<Network>, Tensor, (Tensor, Network, AdamState<Network>)>(Step);
        Network accelerated = Net(), direct = Net();
        AdamState<Network> acceleratedState = Adam.Start(accelerated), directState = acceleratedState;
        for (int k = 0; k < 4; k++)
        {
            (Tensor y, accelerated, acceleratedState) = fast.Invoke(accelerated, acceleratedState, X(k));
            (Tensor z, direct, directState) = Step(direct, directState, X(k));
            Assert.True(Structure.HasSameBits((y, accelerated, acceleratedState), (z, direct, directState)));
        }

        Assert.Equal((2, 2), (fast.Misses, fast.Hits));
        Assert.NotEqual([0f, 0f], Elements<float>(((Centred)direct.Layers[0]).Mean));
    }

    [Fact]
    public void AStatefulLayerRunsByItself()
    {
        var (first, next) = new Echo(F32(1)).Predict(F32(0.5f));
        var (second, _) = next.Predict(F32(0.5f));

        Assert.Equal(Elements<float>(Tensor.Tanh(F32(0.5f) + first)), Elements<float>(second));
    }

    [Fact]
    public void SeveralPortsAndStateAtOnce()
    {
        ILayer layer = new Running(F32(2), F32(0));
        (_, layer) = layer.Run(LayerMode.Predict, [F32(1), F32(2)]);
        var (outputs, _) = layer.Run(LayerMode.Predict, [F32(3), F32(4)]);

        Assert.Equal([14f, 20f], outputs.Select(y => Elements<float>(y)[0]));
        Running gradient = Gradient.Of(r => r.Run(LayerMode.Predict, [F32(1), F32(2)]).Item1[1], new Running(F32(2), F32(7)));
        Assert.Equal((3f, 0f), (Elements<float>(gradient.Weight)[0], Elements<float>(gradient.Total)[0]));
    }

    [Fact]
    public void ChangingWhatIsNotMarkedIsRefused()
    {
        var error = Assert.Throws<StructureException>(() => Network.Sequential(new Forgetful(F32(1))).PredictWithState(F32(1)));

        Assert.Contains("Forgetful", error.Message);
        Assert.Contains("[State]", error.Remedy);
    }

    [Fact]
    public void LayersTakeInitialisers()
    {
        Network net = Network.Sequential(new Dense(3, Initialiser.HeNormal, Initialiser.Constant(0.5)))
            .Initialize(Layout.Of("BC", null, 4), seed: 1);
        Dense dense = (Dense)net.Layers[0];

        Assert.Equal([0.5f, 0.5f, 0.5f], Elements<float>(dense.Bias!));
        Tensor drawn = Initialiser.HeNormal.Draw(new Generator(1), new TensorType(DType.Float32, [4, 3]), fanIn: 4, fanOut: 3);
        Assert.True(Structure.HasSameBits(dense.Weights, drawn));
    }
}
