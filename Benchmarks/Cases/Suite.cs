using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;

namespace Functional.Benchmarks.Cases;

/// <summary>All cases, in the order of the table of goals.</summary>
internal static class Suite
{
    /// <summary>The cases that the options ask for, and that are measured with so many threads.</summary>
    public static IEnumerable<Case> Selected(Options options, int threads) =>
        All(threads).Where(one => one.Threads.Contains(threads) && options.Selects(one.Name, one.Family));

    /// <exception cref="ArgumentException">A name begins no case and no family.</exception>
    public static void Check(Options options)
    {
        foreach (string name in options.Cases)
            if (!All(1).Any(one => one.Name.StartsWith(name) || one.Family.StartsWith(name)))
                throw new ArgumentException($"{name}: begins no case and no family; --list names them");
    }

    private static IEnumerable<Case> All(int threads) =>
    [
        .. Products.Cases(threads), .. Chains.Cases(threads), .. Piecewise.Cases(threads), .. Networks.Cases(threads),
        .. Convolutional.Cases(threads), .. Recurrent.Cases, .. Overheads.Cases,
    ];
}
