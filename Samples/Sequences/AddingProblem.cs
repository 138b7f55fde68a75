using Functional;

namespace Adding;

/// <summary>
/// Sequences of numbers between 0 and 1, two of which are marked; what is asked for is the sum of these two (Hochreiter and
/// Schmidhuber, 1997, §5.4). Lengths differ.
/// </summary>
public static class AddingProblem
{
    /// <summary>Sequences [time, 2] of numbers and marks, and the sums [count, 1].</summary>
    public static (IReadOnlyList<Tensor> Sequences, Tensor Sums) Draw(int count, int shortest, int longest, int seed)
    {
        Random random = new(seed);
        List<Tensor> sequences = [];
        var sums = new float[count];
        for (int k = 0; k < count; k++)
        {
            int length = random.Next(shortest, longest + 1), first = random.Next(length / 2), second = random.Next(length / 2, length);
            var elements = new float[2 * length];
            for (int t = 0; t < length; t++)
            {
                elements[2 * t] = random.NextSingle();
                elements[2 * t + 1] = t == first || t == second ? 1 : 0;
            }
            sequences.Add(Tensor.Create(elements, [length, 2]).WithFormat("TC"));
            sums[k] = elements[2 * first] + elements[2 * second];
        }
        return (sequences, Tensor.Create(sums, [count, 1]).WithFormat("BC"));
    }
}
