namespace Functional.Benchmarks.Figures;

/// <summary>What the command line asks for.</summary>
public sealed record Options
{
    public const string Usage = """
        dotnet fsi build.fsx bench [case …] [--threads 1|2] [--peers torch,ort,direct] [--json FILE] [--write FILE.md]

          case …      only the cases and families that begin with one of these
          --threads   1 (if none is given), 2, or 1,2 for one after the other
          --peers     whom to compare with; all if none are given
          --json      writes what was measured
          --write     writes what was measured as a page with plots
          --list      prints this and the cases, and runs none
        """;

    /// <summary>The peers that can be chosen. The limits of the machine are always measured.</summary>
    public static readonly IReadOnlyList<string> AllPeers = ["torch", "ort", "direct"];

    /// <summary>Beginnings of names of cases or families; empty for all.</summary>
    public IReadOnlyList<string> Cases { get; init; } = [];

    /// <summary>The numbers of threads to measure with, in this order.</summary>
    public IReadOnlyList<int> Threads { get; init; } = [1];

    public IReadOnlyList<string> Peers { get; init; } = AllPeers;

    public string? Json { get; init; }

    public string? Page { get; init; }

    public bool List { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="ArgumentException">An option is unknown, or its value is missing or impossible.</exception>
    public static Options Parse(params ReadOnlySpan<string> arguments) => Parse(new(), arguments);

    /// <summary>Whether a name, of a case or a family, is asked for.</summary>
    public bool Selects(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            if (Cases.Any(name.StartsWith))
                return true;
        return Cases.Count == 0;
    }

    private static Options Parse(Options options, ReadOnlySpan<string> arguments) => arguments switch
    {
        [] => options,
        ["--threads", "1", .. var rest] => Parse(options with { Threads = [1] }, rest),
        ["--threads", "2", .. var rest] => Parse(options with { Threads = [2] }, rest),
        ["--threads", "1,2", .. var rest] => Parse(options with { Threads = [1, 2] }, rest),
        ["--peers", var names, .. var rest] => Parse(options with { Peers = ParsePeers(names) }, rest),
        ["--json", var file, .. var rest] => Parse(options with { Json = file }, rest),
        ["--write", var file, .. var rest] when file.EndsWith(".md") => Parse(options with { Page = file }, rest),
        ["--list", .. var rest] => Parse(options with { List = true }, rest),
        [['-', ..] option, ..] => throw new ArgumentException($"{option}: unknown, or its value is missing or impossible"),
        [var name, .. var rest] => Parse(options with { Cases = [.. options.Cases, name] }, rest),
    };

    private static string[] ParsePeers(string names)
    {
        string[] peers = names.Split(',');
        return peers.Except(AllPeers).FirstOrDefault() is string unknown
            ? throw new ArgumentException($"{unknown}: unknown peer; the peers are {string.Join(", ", AllPeers)}")
            : peers;
    }
}
