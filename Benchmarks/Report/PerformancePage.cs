using System.Text;
using Functional.Benchmarks.Figures;

namespace Functional.Benchmarks.Report;

/// <summary>What was measured as a page of Markdown, with a plot for each family of cases.</summary>
internal static class PerformancePage
{
    private const string PlotDirectory = "performance";

    /// <summary>Writes the page, and its plots into the directory `performance` beside it.</summary>
    public static void Write(Results results, string path)
    {
        string directory = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, PlotDirectory);
        Directory.CreateDirectory(directory);
        StringBuilder page = new();
        page.Append(Introduction(results.Machine)).Append(Verdict(results));

        foreach (var family in results.Comparisons.GroupBy(one => one.Family))
        {
            string plot = family.Key.Replace(' ', '-') + ".svg";
            page.Append($"\n## {char.ToUpperInvariant(family.Key[0])}{family.Key[1..]}\n\n");
            if (FamilyPlot.TryWrite([.. family], Path.Combine(directory, plot)))
                page.Append($"![{family.Key}]({PlotDirectory}/{plot})\n\n");
            page.Append(Table(family));
        }

        File.WriteAllText(path, page.ToString());
    }

    private static string Introduction(Machine machine) =>
        $"""
        # Performance

        Written by `dotnet fsi build.fsx bench --write docs/performance.md`.

        - Machine: {machine.Processor}, {machine.Cores} cores, vectors of {machine.VectorBits} bits, {machine.OperatingSystem},
          {machine.Runtime}{(machine.IsBusy ? "; other programs kept it busy" : "")}.
        - Peers: {string.Join(", ", machine.Peers)}; and the same function called directly.
        - Both sides compute on the same numbers in the same process, in turn, after a warm-up, and their results are compared
          first: with libtorch and ONNX Runtime within the tolerance of the case, with direct calls bit for bit.
        - A ratio is the peer's time divided by ours, so more is better; with `<=`, ours divided by the peer's. It is the median
          over rounds of samples that were taken side by side; times are lower quartiles. One thread is measured by its
          processor time, two by time on the wall; samples that had to wait for the processor are dropped.
        - "must" is what a release has to reach, "goal" what is aimed at. `peak` is the multiply-add rate of the processor,
          `copy` a copy past the caches.
        - Both allocators are told to keep the memory of results: glibc's for libtorch by `MALLOC_MMAP_MAX_`, `MALLOC_TRIM_THRESHOLD_`
          and `MALLOC_TOP_PAD_`, the collector of .NET by what [large tensors](large-tensors.md) recommends.

        """;

    private static string Verdict(Results results)
    {
        Comparison[] lost = [.. results.Lost.Where(one => Options.AllPeers.Contains(one.Goal.Peer))];
        Comparison[] missed = [.. results.Missed];
        StringBuilder text = new("\n## Where we lose\n\n");
        foreach (Comparison one in lost)
            text.Append($"- {one.Subject}: {one.ShownFigure}\n");
        text.Append(lost.Length == 0 ? "No peer is faster.\n" : "");

        text.Append("\n## What misses its must\n\n");
        foreach (Comparison one in missed)
            text.Append($"- {one.Subject}: {one.ShownFigure}, must {one.Goal.Show(one.Goal.Must)}\n");

        string[] explained = [.. missed.Select(one => one.Case).Distinct().Where(name => Obstacles.Of(name) is not null)];
        text.Append(explained.Length > 0 ? "\nWhat stands in the way, as measured on an AMD EPYC with vectors of 512 bits:\n\n" : "");
        foreach (string name in explained)
            text.Append($"- {name}: {Obstacles.Of(name)}.\n");
        return text.Append(missed.Length == 0 ? "Nothing.\n" : "").ToString();
    }

    private static string Table(IEnumerable<Comparison> comparisons)
    {
        StringBuilder table = new("| case | threads | ours | peer | ratio | quartiles | must | goal |\n");
        table.Append("|---|---|---|---|---|---|---|---|\n");
        foreach (Comparison one in comparisons)
        {
            string quartiles = one.Ratio is null ? "" : $"{Quantity.Ratio(one.Ratio.Low)} to {Quantity.Ratio(one.Ratio.High)}";
            string ratio = one.Ratio is null ? "" : one.ShownFigure;
            table.Append($"| {one.Case} | {one.Threads} | {one.ShownOurs} | {(one.Peer is null ? "" : one.ShownPeer)} | {ratio} | {quartiles} ")
                .Append($"| {one.Goal.Show(one.Goal.Must)} | {one.Goal.Show(one.Goal.Aim)} |\n");
        }
        return table.ToString();
    }
}
