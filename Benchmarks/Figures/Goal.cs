namespace Functional.Benchmarks.Figures;

/// <summary>What is asked of a case against a peer: what must hold, and what is aimed at.</summary>
/// <param name="Peer">The name of the peer; <see cref="None"/> where a figure stands alone.</param>
/// <param name="Measure">What the two limits limit.</param>
/// <param name="Must">The limit of what must hold.</param>
/// <param name="Aim">The limit of what is aimed at; null where no more is.</param>
/// <param name="Threads">The number of threads that the goal is for; null for any.</param>
public sealed record Goal(string Peer, Measure Measure, double? Must, double? Aim, int? Threads = null)
{
    /// <summary>The peer of a figure that is compared with its limits only.</summary>
    public const string None = "none";

    /// <summary>The goal of a comparison for which the table of goals asks nothing.</summary>
    public static Goal Unstated(string peer) => new(peer, Measure.Speed, null, null);

    /// <summary>Whether a figure keeps a limit. No limit is kept by any figure; NaN keeps none.</summary>
    public bool IsKept(double? limit, double figure) =>
        limit is null || (Measure == Measure.Speed ? figure >= limit : figure <= limit);

    /// <summary>A limit as it stands in the lines and tables.</summary>
    public string Show(double? limit) => (limit, Measure) switch
    {
        (null, _) => "-",
        (double x, Measure.Speed) => Quantity.Ratio(x),
        (double x, Measure.Cost) => "<=" + Quantity.Ratio(x),
        (double x, Measure.Time) => "<=" + Quantity.Time(x),
        (double x, _) => "<=" + Quantity.Bytes(x),
    };
}
