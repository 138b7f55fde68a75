using Functional;
using Spectre.Console;

namespace Hazards;

/// <summary>Sequences of varying length: a trace for each, or for each of a few lengths that they are padded to.</summary>
internal static class Lengths
{
    private const int Bucket = 16;

    private static readonly int[] All = [5, 9, 12, 17, 21, 23, 30, 31];

    /// <summary>The mean over time where the mask holds.</summary>
    private static Tensor Mean(Tensor x, Tensor mask) => (x * mask).Sum() / mask.Sum();

    private static (Tensor X, Tensor Mask) Sequence(int length) =>
        (Tensor.Range(0, length), Tensor.Ones([length]));

    private static (Tensor X, Tensor Mask) Padded(int length)
    {
        int padding = (Bucket - length % Bucket) % Bucket;
        var (x, mask) = Sequence(length);
        return (x.Pad([(0, padding)]), mask.Pad([(0, padding)]));
    }

    /// <summary>Whether all is as documented.</summary>
    public static bool Show()
    {
        AnsiConsole.Write(new Rule("sequences of varying length").LeftJustified());
        var each = Accelerate.Function<Tensor, Tensor, Tensor>(Mean, new() { Governed = false });
        var bucketed = Accelerate.Function<Tensor, Tensor, Tensor>(Mean, new() { Governed = false });
        bool same = true;

        foreach (int length in All)
        {
            var (x, mask) = Sequence(length);
            var (padded, paddedMask) = Padded(length);
            same &= (float)each.Invoke(x, mask) == (float)Mean(x, mask);
            same &= (float)bucketed.Invoke(padded, paddedMask) == (float)Mean(x, mask);
        }

        AnsiConsole.Write(new Table().HideHeaders().AddColumns("", "")
            .AddRow($"{All.Length} lengths as they are", $"{each.Misses} traces, {each.Hits} replays")
            .AddRow($"padded to multiples of {Bucket}", $"{bucketed.Misses} traces, {bucketed.Hits} replays")
            .AddRow("the same means", same ? "yes" : "NO"));
        return same && each.Misses == All.Length && bucketed.Misses == 2;
    }
}
