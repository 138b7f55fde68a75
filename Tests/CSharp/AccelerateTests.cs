using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

public class AccelerateTests
{
    private enum Mode
    {
        Double,
        Square,
    }

    [Fact]
    public void TracesOnceForASignature()
    {
        var runs = 0;
        var f = Accelerate.Function((Tensor x) =>
        {
            runs++;
            return x * x + 1;
        });

        Assert.Equal([2, 5], Elements<float>(f.Invoke(F32(1, 2))));
        Assert.Equal([10, 17], Elements<float>(f.Invoke(F32(3, 4))));
        Assert.Equal((1, 1L, 1L, 1), (runs, f.Hits, f.Misses, f.Count));
        Assert.Equal(50, f.HitRate);
        Assert.Equal(100.0 / f.CacheSize, f.Occupancy);
        Assert.Single(f.Traces);
    }

    [Fact]
    public void RelaxedReplaysRoundDifferently()
    {
        Tensor Third(Tensor x) => x / 3;
        var exact = Accelerate.Function((Tensor x) => Third(x));
        var relaxed = Accelerate.Function((Tensor x) => Third(x), new() { Relaxed = true });
        double Replayed(AcceleratedFunction<Tensor, Tensor> f)
        {
            f.Invoke(F64(5));
            return Elements<double>(f.Invoke(F64(5)))[0];
        }

        Assert.Equal(5.0 / 3, Replayed(exact));
        Assert.Equal(5 * (1.0 / 3), Replayed(relaxed));
    }

    [Fact]
    public void TracesAnewForAnotherSizeOrType()
    {
        var f = Accelerate.Function((Tensor x) => x + x);

        f.Invoke(F32(1, 2));
        f.Invoke(F32(1, 2, 3));
        f.Invoke(F64(1, 2));
        f.Invoke(F32(5, 6));

        Assert.Equal((3L, 1L), (f.Misses, f.Hits));
    }

    [Fact]
    public void TracesAnewForAnotherStaticValue()
    {
        var f = Accelerate.Function((Tensor x, int times, Mode mode, string unit) =>
            (mode == Mode.Double ? 2 * x : x * x) * times + unit.Length);

        Assert.Equal([6.5], Elements<double>(f.Invoke(F64(1.25), 2, Mode.Double, "m") + 0.5));
        Assert.Equal([8], Elements<double>(f.Invoke(F64(1), 3, Mode.Double, "cm")));
        Assert.Equal([14], Elements<double>(f.Invoke(F64(2), 3, Mode.Square, "cm")));
        Assert.Equal([13], Elements<double>(f.Invoke(F64(2), 3, Mode.Square, "m")));
        Assert.Equal([28], Elements<double>(f.Invoke(F64(3), 3, Mode.Square, "m")));
        Assert.Equal((4L, 1L), (f.Misses, f.Hits));
    }

    [Fact]
    public void TakesOneToEightArguments()
    {
        Tensor x = F64(1);
        Assert.Equal([1], Elements<double>(Accelerate.Function((Tensor a) => a).Invoke(x)));
        Assert.Equal([2], Elements<double>(Accelerate.Function((Tensor a, Tensor b) => a + b).Invoke(x, x)));
        Assert.Equal([3], Elements<double>(Accelerate.Function((Tensor a, Tensor b, int c) => a + b + c).Invoke(x, x, 1)));
        Assert.Equal([4], Elements<double>(
            Accelerate.Function((Tensor a, int b, int c, int d) => a + b + c + d).Invoke(x, 1, 1, 1)));
        Assert.Equal([5], Elements<double>(
            Accelerate.Function((Tensor a, int b, int c, int d, int e) => a + b + c + d + e).Invoke(x, 1, 1, 1, 1)));
        Assert.Equal([6], Elements<double>(
            Accelerate.Function((Tensor a, int b, int c, int d, int e, int f) => a + b + c + d + e + f)
                .Invoke(x, 1, 1, 1, 1, 1)));
        Assert.Equal([7], Elements<double>(
            Accelerate.Function((Tensor a, int b, int c, int d, int e, int f, int g) => a + b + c + d + e + f + g)
                .Invoke(x, 1, 1, 1, 1, 1, 1)));

        var eight = Accelerate.Function(
            (Tensor a, int b, int c, int d, int e, int f, int g, Tensor h) => a + b + c + d + e + f + g + 2 * h);
        Assert.Equal([9], Elements<double>(eight.Invoke(x, 1, 1, 1, 1, 1, 1, x)));
        Assert.Equal([11], Elements<double>(eight.Invoke(x, 1, 1, 1, 1, 1, 1, F64(2))));
        Assert.Equal((1L, 1L), (eight.Misses, eight.Hits));
    }

