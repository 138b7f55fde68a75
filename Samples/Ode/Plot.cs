using System.Globalization;
using System.Xml.Linq;

namespace Pendulums;

/// <summary>Curves and points over time, as SVG. A library of plots would bring native code of a hundred times this sample's size.</summary>
public sealed class Plot(double last, double largest)
{
    private const double Width = 800, Height = 400, Left = 60, Right = 150, Above = 34, Below = 50;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private readonly List<XElement> _drawn = [];
    private int _named;

    public void AddPoints(string name, string colour, IEnumerable<(double Time, double Value)> points)
    {
        foreach (var (time, value) in points)
            _drawn.Add(Element("circle", ("cx", X(time)), ("cy", Y(value)), ("r", 2.5), ("fill", colour)));
        AddName(name, colour);
    }

    public void AddCurve(string name, string colour, IEnumerable<(double Time, double Value)> points)
    {
        string path = string.Join(' ', points.Select(point => Invariant($"{X(point.Time):F1},{Y(point.Value):F1}")));
        _drawn.Add(Element("polyline", ("points", path), ("fill", "none"), ("stroke", colour), ("stroke-width", 2)));
        AddName(name, colour);
    }

    public void Save(string path, string xLabel, string yLabel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        XElement root = Element("svg", ("viewBox", $"0 0 {Width} {Height}"), ("font-family", "sans-serif"), ("font-size", 13));
        root.Add(Element("rect", ("width", Width), ("height", Height), ("fill", "white")));
        foreach (double time in Ticks(0, last))
            root.Add(Line(X(time), Above, X(time), Height - Below), Text(X(time), Height - Below + 18, "middle", $"{time:G3}"));
        foreach (double value in Ticks(-largest, largest))
            root.Add(Line(Left, Y(value), Width - Right, Y(value)), Text(Left - 6, Y(value) + 4, "end", $"{value:G3}"));
        root.Add(Text((Left + Width - Right) / 2, Height - 12, "middle", xLabel), Text(6, Above - 16, "start", yLabel), _drawn);
        root.Save(path);
    }

    private void AddName(string name, string colour)
    {
        double y = Above + 14 + 20 * _named++;
        _drawn.Add(Element("rect", ("x", Width - Right + 14), ("y", y - 9), ("width", 14), ("height", 9), ("fill", colour)));
        _drawn.Add(Text(Width - Right + 34, y, "start", name));
    }

    private double X(double time) => Left + time / last * (Width - Left - Right);

    private double Y(double value) => Above + (largest - value) / (2 * largest) * (Height - Above - Below);

    /// <summary>Round numbers between two, about six of them.</summary>
    private static IEnumerable<double> Ticks(double from, double until)
    {
        double rough = (until - from) / 6, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1, 2, 5, 10 }.First(factor => factor * power >= rough) * power;
        for (double tick = Math.Ceiling(from / step); tick * step <= until; tick++) yield return tick * step;
    }

    private static XElement Line(double x1, double y1, double x2, double y2) =>
        Element("line", ("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2), ("stroke", "#DDDDDD"));

    private static XElement Text(double x, double y, string anchor, string text) =>
        new(Element("text", ("x", x), ("y", y), ("text-anchor", anchor))) { Value = text };

    private static XElement Element(string name, params (string Name, object Value)[] attributes) =>
        new(Svg + name, attributes.Select(a => new XAttribute(a.Name, a.Value is double x ? Invariant($"{x:0.#}") : a.Value)));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
