namespace Functional.Benchmarks.Figures;

/// <summary>What a figure counts, and so which way is better.</summary>
public enum Measure
{
    /// <summary>The peer's time divided by ours: more is better.</summary>
    Speed,

    /// <summary>Our time divided by the peer's: less is better.</summary>
    Cost,

    /// <summary>Our time alone, in nanoseconds: less is better.</summary>
    Time,

    /// <summary>Managed memory alone, in bytes: less is better.</summary>
    Bytes,
}
