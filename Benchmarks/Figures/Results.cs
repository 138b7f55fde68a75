using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Functional.Benchmarks.Figures;

/// <summary>Where, and with what, the figures were measured.</summary>
public sealed record Machine
{
    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required int VectorBits { get; init; }

    public required string OperatingSystem { get; init; }

    public required string Runtime { get; init; }

    /// <summary>The other libraries, with their versions.</summary>
    public required IReadOnlyList<string> Peers { get; init; }

    /// <summary>How many programs wanted a processor in the minute before the start, on average.</summary>
    public required double LoadBefore { get; init; }

    /// <summary>Whether other programs took so much of the machine that only the figures of one thread mean something.</summary>
    [JsonIgnore]
    public bool IsBusy => LoadBefore > Cores / 2.0;
}

/// <summary>All that a benchmark has measured.</summary>
public sealed record Results(Machine Machine, IReadOnlyList<Comparison> Comparisons)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The comparisons whose two sides do not give the same results.</summary>
    [JsonIgnore]
    public IEnumerable<Comparison> Disagreeing => Comparisons.Where(one => one.Agreement is { Holds: false });

    /// <summary>The comparisons that miss what must hold.</summary>
    [JsonIgnore]
    public IEnumerable<Comparison> Missed => Comparisons.Where(one => !one.MeetsMust);

    /// <summary>The comparisons in which a peer is faster, be that asked for or not.</summary>
    [JsonIgnore]
    public IEnumerable<Comparison> Lost => Comparisons.Where(one => one.Loses);

    public static Results FromJson(string json) => JsonSerializer.Deserialize<Results>(json, Format)!;

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    /// <summary>
    /// What was measured for one number of threads and then for another, on the same machine. The load is that before the
    /// first, since the second finds that of the first.
    /// </summary>
    public Results Followed(Results next) => this with { Comparisons = [.. Comparisons, .. next.Comparisons] };

    /// <summary>The last lines of a run: what misses its must, and what disagrees.</summary>
    public IEnumerable<string> Summary()
    {
        Comparison[] asked = [.. Comparisons.Where(one => one.Goal.Must is not null)];
        Comparison[] aimed = [.. Comparisons.Where(one => one.Goal.Aim is not null)];
        yield return $"{asked.Count(one => one.MeetsMust)} of {asked.Length} comparisons meet their must, "
            + $"{aimed.Count(one => one.MeetsAim)} of {aimed.Length} their goal";

        foreach (Comparison one in Missed)
            yield return $"misses its must: {one.Subject}: {one.ShownFigure}, must={one.Goal.Show(one.Goal.Must)}";
        foreach (Comparison one in Disagreeing)
            yield return $"RESULTS DIFFER: {one.Subject}: {one.Agreement!.Output} by {one.Agreement}";
        if (Machine.IsBusy)
            yield return string.Create(
                CultureInfo.InvariantCulture, $"the machine was busy: a load of {Machine.LoadBefore:0.0} on {Machine.Cores} cores");
    }
}
