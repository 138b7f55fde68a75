using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Transforms, statistics, scattering and interpolation as a consumer calls them.</summary>
public class SignalTests
{
    private static Tensor Row(params double[] values) => Tensor.Create<double>(values, [values.Length]);

    private static Tensor Whole(params int[] values) => Tensor.Create<int>(values, [values.Length]);

    private static double[] Of(Tensor x) => x.ToArray<double>();

    [Fact]
    public void Transforms()
    {
        var (re, im) = Fourier.Rfft(Row(1, 2, 3, 4));
        Assert.Equal([10, -2, -2], Of(re).Select(v => Math.Round(v, 12)));
        Assert.Equal([0, 2, 0], Of(im).Select(v => Math.Round(v, 12)));
        Assert.Equal([1, 2, 3, 4], Of(Fourier.Irfft(re, im, 4)).Select(v => Math.Round(v, 12)));
        Assert.Equal([0, 0.25, -0.5, -0.25], Of(Fourier.Frequencies(4)));
        Assert.Equal([-0.5, -0.25, 0, 0.25], Of(Fourier.Shift(Fourier.Frequencies(4))));
        Tensor x = Tensor.RandomNormal([3, 4], generator: new Generator(1));
        var forth = Fourier.Fftn(x, Tensor.ZerosLike(x), [0, 1], FourierNorm.Ortho);
        var back = Fourier.Ifftn(forth.Re, forth.Im, [0, 1], FourierNorm.Ortho);
        Assert.True((bool)(Tensor.Abs(back.Re - x) < 1e-5).All());
    }

    [Fact]
    public void StatisticsAndRunningOnes()
    {
        Tensor x = Row(3, 1, 2, 10);
        Assert.Equal(2.5, (double)x.Median());
        Assert.Equal(2, (double)x.Quantile(0.5, method: QuantileMethod.Lower));
        Assert.Equal([3, 3, 3, 10], Of(x.CumMax(0)));
        Assert.Equal([3, 1, 1, 1], Of(x.CumMin(0)));
        Assert.Equal([-2, 1, 8], Of(x.Diff()));
        Tensor pairs = Tensor.Create<double>([1, 2, 3, 2, 4, 6], [2, 3]).WithFormat("CB");
        Assert.Equal([1, 2, 2, 4], Of(pairs.Covariance(observations: 1)));
        Assert.Equal(2.5, (double)pairs.WithFormat("").Median([0, 1]), 12);
        Assert.Throws<DimensionException>(() => x.Quantile(2));
    }

    [Fact]
    public void ScatteringAndInterpolation()
    {
        Tensor x = Row(1, 2, 3);
        Assert.Equal([9, 2, 8], Of(x.Scatter(0, Whole(0, 2), Row(9, 8))));
        Assert.Equal([1, 4, 3], Of(x.ScatterMax(0, Whole(1, 1), Row(4, 0))));
        Assert.Equal([3, 3], Of(x.SegmentSum(Whole(1, 1, 0), 2)));
        Assert.Equal([3, 1.5], Of(x.SegmentMean(Whole(1, 1, 0), 2)));
        Assert.Equal([3, 1, 2, 3, 1], Of(x.PadCircular(0, 1, 1)));
        Assert.Equal([1L, 3L], x.SearchSorted(Row(1.5, 4)).ToArray<long>());
        Tensor y = Tensor.Interpolate(x, Row(10, 20, 40), Row(1.5, 2.5, 9));
        Assert.Equal([15, 30, double.NaN], Of(y));
        Assert.Equal([40], Of(Tensor.Interpolate(x, Row(10, 20, 40), Row(9), beyond: Beyond.Clamp)));
    }
}
