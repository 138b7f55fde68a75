using System.Diagnostics;
using System.Runtime;
using System.Runtime.CompilerServices;
using Functional.Benchmarks.Figures;

namespace Functional.Benchmarks.Measuring;

/// <summary>Takes samples of several sides in turn, so that all see the machine in the same state.</summary>
internal static class Sampling
{
    /// <summary>
    /// The runtime compiles methods anew, in stages: when they have been called thirty times, and nothing else has been
    /// compiled for 100 ms.
    /// </summary>
    public static readonly TimeSpan TieringDelay = TimeSpan.FromMilliseconds(110);

    private const int QuietRounds = 2, QuietRuns = 35;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(60), LongestWarmUp = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    /// <summary>Threads of a peer that wait for work keep a core busy for a while; a side starts after that.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(3);

    private const double SampleNanoseconds = 2e6;
    private const int FewestRounds = 3, MostRounds = 41, Attempts = 3;

    /// <summary>Warms all sides up, then samples them round by round.</summary>
    public static Samples Take(Clock clock, IReadOnlyList<Action> sides)
    {
        int[] repetitions = [.. sides.Select(side => Prepare(clock, side))];
        Samples samples = new();
        Stopwatch elapsed = Stopwatch.StartNew();

        for (int round = 0; round < FewestRounds || (round < MostRounds && elapsed.Elapsed < Budget); round++)
        {
            var taken = new Sample[sides.Count];
            for (int k = 0; k < sides.Count; k++)
            {
                int side = (round + k) % sides.Count;
                taken[side] = TakeUndisturbed(clock, sides[side], repetitions[side], elapsed.Elapsed < Budget);
            }
            samples.Add(taken);
        }

        return samples;
    }

    /// <summary>Runs a side until the runtime has no more to compile for it; how many runs make a sample.</summary>
    private static int Prepare(Clock clock, Action side)
    {
        int quietRounds = 0, quietRuns = 0, runs;
        double time;
        Stopwatch elapsed = Stopwatch.StartNew();
        do
        {
            long compiled = JitInfo.GetCompiledMethodCount();
            (runs, time) = RunFor(WarmUp, clock, side);
            Thread.Sleep(TieringDelay);
            bool quiet = JitInfo.GetCompiledMethodCount() == compiled;
            (quietRounds, quietRuns) = quiet ? (quietRounds + 1, quietRuns + runs) : (0, 0);
        }
        while ((quietRounds < QuietRounds || quietRuns < QuietRuns) && elapsed.Elapsed < LongestWarmUp);
        return (int)Math.Clamp(SampleNanoseconds / time, 1, int.MaxValue);
    }

    /// <summary>How often it was run, and the time of a run on average.</summary>
    private static (int Runs, double Nanoseconds) RunFor(TimeSpan duration, Clock clock, Action side)
    {
        Stopwatch elapsed = Stopwatch.StartNew();
        long start = clock.Now;
        int runs = 0;
        for (; runs == 0 || elapsed.Elapsed < duration; runs++) side();
        return (runs, Math.Max(1, (double)(clock.Now - start) / runs));
    }

    private static Sample TakeUndisturbed(Clock clock, Action side, int repetitions, bool mayRepeat)
    {
        Thread.Sleep(Rest);
        // Finds its own caches and pages again: at a collection the runtime returns the more pages the longer the last one is past.
        side();
        Sample sample = Time(clock, side, repetitions);
        for (int attempt = 1; sample.Disturbed && mayRepeat && attempt < Attempts; attempt++)
            sample = Time(clock, side, repetitions);
        return sample;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Sample Time(Clock clock, Action side, int repetitions)
    {
        long preemptions = clock.Preemptions, process = Clock.Process, start = clock.Now;
        for (int i = 0; i < repetitions; i++) side();
        long time = clock.Now - start, all = Clock.Process - process;
        return new((double)time / repetitions, all / (double)Math.Max(1, time), clock.Preemptions != preemptions);
    }
}

/// <summary>One sample of one side.</summary>
/// <param name="Nanoseconds">The time of one run.</param>
/// <param name="Load">The processor time of the whole process, as a share of the time.</param>
/// <param name="Disturbed">Whether it had to wait for the processor.</param>
internal readonly record struct Sample(double Nanoseconds, double Load, bool Disturbed);

/// <summary>Samples by round and side.</summary>
internal sealed class Samples
{
    private const int FewestUndisturbed = 3;
    private const double AllowedLoad = 1.1;

    private readonly List<Sample[]> _rounds = [];

    public void Add(Sample[] round) => _rounds.Add(round);

    /// <summary>The times of a side in nanoseconds, without disturbed samples where enough others are left.</summary>
    public Spread Times(int side) => Spread.Of(
        Usable(round => [round[side]]).Select(round => round[side].Nanoseconds));

    /// <summary>The time of one side divided by that of another in the same round.</summary>
    public Spread Ratios(int side, int other) => Spread.Of(
        Usable(round => [round[side], round[other]]).Select(round => round[side].Nanoseconds / round[other].Nanoseconds));

    /// <summary>What is to be known of a side's samples, and of those that they are compared with.</summary>
    /// <param name="side">The side.</param>
    /// <param name="other">The other; the same for a side alone.</param>
    /// <param name="isAlone">Whether the side was meant to run on one thread.</param>
    public IReadOnlyList<string> Remarks(int side, int other, bool isAlone)
    {
        double load = Spread.Of(_rounds.Select(round => round[side].Load)).Median;
        List<string> remarks = [];
        if (_rounds.Count(round => !round[side].Disturbed && !round[other].Disturbed) < FewestUndisturbed)
            remarks.Add("disturbed");
        if (isAlone && load > AllowedLoad)
            remarks.Add($"{load - 1:P0} more on other threads");
        return remarks;
    }

    private IReadOnlyList<Sample[]> Usable(Func<Sample[], Sample[]> read)
    {
        Sample[][] undisturbed = [.. _rounds.Where(round => !read(round).Any(sample => sample.Disturbed))];
        return undisturbed.Length >= Math.Min(FewestUndisturbed, _rounds.Count) ? undisturbed : _rounds;
    }
}