    [Fact]
    public void IsADelegate()
    {
        Func<Tensor, Tensor> twice = Accelerate.Function((Tensor x) => 2 * x);
        Func<Tensor, Tensor, Tensor> plus = Accelerate.Function((Tensor x, Tensor y) => x + y);

        Assert.Equal([7], Elements<double>(plus(twice(F64(2)), F64(3))));
    }

    [Fact]
    public void TakesAMethodGroup()
    {
        var f = Accelerate.Function<Tensor, Tensor>(Square);

        Assert.Equal([9], Elements<double>(f.Invoke(F64(3))));

        static Tensor Square(Tensor x) => x * x;
    }

    [Fact]
    public void FollowsBranchesOnValues()
    {
        var f = Accelerate.Function((Tensor x) => (bool)(x > 0) ? 10 * x : -x);

        foreach (var element in new double[] { 1, -2, 3, -4 })
        {
            Assert.Equal([element > 0 ? 10 * element : -element], Elements<double>(f.Invoke(F64(element))));
        }

        Assert.Equal(1, f.Count);
    }

    [Fact]
    public void ForgetsTheLeastRecentlyUsed()
    {
        var f = Accelerate.Function((Tensor x) => -x, new AccelerationOptions { CacheSize = 2 });
        Tensor one = F64(1), two = F64(1, 2), three = F64(1, 2, 3);

        f.Invoke(one);
        f.Invoke(two);
        f.Invoke(one);
        f.Invoke(three);
        f.Invoke(one);
        Assert.Equal((2, 3L, 2L), (f.Count, f.Misses, f.Hits));
        Assert.Equal(100, f.Occupancy);

        f.Invoke(two);
        Assert.Equal(4, f.Misses);
    }

    [Fact]
    public void RunsDirectlyWhereSwitchedOff()
    {
        var runs = 0;
        var f = Accelerate.Function((Tensor x) => x * ++runs, new() { Enabled = false });

        Assert.Equal([1], Elements<double>(f.Invoke(F64(1))));
        Assert.Equal([2], Elements<double>(f.Invoke(F64(1))));
        Assert.Equal((0L, 0L, 0), (f.Hits, f.Misses, f.Count));

        f.Enabled = true;
        f.Invoke(F64(1));
        f.Invoke(F64(1));
        Assert.Equal((3, 1L, 1L), (runs, f.Hits, f.Misses));
    }

    [Fact]
    public void ClearForgetsTracesAndCounters()
    {
        var f = Accelerate.Function((Tensor x) => x + 1);
        f.Invoke(F64(1));
        f.Clear();

        Assert.Equal((0L, 0L, 0), (f.Hits, f.Misses, f.Count));
        Assert.Empty(f.Traces);
        Assert.Equal(0, f.HitRate);

        f.Invoke(F64(1));
        Assert.Equal(1, f.Misses);
    }

    [Fact]
    public void OptionsAreValues()
    {
        var options = new AccelerationOptions { CacheSize = 7, Name = "step" };

        Assert.Equal(options, options with { CacheSize = 7 });
        Assert.Equal((true, 50, ""), (new AccelerationOptions().Enabled, new AccelerationOptions().CacheSize, new AccelerationOptions().Name));
        Assert.Equal((7, "step"), (Accelerate.Function((Tensor x) => x, options).CacheSize, Accelerate.Function((Tensor x) => x, options).Name));
    }

    [Fact]
    public void BelongsToTheFunctionItIsCalledIn()
    {
        var inner = Accelerate.Function((Tensor x) => x * x);
        var outer = Accelerate.Function((Tensor x) => inner.Invoke(x) + 1);

        Assert.Equal([10], Elements<double>(outer.Invoke(F64(3))));
        Assert.Equal([17], Elements<double>(outer.Invoke(F64(4))));
        Assert.Equal((0, 1), (inner.Count, outer.Count));
    }

    [Fact]
    public void PassesExceptionsThroughAndKeepsNothing()
    {
        var thrown = new TimeoutException("mine");
        var fail = true;
        var f = Accelerate.Function((Tensor x) => fail ? throw thrown : x + 1);

        Assert.Same(thrown, Assert.Throws<TimeoutException>(() => f.Invoke(F64(1))));
        Assert.Equal(0, f.Count);

        fail = false;
        Assert.Equal([2], Elements<double>(f.Invoke(F64(1))));
        Assert.Equal([3], Elements<double>(f.Invoke(F64(2))));
        Assert.Equal((1, 1L), (f.Count, f.Hits));
    }

