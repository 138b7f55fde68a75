using Microsoft.Extensions.Logging;

namespace Functional;

/// <summary>
/// Writes how training goes to a logger: each epoch as information, each batch as a trace, with named values.
/// </summary>
public sealed class TrainingLog(ILogger logger) : IProgress<TrainingReport>
{
    /// <summary>Writes a report.</summary>
    public void Report(TrainingReport value)
    {
        if (value.Completed is not { } epoch)
        {
            logger.LogTrace(
                "Epoch {Epoch}, batch {Batch} of {Batches}: loss {Loss}", value.Epoch, value.Batch, value.Batches, value.Loss);
            return;
        }

        logger.LogInformation(
            "Epoch {Epoch} of {Epochs}: loss {Loss}, validation loss {ValidationLoss}, {Metrics}, {ExamplesPerSecond} examples/s, {Hits} hits, {Misses} misses",
            value.Epoch,
            value.Epochs,
            epoch.Loss,
            epoch.ValidationLoss,
            epoch.Metrics,
            epoch.ExamplesPerSecond,
            epoch.Hits,
            epoch.Misses);
    }
}
