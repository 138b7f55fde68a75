using Xunit;

namespace Functional.CSharp.Tests;

public class ControlTests
{
    private static readonly Tensor Xs = Tensor.Create([1.0, -2, 3], [3]);

    private sealed record State(Tensor Total, Tensor Count);

    [Fact]
    public void ABranchIsPartOfOneTrace()
    {
        var f = Accelerate.Function((Tensor x) => Control.Cond(x.Sum() > 0, y => y * y, y => -y, x));

        Assert.Equal([1.0, 4, 9], f.Invoke(Xs).ToArray<double>());
        Assert.Equal([1.0, 2, 3], f.Invoke(-Tensor.Abs(Xs)).ToArray<double>());
        Assert.Equal((1L, 1L), (f.Misses, f.Hits));
    }

    [Fact]
    public void ALoopCarriesARecord()
    {
        var end = Control.WhileLoop(
            new State(Tensor.Scalar(1.0), Tensor.Scalar(0)), s => s.Total < 100, s => new State(s.Total * 3, s.Count + 1));

        Assert.Equal((243.0, 5), ((double)end.Total, (int)end.Count));
    }

    [Fact]
    public void ABoundedLoopHasAGradient()
    {
        Tensor Power(Tensor x) => Control.WhileLoop((x, 0 * x), s => s.Item2 < 3, s => (s.Item1 * x, s.Item2 + 1), maxIterations: 10).Item1;

        Assert.Equal(4 * 8.0, (double)Gradient.Of(Power, Tensor.Scalar(2.0)));
    }

    [Fact]
    public void AnUnboundedLoopNamesTheRemedy()
    {
        Tensor Double(Tensor x) => Control.WhileLoop(x, y => y < 100, y => y * 2);

        var refusal = Assert.Throws<ControlFlowException>(() => Gradient.Of(Double, Tensor.Scalar(3.0)));

        Assert.Contains("greatest number of iterations", refusal.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void AScanStacksWhatItPuts()
    {
        var (last, all) = Control.Scan(Tensor.Scalar(0.0), Xs, (c, x) => (c + x, c + x));
        var (_, backward) = Control.Scan(Tensor.Scalar(0.0), Xs, (c, x) => (c + x, c + x), backward: true);

        Assert.Equal(2.0, (double)last);
        Assert.Equal([1.0, -1, 2], all.ToArray<double>());
        Assert.Equal([2.0, 1, 3], backward.ToArray<double>());
    }

    [Fact]
    public void FoldsGoAlongDimensionsAndLabels()
    {
        Tensor x = Tensor.Create([1.0, 2, 3, 4], [2, 2], "CT");
        Tensor start = Tensor.Zeros([2], "C", DType.Float64);

        Assert.Equal([3.0, 7], Control.Fold(start, x, (c, t) => c + t, label: 'T').ToArray<double>());
        Assert.Equal([3.0, 7], Control.Fold(start, x, (c, t) => c + t, dim: -1).ToArray<double>());
        Assert.Equal(24.0, (double)Control.Fold(Tensor.Scalar(1.0), Tensor.Create([2.0, 3, 4], [3]), (c, t) => c * t));
    }

    [Fact]
    public void ARepetitionKnowsItsNumber() =>
        Assert.Equal(10.0, (double)Control.Repeat(5, Tensor.Scalar(0.0), (k, c) => c + k.Cast(DType.Float64)));

    [Fact]
    public void AKeyDecidesWhatIsDrawn()
    {
        var f = Accelerate.Function((Tensor key, Tensor x) => Control.WithKey(key, y => y + Tensor.RandomNormalLike(y), x));
        Tensor one = Tensor.Key(new Generator(1)), two = Tensor.Key(new Generator(2));

        Assert.Equal(f.Invoke(one, Xs).ToArray<double>(), f.Invoke(one, Xs).ToArray<double>());
        Assert.NotEqual(f.Invoke(one, Xs).ToArray<double>(), f.Invoke(two, Xs).ToArray<double>());
        Assert.Equal(4, Tensor.SplitKey(4, one).ToArray<long>().Distinct().Count());
    }
}
