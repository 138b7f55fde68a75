using Functional.Benchmarks.Figures;
using Xunit;

namespace Functional.CSharp.Tests.Benchmarks;

public class ResultsTests
{
    private static readonly Machine Machine = new()
    {
        Processor = "P",
        Cores = 2,
        VectorBits = 256,
        OperatingSystem = "O",
        Runtime = "R",
        Peers = ["T 1.0"],
        LoadBefore = 0,
    };

    private static Comparison Speed(double ratio, double? must, double? aim, string peer = "torch") => new()
    {
        Case = "chain",
        Family = "chains",
        Threads = 1,
        Goal = new(peer, Measure.Speed, must, aim),
        Ours = 351_000,
        Peer = 351_000 * ratio,
        Ratio = new(ratio * 0.9, ratio, ratio * 1.1),
    };

    private static Comparison Alone(Measure measure, double ours, double must, double aim) => new()
    {
        Case = "replay",
        Family = "overhead",
        Threads = 1,
        Goal = new(Goal.None, measure, must, aim),
        Ours = ours,
    };

    private static Results Of(params Comparison[] comparisons) => new(Machine, comparisons);

    [Fact]
    public void ALineHasAllFields() =>
        Assert.Equal(
            "case=chain threads=1 ours=351us peer=torch:4.11ms ratio=11.7 must=8 goal=12 quartiles=10.5..12.9",
            Speed(11.7, 8, 12).Line);

    [Fact]
    public void AFigureAloneHasNoRatio() =>
        Assert.Equal(
            "case=replay threads=1 ours=85ns peer=none ratio=- must=<=100ns goal=<=30ns (disturbed)",
            (Alone(Measure.Time, 85, 100, 30) with { Remarks = ["disturbed"] }).Line);

    [Theory]
    [InlineData(12, true, true)]
    [InlineData(8, true, false)]
    [InlineData(7.99, false, false)]
    [InlineData(double.NaN, false, false)]
    public void MoreSpeedIsBetter(double ratio, bool must, bool aim)
    {
        Comparison one = Speed(ratio, 8, 12);
        Assert.Equal((must, aim), (one.MeetsMust, one.MeetsAim));
    }

    [Theory]
    [InlineData(30, true, true)]
    [InlineData(100, true, false)]
    [InlineData(101, false, false)]
    public void LessTimeIsBetter(double time, bool must, bool aim)
    {
        Comparison one = Alone(Measure.Time, time, 100, 30);
        Assert.Equal((must, aim), (one.MeetsMust, one.MeetsAim));
    }

    [Fact]
    public void LosesWherePeerIsFaster()
    {
        Comparison cost = Speed(1.2, null, null, "direct") with { Goal = new("direct", Measure.Cost, 3, 1.5) };

        Assert.Equal(
            [0.5, 1.2],
            Of(Speed(0.5, null, null), Speed(2, null, null), cost, Alone(Measure.Time, 85, 100, 30))
                .Lost.Select(one => one.Figure));
    }

    [Fact]
    public void TheSummaryNamesWhatMissesItsMust()
    {
        Results results = Of(Speed(11.7, 8, 12), Speed(7, 8, 12), Speed(0.5, null, null), Alone(Measure.Bytes, 24, 0, 0));

        Assert.Equal(
            [
                "1 of 3 comparisons meet their must, 0 of 3 their goal",
                "misses its must: chain against torch, 1 thread: 7, must=8",
                "misses its must: replay, 1 thread: 24B, must=<=0B",
            ],
            results.Summary());
    }

    [Fact]
    public void TheSummaryNamesWhatDiffers()
    {
        Results results = Of(Speed(9, 8, 9) with { Agreement = new("y", 0.5, 0.001) }) with
        {
            Machine = Machine with { LoadBefore = 3.25 },
        };

        Assert.Equal(
            [
                "1 of 1 comparisons meet their must, 1 of 1 their goal",
                "RESULTS DIFFER: chain against torch, 1 thread: y by 5e-1/1e-3",
                "the machine was busy: a load of 3.3 on 2 cores",
            ],
            results.Summary());
    }

    [Fact]
    public void JsonKeepsEverything()
    {
        Results results = Of(
            Speed(11.7, 8, 12) with { Remarks = ["disturbed"], Agreement = new("y", double.PositiveInfinity, 0) },
            Alone(Measure.Bytes, 24, 0, 0));

        Results read = Results.FromJson(results.ToJson());

        Assert.Equal(results.Summary(), read.Summary());
        Assert.Equal(results.Comparisons.Select(one => one.Line), read.Comparisons.Select(one => one.Line));
        Assert.Equal(results.Machine.Peers, read.Machine.Peers);
    }

    [Fact]
    public void ARunWithMoreThreadsFollows() =>
        Assert.Equal(
            [1, 2],
            Of(Speed(2, 1, 1)).Followed(Of(Speed(2, 1, 1) with { Threads = 2 })).Comparisons.Select(one => one.Threads));
}
