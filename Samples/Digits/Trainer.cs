using System.Diagnostics;
using Functional;

namespace Digits;

/// <summary>One step of training: the loss, and what becomes of network and optimiser.</summary>
public delegate (Tensor Loss, Network Network, AdamState<Network> State) TrainingStep(
    Network network, AdamState<Network> state, Tensor images, Tensor digits);

/// <summary>What a training run leaves.</summary>
public sealed record Run(Network Network, IReadOnlyList<Tensor> Losses, IReadOnlyList<TimeSpan> Times)
{
    public TimeSpan MedianTime => Times.Order().ElementAt(Times.Count / 2);
}

/// <summary>Trains a classifier; runs with the same seed see the same batches and draw the same numbers.</summary>
public sealed record Trainer((Tensor Images, Tensor Digits) Examples, int Epochs, int BatchSize, double LearningRate, int Seed)
{
    public int Steps => Epochs * ((Data.Count(Examples) + BatchSize - 1) / BatchSize);

    /// <summary>The whole step, to be run directly or accelerated.</summary>
    public static (Tensor, Network, AdamState<Network>) Step(
        Network network, AdamState<Network> state, Tensor images, Tensor digits)
    {
        var (loss, gradient) = Gradient.ValueAndGradient(n => Loss.CrossEntropy(n.Forward(images), digits), network);
        var (nextNetwork, nextState) = Adam.Step(network, state, gradient);
        return (loss, nextNetwork, nextState);
    }

    public Run Train(Network network, TrainingStep step, Action finished)
    {
        Generator.Current = new Generator((ulong)Seed);
        AdamState<Network> state = Adam.Start(network, LearningRate);
        List<Tensor> losses = [];
        List<TimeSpan> times = [];

        foreach (var (images, digits) in Data.Batches(Examples, BatchSize).Epochs(Epochs))
        {
            long start = Stopwatch.GetTimestamp();
            (Tensor loss, network, state) = step(network, state, images, digits);
            losses.Add(loss);
            times.Add(Stopwatch.GetElapsedTime(start));
            finished();
        }

        return new(network, losses, times);
    }
}
