using Functional.Benchmarks.Figures;
using Xunit;

namespace Functional.CSharp.Tests.Benchmarks;

public class AgreementTests
{
    private static readonly Output[] Two = [new("y", 0.01), new("dx", 0.1)];

    private static Agreement Compare(float[] ours, float[] theirs, bool sameBits = false) =>
        Agreement.Of([new("y", 0.01)], sameBits, [ours], [theirs]);

    [Fact]
    public void MeasuresAgainstTheLargestElement()
    {
        Assert.Equal(0.005, Compare([1.5f, 200], [0.5f, 200]).Difference, 1e-6);
        Assert.True(Compare([1.5f, 200], [0.5f, 200]).Holds);
        Assert.False(Compare([1.5f, 2], [0.5f, 2]).Holds);
        Assert.False(Compare([float.Epsilon], [0]).Holds);
    }

    [Fact]
    public void TellsTheWorstOutputAgainstItsTolerance() =>
        Assert.Equal("y", Agreement.Of(Two, false, [[1.005f], [1.02f]], [[1], [1]]).Output);

    [Theory]
    [InlineData(float.NaN, 1, false)]
    [InlineData(1, float.NaN, false)]
    [InlineData(float.NaN, float.NaN, true)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, true)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity, false)]
    [InlineData(float.PositiveInfinity, 1, false)]
    [InlineData(1, float.PositiveInfinity, false)]
    public void SpecialValuesMustBeTheSame(float ours, float theirs, bool holds) =>
        Assert.Equal(holds, Compare([ours, 1], [theirs, 1]).Holds);

    [Fact]
    public void TheSameBitsAreAskedOfDirectCalls()
    {
        Assert.True(Compare([1, float.NaN], [1, float.NaN], sameBits: true).Holds);
        Assert.False(Compare([0f], [-0f], sameBits: true).Holds);
        Assert.False(Compare([1], [MathF.BitIncrement(1)], sameBits: true).Holds);
    }

    [Fact]
    public void OtherSizesDiffer()
    {
        Assert.False(Compare([1, 2], [1]).Holds);
        Assert.False(Agreement.Of(Two, false, [[1]], [[1]]).Holds);
    }
}
