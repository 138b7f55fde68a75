namespace Functional.Benchmarks.Measuring;

/// <summary>One side of a comparison.</summary>
/// <param name="Run">Computes once.</param>
/// <param name="Results">Computes what is compared with the other side's; null for a limit of the machine.</param>
internal sealed record Contender(Action Run, Func<IReadOnlyList<float[]>>? Results)
{
    /// <summary>How often an accelerated function is called before its result is taken: traced, met again, replayed.</summary>
    public const int CallsUntilReplay = 3;

    /// <summary>An accelerated function of ours; what is compared is a replay's result.</summary>
    public static Contender Accelerated<T>(Func<T> call) => Ours(call, CallsUntilReplay);

    /// <summary>The same function called directly.</summary>
    public static Contender Direct<T>(Func<T> call) => Ours(call, 1);

    private static Contender Ours<T>(Func<T> call, int calls) => new(
        () => call(),
        () => Elements(Enumerable.Range(0, calls).Select(_ => call()).ToArray()[^1]));

    /// <summary>The elements of all tensors of a structure.</summary>
    public static IReadOnlyList<float[]> Elements<T>(T structure) =>
        [.. Structure.Leaves(structure).Select(leaf => leaf.ToArray<float>())];
}
