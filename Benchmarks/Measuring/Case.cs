using Functional.Benchmarks.Figures;

namespace Functional.Benchmarks.Measuring;

/// <summary>A line of the table of goals.</summary>
internal abstract record Case(string Name, string Family)
{
    /// <summary>What is asked of it, peer by peer.</summary>
    public IReadOnlyList<Goal> Goals { get; init; } = [];

    /// <summary>The numbers of threads that it is measured with.</summary>
    public IReadOnlyList<int> Threads { get; init; } = [1, 2];

    /// <summary>Measures it; a comparison for each peer that is asked for.</summary>
    public abstract IEnumerable<Comparison> Measure(int threads, IReadOnlyCollection<string> peers);

    protected Goal GoalFor(string peer, int threads) =>
        Goals.FirstOrDefault(goal => goal.Peer == peer && (goal.Threads ?? threads) == threads) ?? Goal.Unstated(peer);
}

/// <summary>A case that is one figure of ours.</summary>
internal sealed record Probe(string Name, string Family, Func<double> Figure) : Case(Name, Family)
{
    public override IEnumerable<Comparison> Measure(int threads, IReadOnlyCollection<string> peers) =>
        [new() { Case = Name, Family = Family, Threads = threads, Goal = GoalFor(Goal.None, threads), Ours = Figure() }];
}

/// <summary>A case that is ours against the peers, side by side.</summary>
/// <param name="Prepare">Draws the numbers, and lays them before all sides; called anew for each measurement.</param>
internal sealed record Race(string Name, string Family, Func<Contest> Prepare) : Case(Name, Family)
{
    /// <summary>Whether work that is left to other threads counts.</summary>
    public bool CountsAllThreads { get; init; }

    public override IEnumerable<Comparison> Measure(int threads, IReadOnlyCollection<string> peers)
    {
        Contest contest = Prepare();
        (string Name, Contender Contender)[] sides =
            [.. from peer in contest.Peers
                where peers.Contains(peer.Key) || !Options.AllPeers.Contains(peer.Key)
                select (peer.Key, peer.Value())];

        if (sides.Length == 0 && contest.Peers.Count > 0)
            return [];

        Agreement?[] agreements = Compare(contest, sides);
        Clock clock = CountsAllThreads ? Clock.AllThreads : Clock.For(threads);
        Samples samples = Sampling.Take(clock, [contest.Ours.Run, .. sides.Select(side => side.Contender.Run)]);

        Comparison Against(string peer, int side) => new()
        {
            Case = Name,
            Family = Family,
            Threads = threads,
            Goal = GoalFor(peer, threads),
            Ours = samples.Times(0).Low,
            Remarks = samples.Remarks(0, side, isAlone: clock == Clock.OneThread),
        };

        if (sides.Length == 0)
            return [Against(Goal.None, 0)];

        return sides.Select((side, k) =>
        {
            Comparison comparison = Against(side.Name, k + 1);
            return comparison with
            {
                Peer = samples.Times(k + 1).Low,
                Ratio = comparison.Goal.Measure == Figures.Measure.Cost ? samples.Ratios(0, k + 1) : samples.Ratios(k + 1, 0),
                Agreement = agreements[k],
            };
        });
    }

    private static Agreement?[] Compare(Contest contest, (string Name, Contender Contender)[] sides)
    {
        IReadOnlyList<float[]>? ours = contest.Ours.Results?.Invoke();
        return Array.ConvertAll(sides, side => ours is not null && side.Contender.Results is { } results
            ? Agreement.Of(contest.Outputs, side.Name == "direct", ours, results())
            : null);
    }
}

/// <summary>All sides of a race, on the same numbers.</summary>
internal sealed record Contest(Contender Ours)
{
    /// <summary>By name; each is made only where it takes part.</summary>
    public IReadOnlyDictionary<string, Func<Contender>> Peers { get; init; } = new Dictionary<string, Func<Contender>>();

    /// <summary>What the sides compute, with the tolerance of each.</summary>
    public IReadOnlyList<Output> Outputs { get; init; } = [];
}
