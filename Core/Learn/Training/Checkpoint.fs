namespace Functional

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Text.Json
open System.Text.Json.Serialization

/// Where checkpoints are kept. Saving leaves the checkpoint before or the new one, whole.
type ICheckpoints =
    /// Keeps a structure of tensors, and a text with it.
    abstract Save<'T> : tensors: 'T * notes: string -> unit

    /// What was kept last, as a structure like the one given; false where nothing was kept.
    abstract TryLoad<'T> : like: 'T * [<Out>] tensors: byref<'T> * [<Out>] notes: byref<string> -> bool

/// The tensors of a training that can be resumed: all that the next step depends on besides numbers.
type internal CheckpointTensors<'N, 'S> = { Network: 'N; State: 'S; Best: 'N }

/// Where a training stands: its numbers, which a checkpoint keeps as notes.
type TrainingPosition =
    {
        /// The version of this type, 1.
        Version: int
        /// The epoch being trained, from 0.
        Epoch: int
        /// Batches done in this epoch.
        Batch: int
        /// Steps of the optimiser, from the first epoch on.
        Steps: int64
        /// The sum of losses over the examples of this epoch.
        LossSum: float
        /// Examples trained on in this epoch.
        Examples: int64
        /// The best value that early stopping has seen; NaN before.
        BestValue: float
        /// Epochs since then.
        EpochsSinceBest: int
        /// The epochs done.
        History: IReadOnlyList<EpochRecord>
    }

    static member internal Start =
        { Version = 1
          Epoch = 0
          Batch = 0
          Steps = 0L
          LossSum = 0.
          Examples = 0L
          BestValue = nan
          EpochsSinceBest = 0
          History = [||] }

[<RequireQualifiedAccess>]
module internal TrainingPosition =
    let private options = JsonSerializerOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)

    let toText (position: TrainingPosition) = JsonSerializer.Serialize(position, options)

    let private refuse problem =
        raise (
            StructureException(
                "Train.Fit",
                [],
                $"the checkpoint's notes are none of a training: {problem}",
                "give checkpoints that Train.Fit saved, or none"
            )
        )

    let ofText (text: string) : TrainingPosition =
        let position =
            try
                JsonSerializer.Deserialize<TrainingPosition>(text, options)
            with
            | :? JsonException
            | :? NotSupportedException as e -> refuse e.Message

        match box position with
        | :? TrainingPosition as position when position.Version = 1 && not (isNull (box position.History)) -> position
        | _ -> refuse "they are of another version"
