using System.Text.Json.Serialization;

namespace Functional.Benchmarks.Figures;

/// <summary>What came out of a case against one peer.</summary>
public sealed record Comparison
{
    public required string Case { get; init; }

    public required string Family { get; init; }

    public required int Threads { get; init; }

    public required Goal Goal { get; init; }

    /// <summary>The lower quartile of our times in nanoseconds; or our bytes.</summary>
    public required double Ours { get; init; }

    /// <summary>The lower quartile of the peer's times in nanoseconds; null without a peer.</summary>
    public double? Peer { get; init; }

    /// <summary>Of the ratios of two times that were taken side by side; null without a peer.</summary>
    public Spread? Ratio { get; init; }

    /// <summary>How far our results and the peer's lie apart; null where there is nothing to compare.</summary>
    public Agreement? Agreement { get; init; }

    /// <summary>What to know when reading the figures, such as that every sample was disturbed.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The figure that the goal is about.</summary>
    public double Figure => Ratio?.Median ?? Ours;

    public bool MeetsMust => Goal.IsKept(Goal.Must, Figure);

    public bool MeetsAim => Goal.IsKept(Goal.Aim, Figure);

    /// <summary>Whether the peer is faster, by the median of the ratios.</summary>
    public bool Loses => Ratio is not null && (Goal.Measure == Measure.Speed ? Figure < 1 : Figure > 1);

    /// <summary>The line that the benchmark prints.</summary>
    public string Line => string.Join(' ', Fields().Concat(Remarks.Select(remark => $"({remark})")));

    private IEnumerable<string> Fields()
    {
        yield return $"case={Case}";
        yield return $"threads={Threads}";
        yield return $"ours={ShownOurs}";
        yield return $"peer={ShownPeer}";
        yield return $"ratio={(Ratio is null ? "-" : ShownFigure)}";
        yield return $"must={Goal.Show(Goal.Must)}";
        yield return $"goal={Goal.Show(Goal.Aim)}";
        if (Ratio is not null)
            yield return $"quartiles={Quantity.Ratio(Ratio.Low)}..{Quantity.Ratio(Ratio.High)}";
        if (Agreement is not null)
            yield return $"apart={Agreement}";
    }

    /// <summary>What is compared with what, in words.</summary>
    [JsonIgnore]
    public string Subject =>
        $"{Case}{(Peer is null ? "" : " against " + Goal.Peer)}, {Threads} {(Threads == 1 ? "thread" : "threads")}";

    [JsonIgnore]
    public string ShownFigure => Ratio is null ? ShownOurs : Quantity.Ratio(Ratio.Median);

    [JsonIgnore]
    public string ShownOurs => Goal.Measure == Measure.Bytes ? Quantity.Bytes(Ours) : Quantity.Time(Ours);

    [JsonIgnore]
    public string ShownPeer => Peer is double time ? $"{Goal.Peer}:{Quantity.Time(time)}" : Goal.Peer;
}
