using System.Globalization;

namespace Functional.Benchmarks.Figures;

/// <summary>One result of a case, and how far two sides may differ in it: the largest difference, as a share of the largest
/// element. 0 asks for the same bits.</summary>
public sealed record Output(string Name, double Tolerance);

/// <summary>How far the results of two sides lie apart, in the output where it is worst against the tolerance.</summary>
public sealed record Agreement(string Output, double Difference, double Tolerance)
{
    public bool Holds => Difference <= Tolerance;

    /// <summary>Compares results output by output. Sizes that differ, and NaN against a number, are infinitely far apart.</summary>
    /// <param name="outputs">What is compared, with its tolerances.</param>
    /// <param name="sameBits">Whether the tolerances count as 0.</param>
    public static Agreement Of(
        IReadOnlyList<Output> outputs, bool sameBits, IReadOnlyList<float[]> ours, IReadOnlyList<float[]> theirs)
    {
        if (outputs.Count != ours.Count || outputs.Count != theirs.Count)
            return new("all", double.PositiveInfinity, 0);

        return outputs
            .Select((output, k) => sameBits
                ? new Agreement(output.Name, SameBits(ours[k], theirs[k]) ? 0 : double.PositiveInfinity, 0)
                : new Agreement(output.Name, Distance(ours[k], theirs[k]), output.Tolerance))
            .MaxBy(agreement => agreement.Strain)!;
    }

    /// <summary>The difference as a share of the tolerance; past the tolerance, infinite.</summary>
    private double Strain => !Holds ? double.PositiveInfinity : Difference == 0 ? 0 : Difference / Tolerance;

    public override string ToString() =>
        Difference == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{Difference:0.#e0}/{Tolerance:0.#e0}");

    private static bool SameBits(float[] a, float[] b) =>
        a.Length == b.Length
        && a.Zip(b).All(pair => BitConverter.SingleToInt32Bits(pair.First) == BitConverter.SingleToInt32Bits(pair.Second));

    private static double Distance(float[] a, float[] b)
    {
        if (a.Length != b.Length)
            return double.PositiveInfinity;

        double difference = 0, largest = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i].Equals(b[i]))
            {
                if (float.IsFinite(b[i])) largest = Math.Max(largest, Math.Abs(b[i]));
                continue;
            }

            double here = Math.Abs((double)a[i] - b[i]);
            difference = double.IsNaN(here) ? double.PositiveInfinity : Math.Max(difference, here);
            largest = Math.Max(largest, Math.Abs(b[i]));
        }

        return difference == 0 ? 0 : difference / largest;
    }
}
