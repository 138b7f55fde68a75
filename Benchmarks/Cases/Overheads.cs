using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>What acceleration itself costs: to replay, to compile, at the first call, where it never pays, and in memory.</summary>
internal static class Overheads
{
    private const string Family = "overhead", Direct = "direct", Unguarded = "unguarded";
    private const int Rows = 64, Channels = 256, Ops = 10;

    /// <summary>Signatures of a function, each called once.</summary>
    private const int NeverFound = 1000;

    public static IReadOnlyList<Case> Cases =>
    [
        Replay with { Goals = [new(Goal.None, Measure.Time, 100, 30)], Threads = [1] },
        Guard with { Goals = [new(Unguarded, Measure.Cost, null, null)], Threads = [1] },
        Compile with { Goals = [new(Goal.None, Measure.Time, 2e6, 1e6)], Threads = [1] },
        FirstCall with { Goals = [new(Direct, Measure.Cost, 3, 1.5)], Threads = [1] },
        NeverHits with { Goals = [new(Direct, Measure.Cost, 1.1, 1)], Threads = [1] },
        Allocation("allocation-small-mlp", new(Batch: 1, Inputs: 16, Hidden: 16, Classes: 16), calls: 1000),
        Allocation("allocation-mlp", new(Batch: 64, Inputs: 784, Hidden: 256, Classes: 10), calls: 32),
        PeakMemory("peak-memory-mlp-sgd", new(Batch: 64, Inputs: 784, Hidden: 256, Classes: 10)),
    ];

    /// <summary>Signature check and call of a function that has nothing to compute.</summary>
    private static Race Replay => new("replay", Family, () =>
    {
        Tensor x = Tensor.Create<float>(Uniform(16, seed: 1), [16]);
        var identity = Accelerate.Function<Tensor, Tensor>(x => x);
        return new(Contender.Accelerated(() => identity.Invoke(x)));
    });

    /// <summary>A replay with a host read on the way that always sees the same, against one without.</summary>
    private static Race Guard => new("guard", Family, () =>
    {
        Tensor x = Tensor.Create<float>(Uniform(Channels, seed: 1), [Channels]);
        var guarded = Accelerate.Function((Tensor x) => (bool)(x.Sum() < Channels) ? Tensor.Tanh(x) : x);
        var unguarded = Accelerate.Function((Tensor x) => Tensor.Tanh(x));
        return new(Contender.Accelerated(() => guarded.Invoke(x)))
        {
            Outputs = [new("y", 0)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                [Unguarded] = () => Contender.Accelerated(() => unguarded.Invoke(x)),
            },
        };
    });

    /// <summary>From a function of a structure never seen before to its compiled replay, on so little that only overhead counts.</summary>
    private static Race Compile => new("compile", Family, () =>
    {
        Tensor x = Tensor.Create<float>(Uniform(16, seed: 1), [16]);
        int number = 0;
        return new(Contender.Direct(() =>
        {
            int chain = number++;
            var fresh = Accelerate.Function((Tensor x) => Chain(chain, x));
            for (int k = 1; k < Contender.CallsUntilReplay; k++) fresh.Invoke(x);
            return fresh.Invoke(x);
        }));
    })
    {
        CountsAllThreads = true,
    };

    private static Race FirstCall => new("first-call", Family, () =>
    {
        Tensor x = Tensor.Create<float>(Uniform(Rows * Channels, seed: 1), [Rows, Channels]);
        int ours = 0, theirs = 0;
        return new(Contender.Direct(() =>
        {
            int chain = ours++;
            return Accelerate.Function((Tensor x) => Chain(chain, x)).Invoke(x);
        }))
        {
            Outputs = [new("y", 0)],
            Peers = new Dictionary<string, Func<Contender>> { [Direct] = () => Contender.Direct(() => Chain(theirs++, x)) },
        };
    })
    {
        CountsAllThreads = true,
    };

    /// <summary>A new function under as many signatures as there are calls, all of them together.</summary>
    private static Race NeverHits => new("never-hits", Family, () =>
    {
        const int chain = 1;
        Tensor[] xs = [.. Enumerable.Range(1, NeverFound).Select(
            length => Tensor.Create<float>(Uniform(length * Rows, seed: length), [length, Rows]))];
        return new(Contender.Direct(() =>
        {
            var fresh = Accelerate.Function((Tensor x) => Chain(chain, x));
            return All(xs, fresh.Invoke);
        }))
        {
            Outputs = [new("y", 0)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                [Direct] = () => Contender.Direct(() => All(xs, x => Chain(chain, x))),
            },
        };
    })
    {
        CountsAllThreads = true,
    };

