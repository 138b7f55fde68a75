using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using Functional.Benchmarks.Peers;
using TorchSharp;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>Training and prediction of perceptrons: one of a usual size, and one so small that only overhead counts.</summary>
internal static class Networks
{
    private const string Family = "networks", SmallFamily = "small networks";
    private const double LearningRate = 0.001;

    /// <summary>Large against the rounding of a gradient, so that Adam's quotient of two gradients is well defined.</summary>
    private const double AdamEpsilon = 1e-5;

    /// <summary>What a step changes is the small difference of two parameters, and has lost digits.</summary>
    private const double StepTolerance = 1e-3;

    private static readonly Blueprint Usual = new(Batch: 64, Inputs: 784, Hidden: 256, Classes: 10);
    private static readonly Blueprint Small = new(Batch: 1, Inputs: 16, Hidden: 16, Classes: 16);

    public static IEnumerable<Case> Cases(int threads) =>
    [
        SgdStep("mlp-sgd", Family, Usual) with { Goals = [new("torch", Measure.Speed, 1.4, 1.7)] },
        AdamStep("mlp-adam", Family, Usual) with { Goals = [new("torch", Measure.Speed, 2.5, 3.5)] },
        Prediction("mlp-forward", Family, Usual, threads) with { Goals = [new("ort", Measure.Speed, 0.95, 1.15)] },
        SgdStep("small-mlp-sgd", SmallFamily, Small) with { Goals = [new("torch", Measure.Speed, 100, 300)] },
        Prediction("small-mlp-forward", SmallFamily, Small, threads) with
        {
            Goals = [new("torch", Measure.Speed, 30, 100)],
        },
    ];

    /// <summary>The step of plain gradient descent that <see cref="Overheads"/> weighs, too.</summary>
    public static (Tensor Loss, Perceptron Network) SgdStep(Perceptron network, Tensor x, Tensor targets)
    {
        var (loss, gradient) = Gradient.ValueAndGradient(
            n => Loss.CrossEntropyOfLogits(n.Predict(x), targets), network);
        return (loss, Structure.Map((p, g) => p - LearningRate * g, network, gradient));
    }

    private static (Tensor Loss, Perceptron Network, AdamState<Perceptron> State) AdamStep(
        Perceptron network, AdamState<Perceptron> state, Tensor x, Tensor targets)
    {
        var (loss, gradient) = Gradient.ValueAndGradient(
            n => Loss.CrossEntropyOfLogits(n.Predict(x), targets), network);
        var (next, nextState) = Adam.Step(network, state, gradient, new AdamOptions(0.9, 0.999, AdamEpsilon));
        return (loss, next, nextState);
    }

    private static Race SgdStep(string name, string family, Blueprint blueprint) => new(name, family, () =>
    {
        Tensor x = blueprint.X, targets = blueprint.Targets;
        var fast = Accelerate.Function<Perceptron, Tensor, Tensor, (Tensor, Perceptron)>(SgdStep);

        return new(Training(blueprint, network => fast.Invoke(network, x, targets)))
        {
            Outputs = StepOutputs,
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () => Autograd(blueprint, parameters => torch.optim.SGD(parameters, LearningRate)),
                ["direct"] = () => Training(blueprint, network => SgdStep(network, x, targets)),
            },
        };
    });

    private static Race AdamStep(string name, string family, Blueprint blueprint) => new(name, family, () =>
    {
        Tensor x = blueprint.X, targets = blueprint.Targets;
        var fast = Accelerate.Function<
            Perceptron, AdamState<Perceptron>, Tensor, Tensor, (Tensor, Perceptron, AdamState<Perceptron>)>(AdamStep);
        Contender With(Func<Perceptron, AdamState<Perceptron>, (Tensor, Perceptron, AdamState<Perceptron>)> step)
        {
            AdamState<Perceptron> state = Adam.Start(blueprint.Ours(), LearningRate);
            return Training(blueprint, network =>
            {
                (Tensor loss, Perceptron next, state) = step(network, state);
                return (loss, next);
            });
        }

        return new(With((network, state) => fast.Invoke(network, state, x, targets)))
        {
            Outputs = StepOutputs,
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () => Autograd(
                    blueprint, parameters => torch.optim.Adam(parameters, LearningRate, eps: AdamEpsilon)),
                ["direct"] = () => With((network, state) => AdamStep(network, state, x, targets)),
            },
        };
    });

    private static Race Prediction(string name, string family, Blueprint blueprint, int threads) => new(name, family, () =>
    {
        Perceptron network = blueprint.Ours();
        Tensor x = blueprint.X;
        var fast = Accelerate.Function((Perceptron n, Tensor x) => n.Predict(x));

        return new(Contender.Accelerated(() => fast.Invoke(network, x)))
        {
            // Sums of as many products as there are inputs, then two layers more.
            Outputs = [new("logits", 2 * blueprint.Inputs * Epsilon)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () =>
                {
                    var theirs = blueprint.Theirs();
                    torch.Tensor tx = Torch.Tensor(blueprint.Samples, blueprint.InputSizes);
                    return Torch.Forward(() => theirs.call(tx));
                },
                ["ort"] = () => OnnxRuntime.Predicting(
                    threads, blueprint.Onnx, blueprint.Samples, blueprint.InputSizes, blueprint.OutputSizes),
                ["direct"] = () => Contender.Direct(() => network.Predict(x)),
            },
        };
    });

    private static Output[] StepOutputs =>
    [
        new("loss", 1e-5),
        .. new[] { "W1", "b1", "W2", "b2", "W3", "b3" }.Select(name => new Output("change of " + name, StepTolerance)),
    ];

    /// <summary>A side that goes on from the network of the step before. What is compared is the last loss, and by how much
    /// the first steps have changed the parameters.</summary>
    private static Contender Training(Blueprint blueprint, Func<Perceptron, (Tensor Loss, Perceptron Network)> step)
    {
        Perceptron start = blueprint.Ours(), network = start;
        return new(() => network = step(network).Network, () =>
        {
            Tensor? loss = null;
            for (int k = 0; k < Contender.CallsUntilReplay; k++) (loss, network) = step(network);
            return Contender.Elements((loss!, Structure.Map((now, before) => now - before, network, start)));
        });
    }

    private static Contender Autograd(
        Blueprint blueprint, Func<IEnumerable<TorchSharp.Modules.Parameter>, torch.optim.Optimizer> optimizer)
    {
        var network = blueprint.Theirs();
        var loss = torch.nn.CrossEntropyLoss();
        var updates = optimizer(network.parameters());
        torch.Tensor x = Torch.Tensor(blueprint.Samples, blueprint.InputSizes), targets = torch.tensor(blueprint.Labels);

        torch.Tensor Step()
        {
            updates.zero_grad();
            torch.Tensor value = loss.call(network.call(x), targets);
            value.backward();
            updates.step();
            return value;
        }

        return Torch.Training(Step, Changes, Contender.CallsUntilReplay);

        torch.Tensor[] Changes()
        {
            using var _ = torch.no_grad();
            float[][] start = blueprint.Parameters;
            var now = network.parameters().Select((p, k) => k % 2 == 0 ? p.t().contiguous() : p.detach());
            return [.. now.Select((p, k) => p - Torch.Tensor(start[k], p.shape))];
        }
    }
}
