using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>How a network is trained.</summary>
public sealed record FitOptions<TNetwork, TBatch>
{
    /// <summary>How many epochs there are in all, those before a checkpoint included.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>
    /// Draws in the n-th step, such as dropout's, are those of the generator <c>new Generator(Seed).FoldIn(n)</c>, n from 0.
    /// </summary>
    public ulong Seed { get; init; }

    /// <summary>Whether the whole step is accelerated: the same bits either way.</summary>
    public Acceleration Acceleration { get; init; } = Acceleration.Auto;

    /// <summary>What is measured after each epoch; null: nothing.</summary>
    public Batches<TBatch>? Validation { get; init; }

    /// <summary>
    /// The learning rate of a step of the optimiser, counted from 0; null leaves it to the optimiser.
    /// </summary>
    public Func<long, double>? Schedule { get; init; }

    /// <summary>What becomes of the gradient before the optimiser takes it, such as clipping; null: nothing.</summary>
    public Func<TNetwork, TNetwork>? Clip { get; init; }

    /// <summary>Batches whose gradients are averaged for a step of the optimiser, at least 1.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Where training ends before its last epoch; null: nowhere.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Where training is kept, and resumed from where something was kept before; null: nowhere.</summary>
    public ICheckpoints? Checkpoints { get; init; }

    /// <summary>
    /// After how many batches within an epoch it is kept, beside each epoch's end; 0: at the end only.
    /// </summary>
    public int CheckpointEvery { get; init; }

    /// <summary>Whether a step of each epoch is also run directly, for the acceleration ratio.</summary>
    public bool MeasuresAcceleration { get; init; }

    /// <summary>Is told how it goes, on the thread of training; null: nobody.</summary>
    public IProgress<TrainingReport>? Progress { get; init; }

    internal FSharp.FitOptions<TNetwork, TBatch> ToCore(CancellationToken cancellation) => new(
        Epochs,
        Seed,
        Acceleration,
        Optional(Validation),
        Schedule is { } schedule ? FuncConvert.FromFunc(schedule) : FSharpOption<FSharpFunc<long, double>>.None,
        Clip is { } clip ? FuncConvert.FromFunc(clip) : FSharpOption<FSharpFunc<TNetwork, TNetwork>>.None,
        Accumulate,
        Optional(EarlyStopping),
        Optional(Checkpoints),
        CheckpointEvery,
        MeasuresAcceleration,
        Optional(Progress),
        cancellation);

    private static FSharpOption<T> Optional<T>(T? value)
        where T : class =>
        value is null ? FSharpOption<T>.None : FSharpOption<T>.Some(value);
}
