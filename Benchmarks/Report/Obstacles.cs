namespace Functional.Benchmarks.Report;

/// <summary>What stands in the way of a must that is missed, by case: measured on an AMD EPYC with vectors of 512 bits.</summary>
internal static class Obstacles
{
    private const string SmallSteps =
        "what a run costs beside its arithmetic: launches of a fraction of a µs each, a new array for each result, and the walk over "
        + "the structures of arguments and results";

    private static readonly Dictionary<string, string> Sentences = new()
    {
        ["matmul-64"] =
            "the product takes 4.8 µs, 114 of the processor's 118 GFLOP/s; a call around it costs more than around less, since "
            + "the product has used up the first cache",
        ["chain-1e5"] = "the kernel takes 48 of 52 µs; the rest is new memory for a result of 400 kB",
        ["srelu-1e5"] =
            "the kernel takes 15 µs where it finds its result's memory in a cache; in a new array of 400 kB, 24 to 30. ONNX Runtime "
            + "is handed the same memory each time",
        ["srelu-1e7"] =
            "where the runtime has given back the pages of a result of 40 MB, a run faults in 10,240 of them, for 19 ms; without "
            + "that it takes 3",
        ["mlp-adam"] =
            "the five large products take 700 of 920 µs at 90 to 96 % of the processor's peak, and the update of 270,000 parameters, "
            + "with four arrays read and three written, 180",
        ["small-mlp-sgd"] = SmallSteps,
        ["small-mlp-forward"] = SmallSteps,
        ["convolution-3x3"] =
            "rows of 28 are computed 30 wide, which is 7 % more arithmetic; padding takes 0.11 and the bias 0.14 of 2.9 ms",
        ["allocation-mlp"] = "0 bytes where the case is run alone; what the others leave behind that makes them 144 is not known",
        ["never-hits"] =
            "what traces keep alive is moved at each collection: with collections each 64 MB (DOTNET_GCgen0size) it is 0.96 to 1.03",
        ["lstm-gradient"] = "250 products take 9 of 14 ms close to the processor's peak: 2.5 would leave 1 ms for all else",
    };

    /// <summary>The sentence for a case; null where none is known.</summary>
    public static string? Of(string name) => Sentences.GetValueOrDefault(name);
}
