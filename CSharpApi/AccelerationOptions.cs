using Functional.FSharp;

namespace Functional;

/// <summary>How an accelerated function keeps its traces.</summary>
public sealed record AccelerationOptions
{
    /// <summary>False: every call runs the function directly.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How many signatures are kept, at least 1; the least recently used goes first.</summary>
    public int CacheSize { get; init; } = 50;

    /// <summary>The function's name in messages.</summary>
    public string Name { get; init; } = "";

    internal AccelerateOptions ToCore() => new(Enabled, CacheSize, Name);
}
