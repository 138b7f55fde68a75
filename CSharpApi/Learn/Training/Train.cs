using F = Functional.FSharp.Train;

namespace Functional;

/// <summary>Training.</summary>
public static class Train
{
    /// <summary>
    /// Trains a network, or any structure of tensors, on batches. A step (loss, gradient, clipping, update) is one accelerated
    /// function; run directly it gives the same bits. Where a layer does not declare itself acceleratable the step runs
    /// directly.
    /// </summary>
    /// <param name="network">What is trained.</param>
    /// <param name="objective">What is made small, and what is measured.</param>
    /// <param name="optimiser">How the network moves along a gradient.</param>
    /// <param name="data">What it is trained on.</param>
    /// <param name="options">How it is trained; null for the defaults, which are one epoch.</param>
    /// <param name="cancellationToken">Ends training after the step in hand; what was trained is returned.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="ArgumentException">Early stopping watches what is not measured.</exception>
    /// <exception cref="ShapeException">The data have no batch, or an epoch has fewer than it should.</exception>
    public static Fitted<TNetwork, TState> Fit<TNetwork, TState, TBatch>(
        TNetwork network,
        Objective<TNetwork, TBatch> objective,
        Optimiser<TNetwork, TState> optimiser,
        Batches<TBatch> data,
        FitOptions<TNetwork, TBatch>? options = null,
        CancellationToken cancellationToken = default) =>
        F.fit((options ?? new()).ToCore(cancellationToken), objective, optimiser, data, network);
}
