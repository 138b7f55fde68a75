using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>How a differential equation is solved.</summary>
public sealed record OdeOptions
{
    /// <summary>By how much a step may be wrong, relatively to the state, in each element; above 0.</summary>
    public double RelativeTolerance { get; init; } = 1e-3;

    /// <summary>By how much a step may be wrong where the state is near 0; above 0.</summary>
    public double AbsoluteTolerance { get; init; } = 1e-6;

    /// <summary>The greatest size of the first step; null: what the slope at the start suggests.</summary>
    public double? InitialStep { get; init; }

    /// <summary>The greatest size of a step; null: a tenth of the time from the first to the last.</summary>
    public double? MaxStep { get; init; }

    /// <summary>The greatest number of steps tried, at least 1.</summary>
    public int MaxSteps { get; init; } = 100_000;

    /// <summary>How the solution is differentiated.</summary>
    public GradientMode GradientMode { get; init; } = GradientMode.Direct;

    internal FSharp.OdeOptions ToCore() => new(
        RelativeTolerance, AbsoluteTolerance, Option(InitialStep), Option(MaxStep), MaxSteps, GradientMode);

    private static FSharpOption<double> Option(double? step) =>
        step is { } size ? FSharpOption<double>.Some(size) : FSharpOption<double>.None;
}
