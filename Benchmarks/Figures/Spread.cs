namespace Functional.Benchmarks.Figures;

/// <summary>Where the middle half of some samples lies.</summary>
public sealed record Spread(double Low, double Median, double High)
{
    /// <summary>The quartiles; between two samples, the point in proportion. At least one sample.</summary>
    public static Spread Of(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length);

        double At(double share)
        {
            double place = share * (sorted.Length - 1);
            int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
        }

        return new(At(0.25), At(0.5), At(0.75));
    }
}
