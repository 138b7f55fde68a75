using Functional.FSharp;
using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>How an accelerated function keeps its traces.</summary>
public sealed record AccelerationOptions
{
    /// <summary>False: every call runs the function directly.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How many signatures are kept, at least 1; the least recently used goes first.</summary>
    public int CacheSize { get; init; } = 50;

    /// <summary>
    /// How many bytes the traces kept may hold, estimated from their instructions and constants; null: any number.
    /// </summary>
    public long? CacheBytes { get; init; }

    /// <summary>What it means that the function reads a value while it is traced.</summary>
    public BranchPolicy Branches { get; init; } = BranchPolicy.Guard;

    /// <summary>
    /// How many paths, so how many combinations of values read, are kept for one signature, at least 1. Calls that take yet
    /// another path run directly.
    /// </summary>
    public int PathLimit { get; init; } = 64;

    /// <summary>
    /// True: where making traces has cost more time than replaying them has saved, only signatures that come again and again
    /// are traced. False: every signature is traced at its first call.
    /// </summary>
    public bool Governed { get; init; } = true;

    /// <summary>
    /// True: replays may use laws of numbers that rounding breaks, such as x / c = x · (1 / c), and round a product that is
    /// added to something only once. They take less time, and differ from direct calls, and from the call that made the trace,
    /// by rounding, in what becomes of NaN and infinities, and in the sign of 0.
    /// </summary>
    public bool Relaxed { get; init; }

    /// <summary>Whether calls are compared with direct ones.</summary>
    public CheckMode Check { get; init; } = CheckMode.None;

    /// <summary>
    /// By how much a check lets an accelerated number a and a direct one d differ: |a - d| ≤ t + t·|d|, at least 0.
    /// </summary>
    public double CheckTolerance { get; init; } = 1e-4;

    /// <summary>What becomes of a difference that a check has found.</summary>
    public CheckAction CheckAction { get; init; } = CheckAction.Warn;

    /// <summary>The function's name in messages and metrics.</summary>
    public string Name { get; init; } = "";

    internal AccelerateOptions ToCore() => new(
        Enabled,
        CacheSize,
        CacheBytes is { } bytes ? FSharpOption<long>.Some(bytes) : FSharpOption<long>.None,
        Branches,
        PathLimit,
        Governed,
        Relaxed,
        Check,
        CheckTolerance,
        CheckAction,
        Name);
}
