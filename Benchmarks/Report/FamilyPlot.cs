using Functional.Benchmarks.Figures;
using ScottPlot;

namespace Functional.Benchmarks.Report;

/// <summary>A bar for each comparison of a family, on a logarithmic scale, and a mark where it must reach.</summary>
internal static class FamilyPlot
{
    private const int Width = 800, HeightOfBar = 24, Margins = 110;
    private const float Right = 30;

    private static readonly string[] Peers = ["torch", "ort", "direct"];

    /// <summary>Writes an SVG; false where the family has nothing that can be drawn.</summary>
    public static bool TryWrite(IReadOnlyList<Comparison> family, string path)
    {
        (Comparison Comparison, double Length)[] bars =
            [.. family.Select(one => (one, Length(one))).Where(bar => double.IsFinite(bar.Item2)).Reverse()];
        if (bars.Length == 0) return false;

        Plot plot = new();
        for (int k = 0; k < bars.Length; k++)
        {
            var (one, length) = bars[k];
            plot.Add.Bar(new Bar
            {
                Position = k,
                Value = length,
                Orientation = Orientation.Horizontal,
                FillColor = Colour(one.Goal.Peer),
                LineWidth = 0,
                Label = one.ShownFigure,
            });
            if (one.Goal is { Measure: Measure.Speed, Must: double must })
                plot.Add.Line(Math.Log10(must), k - 0.4, Math.Log10(must), k + 0.4).LineColor = Colors.Black;
        }

        Dress(plot, bars, family.Any(one => one.Goal.Measure == Measure.Speed));
        plot.SaveSvg(path, Width, Margins + HeightOfBar * bars.Length);
        return true;
    }

    /// <summary>The ratio; of what has a limit alone, how many times the figure fits into it.</summary>
    private static double Length(Comparison one) => Math.Log10(one.Goal.Measure == Measure.Speed
        ? one.Figure
        : (one.Goal.Must ?? double.NaN) / one.Figure);

    private static void Dress(Plot plot, (Comparison Comparison, double Length)[] bars, bool isSpeed)
    {
        string Name(Comparison one) => $"{one.Case}{(one.Peer is null ? "" : ", " + one.Goal.Peer)}, {one.Threads}T";
        plot.Axes.Left.SetTicks(
            [.. Enumerable.Range(0, bars.Length).Select(k => (double)k)], [.. bars.Select(bar => Name(bar.Comparison))]);
        plot.Axes.Left.MajorTickStyle.Length = 0;

        int low = (int)Math.Floor(Math.Min(0, bars.Min(bar => bar.Length)));
        int high = (int)Math.Ceiling(Math.Max(1, bars.Max(bar => Math.Max(bar.Length, Must(bar.Comparison)))));
        double[] powers = [.. Enumerable.Range(low, high - low + 1).Select(power => (double)power)];
        plot.Axes.Bottom.SetTicks(powers, [.. powers.Select(power => Quantity.Ratio(Math.Pow(10, power)))]);
        plot.Axes.SetLimits(low - 0.4, high + 0.3, -0.7, bars.Length - 0.3);
        plot.Axes.Right.MinimumSize = Right;
        plot.Axes.Left.MinimumSize = Width / 3;
        plot.Add.VerticalLine(0, 1, Colors.Gray);
        plot.HideGrid();
        plot.XLabel(isSpeed ? "peer's time / ours; the mark is what must be reached" : "limit / measured");
    }

    private static double Must(Comparison one) =>
        one.Goal is { Measure: Measure.Speed, Must: double must } ? Math.Log10(must) : 0;

    /// <summary>A colour for each peer, told apart by the colour-blind (Okabe and Ito, 2008).</summary>
    private static Color Colour(string peer) => Color.FromHex(Array.IndexOf(Peers, peer) switch
    {
        0 => "#D55E00",
        1 => "#0072B2",
        2 => "#009E73",
        _ => "#999999",
    });
}
