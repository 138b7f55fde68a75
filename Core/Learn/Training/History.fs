namespace Functional

open System
open System.Collections.Generic

/// Why training ended.
type StopReason =
    /// All epochs are done.
    | Completed = 0
    /// What is watched got no better for as many epochs as early stopping has patience.
    | StoppedEarly = 1
    /// It was cancelled; what was trained until then is there.
    | Cancelled = 2
    /// A loss was infinite or NaN; the network is that before the step.
    | LossNotFinite = 3

/// What became of an epoch.
type EpochRecord =
    {
        /// Its number, from 0.
        Epoch: int
        /// Steps of the optimiser, from the first epoch on.
        Steps: int64
        /// The mean loss while training: of all batches, weighted by their examples.
        Loss: float
        /// The mean loss in validation; NaN without.
        ValidationLoss: float
        /// The means of the metrics in validation.
        Metrics: IReadOnlyDictionary<string, float>
        /// The learning rate of the last step; NaN where the schedule leaves it to the optimiser.
        LearningRate: float
        /// Examples trained on.
        Examples: int64
        /// How long the steps took, loading of batches included.
        Duration: TimeSpan
        /// How long validation took.
        ValidationDuration: TimeSpan
        /// The time of a direct step in that of an accelerated one; NaN where it was not measured.
        AccelerationRatio: float
        /// Steps that replayed a trace.
        Hits: int64
        /// Steps that did not.
        Misses: int64
    }

    /// Examples trained on in a second.
    member e.ExamplesPerSecond = float e.Examples / e.Duration.TotalSeconds

/// How training goes on, after each batch and, with the record of the epoch, at an epoch's end.
type TrainingReport =
    {
        /// The number of the epoch, from 0.
        Epoch: int
        /// How many epochs there are to be.
        Epochs: int
        /// Batches done in this epoch.
        Batch: int
        /// Batches in an epoch.
        Batches: int
        /// Steps of the optimiser, from the first epoch on.
        Steps: int64
        /// The loss of the batch.
        Loss: float
        /// Examples trained on in a second, in this epoch.
        ExamplesPerSecond: float
        /// The epoch that has just ended; null before its end.
        Completed: EpochRecord | null
    }

/// What training leaves.
type Fitted<'N, 'S> =
    {
        /// The network as trained last; or that of the best epoch, where early stopping restores it and nothing was
        /// cancelled.
        Network: 'N
        /// What the optimiser keeps, to go on.
        State: 'S
        /// The epochs, also those before a checkpoint that training was resumed from.
        History: IReadOnlyList<EpochRecord>
        /// Why training ended.
        Reason: StopReason
        /// What became of the calls of the accelerated step, and why.
        Cache: Explanation
    }
