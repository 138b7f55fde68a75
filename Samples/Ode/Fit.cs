using System.Diagnostics;
using Functional;

namespace Pendulums;

/// <summary>A pendulum fitted to observed angles.</summary>
public sealed record Fit(GradientMode Mode, Pendulum Found, IReadOnlyList<Tensor> Losses, TimeSpan Time)
{
    private const int Steps = 200;
    private const double LearningRate = 0.1;

    /// <summary>Goes downhill from a first guess, by Adam; each step is traced once and replayed, or runs directly.</summary>
    public static Fit To(Tensor times, Tensor observed, Pendulum guess, GradientMode mode, bool isAccelerated)
    {
        (Tensor, Pendulum, AdamState<Pendulum>) Step(Pendulum pendulum, AdamState<Pendulum> state)
        {
            var (loss, gradient) = Gradient.ValueAndGradient(
                p => Loss.MeanSquaredError(p.Swing(times, mode), observed), pendulum);
            var (next, nextState) = Adam.Step(pendulum, state, gradient);
            return (loss, next, nextState);
        }

        var accelerated = Accelerate.Function<Pendulum, AdamState<Pendulum>, (Tensor, Pendulum, AdamState<Pendulum>)>(Step);
        AdamState<Pendulum> state = Adam.Start(guess, LearningRate);
        List<Tensor> losses = [];
        long start = Stopwatch.GetTimestamp();

        for (int k = 0; k < Steps; k++)
        {
            (Tensor loss, guess, state) = isAccelerated ? accelerated.Invoke(guess, state) : Step(guess, state);
            losses.Add(loss);
        }

        return new(mode, guess, losses, Stopwatch.GetElapsedTime(start));
    }
}
