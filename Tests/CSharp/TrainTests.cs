using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Training as a consumer does it.</summary>
public class TrainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Batches<(Tensor Input, Tensor Target)> Examples = Data.Batches(Sectors(60, 1), size: 16, seed: 5);

    private static (Tensor Input, Tensor Target) Sectors(int count, ulong seed)
    {
        Tensor x = Tensor.RandomNormal([count, 2], generator: new Generator(seed)).WithFormat("BC");
        Tensor isRight = x.Slice(.., 0) > 0;
        return (x, isRight.Cast(DType.Int32).WithFormat("B"));
    }

    private static Network Net() =>
        Network.Sequential(new Dense(8), new Tanh(), new Dropout(0.1), new Dense(2), new Softmax())
            .Initialize(Layout.Of("BC", null, 2), seed: 3);

    private static readonly Objective<Network, (Tensor Input, Tensor Target)> Classify =
        Objective.Supervised((y, t) => Loss.CrossEntropy(y, t), ("accuracy", Metric.Accuracy));

    [Fact]
    public void ANetworkIsFitted()
    {
        List<TrainingReport> reports = [];
        var fitted = Train.Fit(Net(), Classify, Optimiser.Adam<Network>(0.02), Examples, new()
        {
            Epochs = 15,
            Validation = Data.Batches(Sectors(40, 2), size: 40),
            EarlyStopping = new EarlyStopping(patience: 15, monitor: "accuracy", isGreaterBetter: true),
            Schedule = step => 0.02 / (1 + 0.01 * step),
            Progress = new Reporting(reports.Add),
        }, Token);

        Assert.Equal((StopReason.Completed, 15), (fitted.Reason, fitted.History.Count));
        Assert.True(fitted.History.Max(epoch => epoch.Metrics["accuracy"]) > 0.9);
        Assert.Equal(15 * 5, reports.Count);
        Assert.Equal(15, reports.Count(report => report.Completed is not null));
        Assert.Equal(2, fitted.Cache.TracesMade);
    }

    [Fact]
    public void FitAndALoopOfOnesOwnGiveTheSameBits()
    {
        var step = Accelerate.Function((Network network, AdamState<Network> state, Tensor x, Tensor t) =>
        {
            var (loss, gradient) = Gradient.ValueAndGradient(n => Loss.CrossEntropy(n.Forward(x), t), network);
            var (next, nextState) = Adam.Step(network, state, gradient);
            return (next, nextState);
        });

        var (network, state) = (Net(), Adam.Start(Net()));
        long n = 0;
        foreach (var (x, t) in Examples.Epochs(3))
        {
            Generator.Current = new Generator(7).FoldIn(n++);
            (network, state) = step.Invoke(network, state, x, t);
        }

        var fitted = Train.Fit(Net(), Classify, Optimiser.Adam<Network>(), Examples, new() { Epochs = 3, Seed = 7 }, Token);
        Assert.True(Structure.HasSameBits(network, fitted.Network));
    }

    [Fact]
    public void CancellingReturnsWhatWasTrained()
    {
        using CancellationTokenSource stop = new();
        Reporting second = new(report =>
        {
            if (report.Batch == 2)
                stop.Cancel();
        });

        var fitted = Train.Fit(
            Net(), Classify, Optimiser.Sgd<Network>(), Examples, new() { Epochs = 3, Progress = second }, stop.Token);

        Assert.Equal(StopReason.Cancelled, fitted.Reason);
        Assert.False(Structure.HasSameBits(Net(), fitted.Network));
    }

    [Fact]
    public void AnyStructureIsTrainedByFunctionsOfOnesOwn()
    {
        var objective = Objective.CreateWithState(
            ((Tensor Slope, Tensor Count) p, Tensor x) => (Loss.MeanSquaredError(p.Slope, x), (p.Slope, p.Count + 1)),
            (p, x) => Loss.MeanSquaredError(p.Slope, x));
        var halving = Optimiser.Create<(Tensor Slope, Tensor Count), Tensor>(
            _ => Tensor.Scalar(0.25), (p, rate, g) => ((p.Slope - rate * g.Slope, p.Count), rate), (_, rate) => Tensor.Scalar(rate));
        Batches<Tensor> data = Batches<Tensor>.Of(2, _ => [Tensor.Scalar(4.0), Tensor.Scalar(6.0)]);

        var fitted = Train.Fit((Tensor.Scalar(0.0), Tensor.Scalar(0L)), objective, halving, data, new() { Clip = g => g }, Token);

        Assert.Equal(4, (double)fitted.Network.Item1);
        Assert.Equal(2, (int)fitted.Network.Item2);
        Assert.Equal((16 + 16) / 2.0, fitted.History[0].Loss);
    }

    private sealed class Reporting(Action<TrainingReport> act) : IProgress<TrainingReport>
    {
        public void Report(TrainingReport value) => act(value);
    }
}
