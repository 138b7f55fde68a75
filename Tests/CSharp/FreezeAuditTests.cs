using Xunit;

namespace Functional.CSharp.Tests;

public class FreezeAuditTests
{
    private static readonly Tensor X = Tensor.Create([1.0, -2, 3], [3]);
    private static double factor = 1;

    private static void Finds(Func<Tensor, Tensor> f, HiddenStateKind kind, Action? between = null)
    {
        FreezeReport report = FreezeAudit.Of(f, X, between ?? (() => { }));

        Assert.False(report.IsPure);
        Assert.Contains(report.Findings, found => found.Kind == kind && found.Site.Contains("FreezeAuditTests", StringComparison.Ordinal));
    }

    [Fact]
    public void SystemRandom()
    {
        Random random = new(1);
        Finds(x => x * random.NextDouble(), HiddenStateKind.Constant);
    }

    [Fact]
    public void TheClock() => Finds(x => x + DateTime.Now.Ticks % 1e9, HiddenStateKind.Constant);

    [Fact]
    public void AClosureOverAChangingLocal()
    {
        double scale = 1;
        Finds(x => x * scale, HiddenStateKind.Constant, () => scale *= 2);
    }

    [Fact]
    public void AMutableStatic() => Finds(x => x * factor, HiddenStateKind.Constant, () => factor += 1);

    [Fact]
    public void AnEnvironmentVariable() =>
        Finds(
            x => Environment.GetEnvironmentVariable("FUNCTIONAL_AUDIT") is null ? x + 1 : x * 2,
            HiddenStateKind.Structure,
            () => Environment.SetEnvironmentVariable("FUNCTIONAL_AUDIT", "set"));

    [Fact]
    public void APlainDraw() => Finds(x => x + Tensor.Random([3], dtype: DType.Float64), HiddenStateKind.PlainDraw);

    [Fact]
    public void NothingInAPureFunction()
    {
        Tensor weights = Tensor.Create([0.5, 0.25, 1], [3]);

        FreezeReport report = FreezeAudit.Of((Tensor x) => (bool)(x.Sum() > 0) ? x * weights + Tensor.RandomLike(x) : -x, X);

        Assert.True(report.IsPure, report.ToString());
    }

    [Fact]
    public void ConstantsTellWhatTheyAreAndWhereTheyAreUsed()
    {
        Tensor captured = Tensor.Create([0.5, 0.25, 1], [3]);

        Trace trace = Trace.Of((Tensor x) => x * captured + 2 * Tensor.Random([3], dtype: DType.Float64) - Tensor.Create([1.0, 2, 3], [3]) * 3, X);
        var constants = trace.Constants();

        Assert.Equal(
            [ConstantKind.Captured, ConstantKind.PlainDraw, ConstantKind.Created],
            constants.Select(c => c.Kind).Where(kind => kind != ConstantKind.Number));
        Assert.All(
            constants.Where(c => c.Kind != ConstantKind.Number),
            c => Assert.Contains("FreezeAuditTests", c.Site, StringComparison.Ordinal));
        Assert.Equal(24, constants.First(c => c.Kind == ConstantKind.Captured).Bytes);
    }
}
