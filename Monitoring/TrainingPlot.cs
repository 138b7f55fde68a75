using ScottPlot;

namespace Functional;

/// <summary>Plots of a training: losses, and metrics on an axis of their own, by epoch.</summary>
public static class TrainingPlot
{
    /// <summary>Saves a plot as SVG or PNG, whichever the file's name ends in.</summary>
    /// <param name="history">The epochs, such as <c>fitted.History</c>.</param>
    /// <param name="path">The file: .svg or .png.</param>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="height">Its height in pixels.</param>
    /// <exception cref="ArgumentException">The name ends in something else, or there is no epoch.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(IReadOnlyList<EpochRecord> history, string path, int width = 800, int height = 500)
    {
        if (history.Count == 0)
            throw new ArgumentException("there is no epoch to plot: train one first", nameof(history));

        using Plot plot = Draw(history);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".svg":
                plot.SaveSvg(path, width, height);
                break;
            case ".png":
                plot.SavePng(path, width, height);
                break;
            default:
                throw new ArgumentException($"\"{path}\" ends in neither .svg nor .png: name it so", nameof(path));
        }
    }

    private static Plot Draw(IReadOnlyList<EpochRecord> history)
    {
        Plot plot = new();
        double[] epochs = [.. history.Select(epoch => epoch.Epoch + 1.0)];

        void Add(string name, Func<EpochRecord, double> value, IYAxis axis)
        {
            double[] values = [.. history.Select(value)];
            if (values.All(double.IsNaN))
                return;
            var line = plot.Add.Scatter(epochs, values);
            line.LegendText = name;
            line.Axes.YAxis = axis;
        }

        Add("loss", epoch => epoch.Loss, plot.Axes.Left);
        Add("validation loss", epoch => epoch.ValidationLoss, plot.Axes.Left);
        foreach (string metric in history[^1].Metrics.Keys)
            Add(metric, epoch => epoch.Metrics.GetValueOrDefault(metric, double.NaN), plot.Axes.Right);

        plot.XLabel("epoch");
        plot.YLabel("loss");
        plot.Axes.Right.Label.Text = string.Join(", ", history[^1].Metrics.Keys);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.ShowLegend(Edge.Top);
        return plot;
    }
}