    [Fact]
    public void ServesManyThreadsFromOneTrace()
    {
        var runs = 0;
        var f = Accelerate.Function((Tensor x) =>
        {
            Interlocked.Increment(ref runs);
            return x * x - 3;
        });

        Parallel.For(0, 400, k => Assert.Equal([k * k - 3.0], Elements<double>(f.Invoke(F64(k)))));

        Assert.Equal((1L, 400L), (f.TracesMade, f.Misses + f.Hits));
        Assert.Equal(f.Misses, runs);
    }

    [Fact]
    public async Task ServesAsynchronousCallers()
    {
        var f = Accelerate.Function((Tensor x) => x * x);

        async Task<double> Call(int k)
        {
            await Task.Yield();
            var y = f.Invoke(F64(k));
            await Task.Yield();
            return Elements<double>(f.Invoke(y))[0];
        }

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(Call));

        Assert.Equal(Enumerable.Range(0, 20).Select(k => Math.Pow(k, 4)), results);
        Assert.Equal(1, f.TracesMade);
    }

    [Fact]
    public void ExplainsMissesAsDataAndText()
    {
        var f = Accelerate.Function((Tensor x, double rate) => x * rate, new() { Name = "scale" });
        for (var k = 1; k <= 6; k++)
            f.Invoke(F64(1), 1.0 / k);

        Explanation explanation = f.Explain();

        Assert.Equal((6L, 0L), (explanation.TracesMade, explanation.Hits));
        Assert.Equal("nothing", explanation.RecentMisses[0].Reason is MissReason.NeverSeen ? "nothing" : "something");
        Assert.True(explanation.RecentMisses[5].Reason is MissReason.StaticValue
        {
            Difference: SignatureDifference.StaticValue { Place: ".Item2", Before: "0.2" },
        });
        Assert.True(explanation.Patterns is [MissPattern.ManyStaticValues { Misses: 5 }]);
        Assert.Contains("make it a tensor", explanation.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void SaysOnceThatThereAreTooManyPaths()
    {
        var f = Accelerate.Function((Tensor x) => x * (double)x, new() { PathLimit = 2 });
        List<Diagnostic> said = [];
        f.Diagnosed += (_, diagnostic) => said.Add(diagnostic);

        for (var k = 1; k <= 5; k++)
            Assert.Equal([k * k], Elements<double>(f.Invoke(F64(k))));

        Assert.True(said is [Diagnostic.PathLimitReached { Limit: 2 }]);
        Assert.Equal(2, f.TracesMade);
    }

    [Theory]
    [InlineData(BranchPolicy.Guard, -1.0)]
    [InlineData(BranchPolicy.Freeze, 1.0)]
    public void FollowsOrFreezesBranches(BranchPolicy policy, double second)
    {
        var f = Accelerate.Function((Tensor x) => (bool)(x > 0) ? x : -1 - 0 * x, new() { Branches = policy });

        Assert.Equal([2], Elements<double>(f.Invoke(F64(2))));
        Assert.Equal([second == 1.0 ? -2.0 : -1.0], Elements<double>(f.Invoke(F64(-2))));
    }

    [Fact]
    public void RejectsBranches()
    {
        var f = Accelerate.Function((Tensor x) => (bool)(x > 0) ? x : -x, new() { Branches = BranchPolicy.Reject });

        var error = Assert.Throws<HostReadException>(() => f.Invoke(F64(2)));

        Assert.Contains("Tensor.Where", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("AccelerateTests", error.CallSite, StringComparison.Ordinal);
    }

    [Fact]
    public void ChecksAgainstDirectCalls()
    {
        var shift = 0.0;
        var f = Accelerate.Function(
            (Tensor x) => (Sum: x + shift, Product: x * 2),
            new() { Check = CheckMode.Tolerance, CheckAction = CheckAction.Throw });
        f.Invoke(F64(1, 2));
        shift = 0.5;

        var error = Assert.Throws<CheckException>(() => f.Invoke(F64(1, 2)));

        Assert.Equal((".Item1", 0.5), (error.Mismatch.Output, error.Mismatch.Difference));
        Assert.StartsWith("instruction 0, Add", error.Mismatch.FirstOp, StringComparison.Ordinal);
    }

    [Fact]
    public void BucketsSequences()
    {
        PaddedBatch batch = Bucketing.Of(4, 8).Pad([F64(1, 2), F64(1, 2, 3)]);

        Assert.Equal([1, 2, 0, 0, 1, 2, 3, 0], Elements<double>(batch.Values));
        Assert.Equal([2, 3], batch.Lengths);
    }
}
