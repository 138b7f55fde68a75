namespace Functional.Benchmarks.Report;

/// <summary>What stands in the way of a must that is missed, by case: measured on an AMD EPYC with vectors of 512 bits.</summary>
internal static class Obstacles
{
    private static readonly Dictionary<string, string> Sentences = new()
    {
        ["matmul-64"] =
            "the product takes 4.8 µs, 114 of the processor's 118 GFLOP/s; a call around it costs more than around less, since "
            + "the product has used up the first cache",
        ["matmul-128"] =
            "192 × 192 reaches 88 % of the peak, 128 × 128 81 to 84: a call and new memory for the result weigh more beside less. For "
            + "minutes at a time, in every process and beside the same peak, it is 65 to 78, as if other programs had part of the caches. "
            + "On two threads 14 to 19 µs, as the cores lie near each other or far; to share an empty job takes 1.2",
        ["matmul-1024"] =
            "for seconds or minutes at a time, on both processors and in every process, it takes up to a third longer beside the same "
            + "peak, as if other programs had part of the caches",
        ["chain-1e5"] = "the kernel takes 48 of 52 µs; the rest is new memory for a result of 400 kB",
        ["srelu-1e5"] =
            "the kernel takes 15 µs where it finds its result's memory in a cache; in a new array of 400 kB, 24 to 30. ONNX Runtime "
            + "is handed the same memory each time",
        ["srelu-1e7"] =
            "results go through the caches: written past them, as the copy's are, it took 6 to 12 ms, since arrays and their rows "
            + "begin between two cache lines; where the runtime has given back the pages of a result, a run faults in 10,240 of them, "
            + "at 4 or 10 µs each",
        ["mlp-adam"] =
            "the five large products take 700 of 950 µs at 90 to 96 % of the processor's peak, and the update of 270,000 parameters, "
            + "with four arrays read and three written, 180",
        ["small-mlp-sgd"] =
            "thirteen calls of kernels take 0.36 of 1.3 µs, and new objects of the sizes of its seven results, made without "
            + "computing anything, 0.3; the rest is spread over the walk over arguments and results, and addresses",
        ["small-mlp-forward"] =
            "the three kernels, with the addresses they are given, take 77 of 315 ns, to hold seven inputs in place 33, the "
            + "walk over them without anything to compute 118",
        ["convolution-3x3"] =
            "rows of 28 are computed 30 wide, which is 7 % more arithmetic: at the processor's peak that takes 1.08 of 1.4 ms, and "
            + "padding 0.1. On two threads quartiles lie wide apart: the cores share no cache, and may lie far from each other",
        ["never-hits"] =
            "what traces keep alive is moved at each collection: with collections each 64 MB (DOTNET_GCgen0size) it is 0.96 to 1.03",
        ["lstm-gradient"] =
            "250 products take 9 ms of one thread at the processor's peak, and 11 as they are: 2.5 would leave 1 ms for all "
            + "else. On two threads a loop over what the other has just written takes longer than on one, 13 µs against 11",
    };

    /// <summary>The sentence for a case; null where none is known.</summary>
    public static string? Of(string name) => Sentences.GetValueOrDefault(name);
}
