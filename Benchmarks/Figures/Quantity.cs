using System.Globalization;

namespace Functional.Benchmarks.Figures;

/// <summary>Figures as text: three digits, the unit that fits, the same in every culture.</summary>
public static class Quantity
{
    private static readonly (double Size, string Name)[] Times = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")];

    /// <summary>A time given in nanoseconds.</summary>
    public static string Time(double nanoseconds)
    {
        var (size, name) = Times.FirstOrDefault(unit => nanoseconds >= unit.Size, Times[^1]);
        return Digits(nanoseconds / size) + name;
    }

    public static string Bytes(double bytes) => bytes.ToString("0.#", CultureInfo.InvariantCulture) + "B";

    public static string Ratio(double ratio) => Digits(ratio);

    private static string Digits(double x) =>
        x.ToString(Math.Abs(x) switch { >= 100 => "0", >= 10 => "0.#", >= 1 => "0.##", _ => "0.###" }, CultureInfo.InvariantCulture);
}
