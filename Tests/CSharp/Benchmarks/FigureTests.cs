using Functional.Benchmarks.Figures;
using Xunit;

namespace Functional.CSharp.Tests.Benchmarks;

public class FigureTests
{
    [Theory]
    [InlineData(0.4, "0.4ns")]
    [InlineData(85, "85ns")]
    [InlineData(1234, "1.23us")]
    [InlineData(45_600_000, "45.6ms")]
    [InlineData(2e9, "2s")]
    public void ATimeHasTheUnitThatFits(double nanoseconds, string text) => Assert.Equal(text, Quantity.Time(nanoseconds));

    [Fact]
    public void QuartilesLieBetweenSamples()
    {
        Assert.Equal(new Spread(2, 3, 4), Spread.Of([5, 1, 3, 2, 4]));
        Assert.Equal(new Spread(1.25, 1.5, 1.75), Spread.Of([2, 1]));
        Assert.Equal(new Spread(7, 7, 7), Spread.Of([7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Spread.Of([]));
    }
}
