using Functional;

namespace Hazards;

/// <summary>A function that a cached trace may get wrong, and calls of one signature that show it.</summary>
/// <param name="Title">What goes wrong, or which remedy helps.</param>
/// <param name="Function">The function, of a tensor x and a condition tf that not every function reads.</param>
/// <param name="Calls">Arguments of calls in a row.</param>
/// <param name="Guarded">Whether guards are enough for the accelerated calls to be right.</param>
/// <param name="Frozen">Whether they are right even where the first path is replayed for ever.</param>
/// <param name="Between">What the program changes between two calls.</param>
internal sealed record Hazard(
    string Title,
    Func<Tensor, Tensor, Tensor> Function,
    IReadOnlyList<(Tensor X, Tensor Tf)> Calls,
    bool Guarded = true,
    bool Frozen = true,
    Action? Between = null)
{
    /// <summary>The calls in a row, with the same draws each time; or the refusal in place of their results.</summary>
    public Outcome Run(Func<Tensor, Tensor, Tensor> function)
    {
        Generator.Current = new Generator(1);
        List<float[]> results = [];
        try
        {
            foreach (var (x, tf) in Calls)
            {
                results.Add(function(x, tf).ToArray<float>());
                Between?.Invoke();
            }
            return new(results, null);
        }
        catch (HostReadException refusal)
        {
            return new([], refusal);
        }
    }
}

/// <summary>What calls in a row gave.</summary>
internal sealed record Outcome(IReadOnlyList<float[]> Results, HostReadException? Refusal)
{
    public bool Equals(Outcome? other) =>
        other is not null && Results.Count == other.Results.Count
        && Results.Zip(other.Results).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    public override int GetHashCode() => Results.Count;

    public override string ToString() => Refusal is { } refusal
        ? $"refused: {refusal.Remedy}"
        : string.Join("  ", Results.Select(r => "[" + string.Join(", ", r.Take(3).Select(x => x.ToString("G4"))) + (r.Length > 3 ? ", …]" : "]")));
}