    /// <summary>What the function makes of the last, once it has been called with each.</summary>
    private static Tensor All(Tensor[] xs, Func<Tensor, Tensor> f)
    {
        Tensor y = xs[0];
        foreach (Tensor x in xs) y = f(x);
        return y;
    }

    /// <summary>Ten ops in a row, which ones depends on the number: 4¹⁰ chains of different structure.</summary>
    private static Tensor Chain(int number, Tensor x)
    {
        Tensor y = x;
        for (int op = 0; op < Ops; op++)
            y = (number >> 2 * op & 3) switch
            {
                0 => Tensor.Tanh(y),
                1 => y + x,
                2 => y * x,
                _ => Tensor.Max(y, x),
            };
        return y;
    }

    private static Probe Allocation(string name, Blueprint blueprint, int calls) => new(name, Family, () =>
    {
        Perceptron network = blueprint.Ours();
        Tensor x = blueprint.X, targets = blueprint.Targets;
        var step = Accelerate.Function<Perceptron, Tensor, Tensor, (Tensor, Perceptron)>(Networks.SgdStep);
        return BytesBeyondResults(() => step.Invoke(network, x, targets), calls);
    })
    {
        Goals = [new(Goal.None, Measure.Bytes, 0, 0)],
        Threads = [1],
    };

    /// <summary>What a step of training has at most at a time beside its arguments: working memory and results.</summary>
    private static Probe PeakMemory(string name, Blueprint blueprint) => new(name, Family, () =>
    {
        Perceptron network = blueprint.Ours();
        Tensor x = blueprint.X, targets = blueprint.Targets;
        var step = Accelerate.Function<Perceptron, Tensor, Tensor, (Tensor, Perceptron)>(Networks.SgdStep);
        long results = Structure.Leaves(step.Invoke(network, x, targets)).Sum(y => (long)y.Count * sizeof(float));
        return step.Traces[0].WorkingMemory() + results;
    })
    {
        Goals = [new(Goal.None, Measure.Bytes, null, null)],
        Threads = [1],
    };

    /// <summary>What a call allocates on its thread, less what stays alive while its result is held.</summary>
    private static double BytesBeyondResults<T>(Func<T> call, int calls)
    {
        // A signature is tried against direct calls after 128 replays. Code that the runtime has not optimised yet makes boxes.
        const int rounds = 4, warmUps = 300;
        for (int round = 0; round < rounds; round++)
        {
            for (int k = 0; k < warmUps; k++) call();
            Thread.Sleep(Sampling.TieringDelay);
        }

        // The least of all calls: a collection gives the thread new memory, and counts what was left of the old. The least of
        // several times: what dies elsewhere meanwhile, such as a pool's arrays that have not been asked for in a while, would
        // count as garbage of the calls.
        const int times = 20;
        double least = double.MaxValue;
        for (int time = 0; time < times && least > 0; time++)
            least = Math.Min(least, BytesBeyondResultsNow(call, calls));
        return least;
    }

    private static double BytesBeyondResultsNow<T>(Func<T> call, int calls)
    {
        // What else dies or stays meanwhile is the same for few calls as for many.
        (long allocated, long kept) = BytesOf(call, calls);
        (_, long keptOfHalf) = BytesOf(call, calls / 2);
        return Math.Round(Math.Max(0, allocated - (double)(kept - keptOfHalf) / (calls - calls / 2)));
    }

    /// <summary>The least that one of some calls allocates, and what stays alive while all their results are held.</summary>
    private static (long Allocated, long Kept) BytesOf<T>(Func<T> call, int calls)
    {
        var held = new T[calls];
        var allocated = new long[calls];
        long live = LiveBytes();
        for (int k = 0; k < calls; k++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            held[k] = call();
            allocated[k] = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        long kept = LiveBytes() - live;
        GC.KeepAlive(held);
        return (allocated.Min(), kept);
    }

    private static long LiveBytes()
    {
        // What finalizers let go of dies in the collection after.
        const int collections = 3;
        for (int k = 0; k < collections; k++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(forceFullCollection: false);
    }
}
