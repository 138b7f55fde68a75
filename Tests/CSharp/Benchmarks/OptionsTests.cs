using Functional.Benchmarks.Figures;
using Xunit;

namespace Functional.CSharp.Tests.Benchmarks;

public class OptionsTests
{
    [Fact]
    public void NothingAsksForAllOnOneThread()
    {
        Options options = Options.Parse();

        Assert.Equal([1], options.Threads);
        Assert.Equal(["torch", "ort", "direct"], options.Peers);
        Assert.True(options.Selects("matmul-8", "products"));
        Assert.Null(options.Json);
        Assert.Null(options.Page);
    }

    [Fact]
    public void ReadsCasesAndOptionsInAnyOrder()
    {
        Options options = Options.Parse(
            "matmul", "--threads", "2", "--json", "f.json", "--peers", "ort,direct", "lstm", "--write", "page.md");

        Assert.Equal(["matmul", "lstm"], options.Cases);
        Assert.Equal([2], options.Threads);
        Assert.Equal(["ort", "direct"], options.Peers);
        Assert.Equal(("f.json", "page.md"), (options.Json, options.Page));
    }

    [Fact]
    public void SelectsByTheBeginningOfCaseOrFamily()
    {
        Options options = Options.Parse("chain-1", "prod");

        Assert.True(options.Selects("chain-1e5", "chains"));
        Assert.True(options.Selects("matmul-8", "products"));
        Assert.False(options.Selects("chain-gradient-1e5", "gradients"));
    }

    [Theory]
    [InlineData("--threads", "1,2", 2)]
    [InlineData("--threads", "1", 1)]
    public void TakesOneNumberOfThreadsOrBoth(string option, string value, int runs) =>
        Assert.Equal(runs, Options.Parse(option, value).Threads.Count);

    [Theory]
    [InlineData("--threads", "--threads")]
    [InlineData("--threads", "--threads", "3")]
    [InlineData("numpy", "--peers", "torch,numpy")]
    [InlineData("--json", "--json")]
    [InlineData("--write", "--write", "page.html")]
    [InlineData("--fast", "matmul", "--fast")]
    public void RefusesByNameWhatItDoesNotKnow(string named, params string[] arguments) =>
        Assert.Contains(named, Assert.Throws<ArgumentException>(() => Options.Parse(arguments)).Message);
}
