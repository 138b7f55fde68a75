namespace Functional.Benchmarks.Cases;

/// <summary>The numbers that all sides of a case get.</summary>
internal static class Numbers
{
    /// <summary>The distance of 1 to the next float32.</summary>
    public const double Epsilon = 1.0 / (1 << 23);

    /// <summary>Evenly spread around a centre.</summary>
    public static float[] Uniform(int count, int seed, float radius = 1, float centre = 0)
    {
        Random random = new(seed);
        float[] numbers = new float[count];
        foreach (ref float number in numbers.AsSpan()) number = centre + radius * (2 * random.NextSingle() - 1);
        return numbers;
    }

    /// <summary>Classes, numbered from 0.</summary>
    public static long[] Classes(int count, int classes, int seed)
    {
        Random random = new(seed);
        long[] numbers = new long[count];
        foreach (ref long number in numbers.AsSpan()) number = random.Next(classes);
        return numbers;
    }
}
