namespace Functional.FSharp

open System
open System.Threading
open Functional

/// How a network is trained.
type FitOptions<'N, 'B> =
    {
        /// How many epochs there are in all, those before a checkpoint included.
        Epochs: int
        /// Draws in the n-th step, such as dropout's, are those of the generator `Generator(Seed).FoldIn n`, n from 0.
        Seed: uint64
        /// Whether the whole step is accelerated: the same bits either way.
        Acceleration: Acceleration
        /// What is measured after each epoch.
        Validation: Batches<'B> option
        /// The learning rate of a step of the optimiser, counted from 0; None leaves it to the optimiser.
        Schedule: (int64 -> float) option
        /// What becomes of the gradient before the optimiser takes it, such as clipping.
        Clip: ('N -> 'N) option
        /// Batches whose gradients are averaged for a step of the optimiser, at least 1.
        Accumulate: int
        /// Where training ends before its last epoch.
        EarlyStopping: EarlyStopping option
        /// Where training is kept, and resumed from where something was kept before.
        Checkpoints: ICheckpoints option
        /// After how many batches within an epoch it is kept, beside each epoch's end; 0: at the end only.
        CheckpointEvery: int
        /// Whether a step of each epoch is also run directly, for the acceleration ratio.
        MeasuresAcceleration: bool
        /// Is told how it goes, on the thread of training.
        Progress: IProgress<TrainingReport> option
        /// Ends training after the step in hand.
        Cancellation: CancellationToken
    }

    /// One epoch, accelerated, with the seed 0; nothing besides.
    static member Default: FitOptions<'N, 'B> =
        { Epochs = 1
          Seed = 0UL
          Acceleration = Acceleration.Auto
          Validation = None
          Schedule = None
          Clip = None
          Accumulate = 1
          EarlyStopping = None
          Checkpoints = None
          CheckpointEvery = 0
          MeasuresAcceleration = false
          Progress = None
          Cancellation = CancellationToken.None }

    member internal options.Validate(objective: Objective<'N, 'B>) =
        ArgumentOutOfRangeException.ThrowIfNegative(options.Epochs, nameof options.Epochs)
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Accumulate, 1, nameof options.Accumulate)
        ArgumentOutOfRangeException.ThrowIfNegative(options.CheckpointEvery, nameof options.CheckpointEvery)
        options.EarlyStopping
        |> Option.iter (fun stopping -> stopping.Validate(objective.Metrics, options.Validation.IsSome))
