// Trains a peephole LSTM on sequences of 5 to 80 steps: padded to the longest of a batch, a signature for each length; and
// in buckets, so that few signatures serve them all.
using Adding;
using Functional;
using Spectre.Console;

const int Units = 24, BatchSize = 16;
int epochs = args is [var count] ? int.Parse(count) : 10;
var (sequences, sums) = AddingProblem.Draw(1500, shortest: 5, longest: 80, seed: 1);
var (others, otherSums) = AddingProblem.Draw(300, shortest: 5, longest: 80, seed: 2);
var validation = Data.Sequences(others, otherSums, BatchSize, Bucketing.PowersOfTwo(8), grouped: true);

(string Name, Bucketing Padding, bool Grouped)[] ways =
[
    ("the longest", Bucketing.Longest, false),
    ("powers of two", Bucketing.PowersOfTwo(8), false),
    ("multiples of 8, grouped", Bucketing.Multiples(8), true),
];

Table table = new Table().AddColumns(
    "padded to", "traces", "hits", "direct", "epoch 1", "later", "padding", "error");
bool hasLearned = true;
foreach (var (name, padding, isGrouped) in ways)
{
    var batches = Data.Sequences(sequences, sums, BatchSize, padding, isGrouped, seed: 3);
    var fitted = Train.Fit(
        Adder.Create(Units, seed: 4),
        Objective.Create((Adder adder, SequenceBatch<Tensor> batch) => adder.Error(batch)),
        Optimiser.Adam<Adder>(0.005),
        batches,
        new() { Epochs = epochs, Seed = 5, Validation = validation, Clip = gradient => Clip.ByGlobalNorm(1, gradient) });

    long hits = fitted.History.Sum(epoch => epoch.Hits), misses = fitted.History.Sum(epoch => epoch.Misses);
    double later = fitted.History.Skip(1).Select(epoch => epoch.Duration.TotalSeconds).DefaultIfEmpty(double.NaN).Average();
    double error = fitted.History[^1].ValidationLoss;
    table.AddRow(
        name,
        $"{fitted.Cache.TracesMade}",
        $"{(double)hits / (hits + misses):P1}",
        $"{misses - fitted.Cache.TracesMade}",
        $"{fitted.History[0].Duration.TotalSeconds:F2} s",
        $"{later:F2} s",
        $"{PaddedShare(batches):P0}",
        $"{error:F4}");
    hasLearned &= error < 0.05;
}

AnsiConsole.Write(table);
Console.WriteLine("Always to answer with the mean would leave an error of 0.1667.");
return hasLearned ? 0 : 1;

static double PaddedShare(Batches<SequenceBatch<Tensor>> batches)
{
    double real = 0, all = 0;
    foreach (SequenceBatch<Tensor> batch in batches.Epochs(1))
    {
        real += (double)batch.Mask.Cast(DType.Float64).Sum();
        all += batch.Mask.Count;
    }
    return 1 - real / all;
}
