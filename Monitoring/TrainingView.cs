using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Functional;

/// <summary>
/// Shows how training goes on a console: a bar for the epoch under way and a row for each one done. Where the output is no
/// terminal it writes a line for each epoch.
/// </summary>
public sealed class TrainingView : IProgress<TrainingReport>
{
    private const int BarWidth = 30;
    private const int MostRows = 15;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly List<EpochRecord> epochs = [];
    private readonly Action<IRenderable> draw;
    private readonly IAnsiConsole? plain;
    private long drawn;

    private TrainingView(Action<IRenderable> draw, IAnsiConsole? plain) => (this.draw, this.plain) = (draw, plain);

    /// <summary>Shows a training while it runs, on this console or the standard one.</summary>
    /// <param name="train">What trains, and reports to the view: <c>view => Train.Fit(…, new() { Progress = view })</c>.</param>
    /// <param name="console">The console; null for the standard one.</param>
    /// <returns>What the training returns.</returns>
    public static T Show<T>(Func<TrainingView, T> train, IAnsiConsole? console = null)
    {
        console ??= AnsiConsole.Console;
        return console.Profile.Capabilities.Interactive
            ? console.Live(Text.Empty).Start(live => train(new(live.UpdateTarget, plain: null)))
            : train(new(_ => { }, console));
    }

    /// <summary>Shows a report; those between epochs at most ten times a second.</summary>
    public void Report(TrainingReport value)
    {
        if (value.Completed is { } epoch)
        {
            epochs.Add(epoch);
            plain?.WriteLine($"epoch {epoch.Epoch + 1}/{value.Epochs}: {Summary(epoch)}");
        }
        else if (Stopwatch.GetElapsedTime(drawn) < Interval)
        {
            return;
        }

        drawn = Stopwatch.GetTimestamp();
        draw(new Rows(UnderWay(value), Done()));
    }

    private static string Summary(EpochRecord epoch) => string.Join(", ", Cells(epoch).Select(cell => $"{cell.Name} {cell.Value}"));

    private static IEnumerable<(string Name, string Value)> Cells(EpochRecord epoch)
    {
        yield return ("loss", Number(epoch.Loss));
        if (!double.IsNaN(epoch.ValidationLoss))
            yield return ("validation loss", Number(epoch.ValidationLoss));
        foreach (var (name, value) in epoch.Metrics)
            yield return (name, Number(value));
        yield return ("examples/s", epoch.ExamplesPerSecond.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("hits", string.Create(CultureInfo.InvariantCulture, $"{100.0 * epoch.Hits / (epoch.Hits + epoch.Misses):F1} %"));
        if (!double.IsNaN(epoch.AccelerationRatio))
            yield return ("ratio", epoch.AccelerationRatio.ToString("F2", CultureInfo.InvariantCulture));
        yield return ("time", $@"{epoch.Duration + epoch.ValidationDuration:mm\:ss\.f}");
    }

    private static string Number(double x) => x.ToString("F4", CultureInfo.InvariantCulture);

    private static Markup UnderWay(TrainingReport report)
    {
        int full = BarWidth * report.Batch / report.Batches;
        string bar = $"[green]{new string('━', full)}[/][grey]{new string('━', BarWidth - full)}[/]";
        string speed = report.ExamplesPerSecond.ToString("N0", CultureInfo.InvariantCulture);
        return new(
            $"epoch {report.Epoch + 1}/{report.Epochs} {bar} batch {report.Batch}/{report.Batches}  "
            + $"loss {Number(report.Loss)}  {speed} examples/s");
    }

    private IRenderable Done()
    {
        if (epochs.Count == 0)
            return Text.Empty;

        Table table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn("epoch").RightAligned());
        foreach (var (name, _) in Cells(epochs[^1]))
            table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());
        foreach (EpochRecord epoch in epochs.TakeLast(MostRows))
            table.AddRow([$"{epoch.Epoch + 1}", .. Cells(epoch).Select(cell => Markup.Escape(cell.Value))]);
        return table;
    }
}
