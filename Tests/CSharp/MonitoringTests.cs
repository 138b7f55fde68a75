using Microsoft.Extensions.Logging;
using Spectre.Console.Testing;
using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>What people see of a training.</summary>
public class MonitoringTests
{
    private static readonly Batches<Tensor> Data = Batches<Tensor>.Of(2, _ => [Tensor.Scalar(4.0), Tensor.Scalar(6.0)]);

    private static readonly Objective<Tensor, Tensor> Squares = Objective.Create((Tensor p, Tensor x) => Loss.MeanSquaredError(p, x))
        .WithMetric("distance", (p, x) => Tensor.Abs(p - x));

    private static Fitted<Tensor, SgdState<Tensor>> Fit(IProgress<TrainingReport>? progress) => Train.Fit(
        Tensor.Scalar(0.0), Squares, Optimiser.Sgd<Tensor>(0.1), Data, new() { Epochs = 3, Validation = Data, Progress = progress });

    [Fact]
    public void ATerminalShowsTheEpochsInATable()
    {
        using TestConsole console = new TestConsole().Interactive().Width(120);
        var fitted = TrainingView.Show(Fit, console);

        Assert.Equal(3, fitted.History.Count);
        Assert.Contains("epoch 3/3", console.Output);
        Assert.Contains("validation loss", console.Output);
        Assert.Contains("distance", console.Output);
    }

    [Fact]
    public void OtherOutputHasALineForEachEpoch()
    {
        using TestConsole console = new TestConsole().Width(200);
        TrainingView.Show(Fit, console);
        Assert.Equal(
            ["epoch 1/3: loss", "epoch 2/3: loss", "epoch 3/3: loss"],
            console.Lines.Where(line => line.Length > 0).Select(line => line[..15]));
    }

    [Fact]
    public void ALoggerHearsOfBatchesAndEpochs()
    {
        Listening logger = new();
        Fit(new TrainingLog(logger));
        Assert.Equal(6, logger.Lines.Count(line => line.Level == LogLevel.Trace));
        Assert.Equal(3, logger.Lines.Count(line => line.Level == LogLevel.Information && line.Text.Contains("[distance, ")));
    }

    [Theory]
    [InlineData(".svg", "<?xml")]
    [InlineData(".png", "\u0089PNG")]
    public void AHistoryIsPlotted(string extension, string start)
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid() + extension);
        try
        {
            TrainingPlot.Save(Fit(null).History, path);
            string text = File.ReadAllText(path, System.Text.Encoding.Latin1);
            Assert.StartsWith(start, text);
            if (extension == ".svg")
                Assert.Contains("validation loss", text);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void WhatCannotBePlottedIsRefused()
    {
        Assert.Throws<ArgumentException>(() => TrainingPlot.Save([], "plot.svg"));
        Assert.Throws<ArgumentException>(() => TrainingPlot.Save(Fit(null).History, "plot.txt"));
    }

    private sealed class Listening : ILogger
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
