using Functional;

namespace Digits;

/// <summary>Why a trace had to be made.</summary>
public static class MissReason
{
    /// <summary>How the inputs that a trace was made for differ from those of the earlier trace that is nearest.</summary>
    public static string Of(Trace trace, IEnumerable<Trace> earlier)
    {
        string[][] differences = [.. earlier.Select(other => Differences(trace.InputTypes(), other.InputTypes()).ToArray())];
        return differences.Length == 0
            ? "nothing was traced before"
            : differences.MinBy(reasons => reasons.Length) switch
            {
                [] => "the same tensors in another structure, with another static value, or on another path",
                var reasons => string.Join("; ", reasons!),
            };
    }

    private static IEnumerable<string> Differences(IReadOnlyList<TensorType> types, IReadOnlyList<TensorType> others) =>
        types.Count != others.Count
            ? [$"{types.Count} tensors instead of {others.Count}"]
            : types.Zip(others)
                .Select((pair, k) => (Index: k, Type: pair.First, Other: pair.Second))
                .Where(input => input.Type != input.Other)
                .Select(input => $"input {input.Index} is {input.Type} instead of {input.Other}");
}
