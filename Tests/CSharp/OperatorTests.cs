using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

public class OperatorTests
{
    private static readonly double[] Left = [1.5, -2, 0, 7];
    private static readonly double[] Right = [4, 0.5, -3, 7];
    private static readonly Tensor X = F64(Left);
    private static readonly Tensor Y = F64(Right);

    public static TheoryData<string, Func<Tensor, Tensor, Tensor>, Func<double, double, double>> Arithmetic => new()
    {
        { "x + y", (x, y) => x + y, (x, y) => x + y },
        { "x - y", (x, y) => x - y, (x, y) => x - y },
        { "x * y", (x, y) => x * y, (x, y) => x * y },
        { "x / y", (x, y) => x / y, (x, y) => x / y },
        { "x % y", (x, y) => x % y, (x, y) => x % y },
        { "-x", (x, _) => -x, (x, _) => -x },
        { "1.0 - x", (x, _) => 1.0 - x, (x, _) => 1.0 - x },
        { "x * 2", (x, _) => x * 2, (x, _) => x * 2 },
        { "2 * x", (x, _) => 2 * x, (x, _) => 2 * x },
        { "x / 4f", (x, _) => x / 4f, (x, _) => x / 4f },
        { "1 / y", (_, y) => 1 / y, (_, y) => 1 / y },
        { "Abs", (x, _) => Tensor.Abs(x), (x, _) => Math.Abs(x) },
        { "Floor", (x, _) => Tensor.Floor(x), (x, _) => Math.Floor(x) },
        { "Round", (x, _) => Tensor.Round(x), (x, _) => Math.Round(x) },
    };

    public static TheoryData<string, Func<Tensor, Tensor, Tensor>, Func<double, double, bool>> Comparisons => new()
    {
        { "x < y", (x, y) => x < y, (x, y) => x < y },
        { "x <= y", (x, y) => x <= y, (x, y) => x <= y },
        { "x > y", (x, y) => x > y, (x, y) => x > y },
        { "x >= y", (x, y) => x >= y, (x, y) => x >= y },
        { "x < 1", (x, _) => x < 1, (x, _) => x < 1 },
        { "x >= 0.0", (x, _) => x >= 0.0, (x, _) => x >= 0.0 },
        { "!(x < y)", (x, y) => !(x < y), (x, y) => !(x < y) },
        { "x < 1 & y > 0", (x, y) => (x < 1) & (y > 0), (x, y) => (x < 1) & (y > 0) },
        { "x < 1 | y > 0", (x, y) => (x < 1) | (y > 0), (x, y) => (x < 1) | (y > 0) },
        { "x < 1 ^ y > 0", (x, y) => (x < 1) ^ (y > 0), (x, y) => (x < 1) ^ (y > 0) },
    };

    [Theory]
    [MemberData(nameof(Arithmetic))]
    public void ComputesInEachLane(string name, Func<Tensor, Tensor, Tensor> op, Func<double, double, double> expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(Left.Zip(Right, expected), Elements<double>(op(X, Y)));
    }

    [Theory]
    [MemberData(nameof(Comparisons))]
    public void ComparesInEachLane(string name, Func<Tensor, Tensor, Tensor> op, Func<double, double, bool> expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(DType.Bool, op(X, Y).DType);
        Assert.Equal(Left.Zip(Right, expected), Elements<bool>(op(X, Y)));
    }

    [Fact]
    public void NumbersTakeTheTypeOfTheTensor()
    {
        Assert.Equal(DType.Float32, (F32(1, 2) * 0.5).DType);
        Assert.Equal(DType.Int32, (I32(1, 2) * 2).DType);
        Assert.Equal([3, 5], Elements<int>(2 * I32(1, 2) + 1));
    }

    [Fact]
    public void CastsToANumber()
    {
        Assert.Equal(2.75f, (float)F32(2.75f));
        Assert.Equal(2.75, (double)Scalar(2.75));
        Assert.Equal(-2, (int)F64(-2.75));
        Assert.Equal(long.MaxValue, (long)Tensor.Scalar(long.MaxValue));
        Assert.True((bool)(F32(1) < 2));
        Assert.False((bool)(F32(float.NaN) < 2));
    }

    [Fact]
    public void NaNAndInfinityPropagate()
    {
        var x = F32(float.NaN, float.PositiveInfinity, 0);

        Assert.Equal([float.NaN, float.PositiveInfinity, 1], Elements<float>(x + 1));
        Assert.Equal([float.NaN, float.NaN, 0], Elements<float>(x * 0));
        Assert.Equal([float.NaN, 0, float.PositiveInfinity], Elements<float>(1 / x));
        Assert.Equal([false, false, true], Elements<bool>(x < 1));
    }

    [Fact]
    public void NothingMakesNothing()
    {
        var sum = F32() + F32();

        Assert.Equal([0], sum.Shape);
        Assert.Empty(Elements<float>(sum * 2));
    }
}
