namespace Functional

open System
open System.Collections.Generic
open System.Diagnostics
open Functional.FSharp

/// A training under way: where it is, and what it has made so far. Networks and states are immutable, so whatever ends it,
/// what stands here is whole.
[<Sealed>]
type internal Fit<'N, 'S, 'B>
    (
        options: FitOptions<'N, 'B>,
        objective: Objective<'N, 'B>,
        optimiser: Optimiser<'N, 'S>,
        data: Batches<'B>,
        first: 'N
    ) =
    let isAccelerated = options.Acceleration = Acceleration.Auto && Traceable.Is(box first)
    let steps = Steps<'N, 'S, 'B>(objective, optimiser, options, isAccelerated)
    let mutable at = TrainingPosition.Start
    let mutable network, state, best = first, optimiser.Start first, first
    /// Gradients of batches since the last step of the optimiser, and how many there are.
    let mutable sum, summed = ValueNone, 0
    /// Where the optimiser last stepped: what a checkpoint keeps.
    let mutable settled = struct (at, network, state)
    let mutable isSaving = false
    let mutable reason = StopReason.Completed
    let mutable learningRate = nan
    /// Of this epoch: the time of its steps, and of one that ran directly besides.
    let mutable elapsed = TimeSpan.Zero
    let mutable directly = nan
    let times = List<float>()

    /// Of the batch that is next, from the first epoch on.
    let batchNumber () = int64 at.Epoch * int64 data.Count + int64 at.Batch

    let examplesIn (batch: 'B) =
        match fst (Structures.flatten (box batch)) |> Array.tryFind (fun t -> t.Rank > 0) with
        | None -> 1
        | Some t ->
            match Labels.places t.Type 'B' with
            | dim :: _ -> t.Shape[dim]
            | [] -> t.Shape[0]

    let settle () = if summed = 0 then settled <- struct (at, network, state)

    let save () =
        options.Checkpoints
        |> Option.iter (fun checkpoints ->
            isSaving <- true
            let struct (at, network, state) = settled
            checkpoints.Save({ Network = network; State = state; Best = best }, TrainingPosition.toText at)
            isSaving <- false)

    let resume () =
        match options.Checkpoints with
        | None -> ()
        | Some checkpoints ->
            let mutable tensors = { Network = network; State = state; Best = best }
            let mutable notes = ""

            if checkpoints.TryLoad(tensors, &tensors, &notes) then
                at <- TrainingPosition.ofText notes
                network <- tensors.Network
                state <- tensors.State
                best <- tensors.Best
                settle ()

    let schedule () =
        options.Schedule
        |> Option.iter (fun rate ->
            learningRate <- rate at.Steps
            state <- optimiser.WithLearningRate(state, learningRate))

    let timed (f: unit -> 'R) =
        let start = Stopwatch.GetTimestamp()
        let result = f ()
        result, Stopwatch.GetElapsedTime(start).TotalSeconds

    /// Loss, network, state and sum of gradients after a batch.
    let run batch =
        if options.Accumulate = 1 then
            let struct (loss, network, state) = steps.Whole(network, state, batch)
            struct (loss, network, state, ValueNone)
        else
            let struct (loss, next, sum) = steps.Part(network, sum, batch)
            struct (loss, next, state, ValueSome sum)

    /// In each epoch the third step, which replays in the first epoch too, or the last where there are fewer.
    let isMeasured () =
        options.MeasuresAcceleration
        && isAccelerated
        && options.Accumulate = 1
        && at.Batch = min 2 (data.Count - 1)

    let update () =
        match sum with
        | ValueSome gradients when summed = options.Accumulate || at.Batch = data.Count ->
            let struct (nextNetwork, nextState) = steps.Finish(network, state, gradients, summed)
            network <- nextNetwork
            state <- nextState
            sum <- ValueNone
            summed <- 0
            at <- { at with Steps = at.Steps + 1L }
        | ValueSome _ -> ()
        | ValueNone -> at <- { at with Steps = at.Steps + 1L }

    let report loss completed =
        options.Progress
        |> Option.iter (fun progress ->
            progress.Report
                { Epoch = at.Epoch
                  Epochs = options.Epochs
                  Batch = at.Batch
                  Batches = data.Count
                  Steps = at.Steps
                  Loss = loss
                  ExamplesPerSecond = float at.Examples / max 1e-9 elapsed.TotalSeconds
                  Completed = completed })

    let generator () = Generator(options.Seed).FoldIn(batchNumber ())

    let measureDirectly batch =
        let _, time = timed (fun () -> Seeded.run (generator ()) (fun () -> steps.WholeDirectly(network, state, batch)))

        directly <- time

    /// The step of a batch; false where its loss is no number, and nothing has changed.
    let step (batch: 'B) =
        if summed = 0 then schedule ()

        let struct (loss, nextNetwork, nextState, nextSum), time =
            timed (fun () -> Seeded.run (generator ()) (fun () -> run batch))

        let loss = Convert.ToDouble(float loss)

        if Double.IsFinite loss then
            times.Add time
            network <- nextNetwork
            state <- nextState
            sum <- nextSum
            if nextSum.IsSome then summed <- summed + 1
            let n = examplesIn batch
            at <-
                { at with
                    Batch = at.Batch + 1
                    LossSum = at.LossSum + loss * float n
                    Examples = at.Examples + int64 n }
            update ()
            settle ()

        struct (Double.IsFinite loss, loss)

    let isCheckpointDue () =
        options.CheckpointEvery > 0
        && summed = 0
        && at.Batch % options.CheckpointEvery = 0
        && at.Batch < data.Count

    /// Whether there is a batch to train on.
    let hasNext (batches: IEnumerator<'B>) =
        if at.Batch = data.Count then
            false
        elif options.Cancellation.IsCancellationRequested then
            reason <- StopReason.Cancelled
            false
        elif batches.MoveNext() then
            true
        else
            Labels.shapeError
                "Train.fit"
                []
                $"epoch {at.Epoch} has {at.Batch} batches, not {data.Count}"
                "give as many in each epoch as Batches.Count tells"

    /// Trains on what is left of the epoch; false where something ended it.
    let trainEpoch () =
        use batches = data.EpochFrom(at.Epoch, at.Batch).GetEnumerator()
        let mutable isSound = true
        let mutable start = Stopwatch.GetTimestamp()

        while isSound && hasNext batches do
            let loading = Stopwatch.GetElapsedTime start
            if isMeasured () then measureDirectly batches.Current
            let struct (isNumber, loss), time = timed (fun () -> step batches.Current)
            elapsed <- elapsed + loading + TimeSpan.FromSeconds time
            isSound <- isNumber

            if isSound then
                report loss null
                if isCheckpointDue () then save ()

            start <- Stopwatch.GetTimestamp()

        if not isSound then reason <- StopReason.LossNotFinite
        isSound && at.Batch = data.Count

    /// Means over the batches, weighted by their examples.
    let validate () : float array =
        match options.Validation with
        | None -> [| nan |]
        | Some batches ->
            let sums = Array.zeroCreate (objective.Metrics.Count + 1)
            let mutable examples = 0L

            Seeded.run (Generator(options.Seed).FoldIn -1L) (fun () ->
                for batch in batches.Epoch 0 do
                    let n = examplesIn batch
                    examples <- examples + int64 n
                    steps.Measure(network, batch) |> Array.iteri (fun k x -> sums[k] <- sums[k] + x * float n))

            sums |> Array.map (fun x -> x / float examples)

    let median (values: List<float>) =
        if values.Count = 0 then nan else (Array.sort (values.ToArray()))[values.Count / 2]

    /// The record of the epoch that has just been trained.
    let finishEpoch hits misses =
        let measured, validationTime = timed validate

        let metrics =
            if options.Validation.IsNone then
                []
            else
                List.zip (List.ofSeq objective.Metrics) (List.ofArray measured[1..])

        { Epoch = at.Epoch
          Steps = at.Steps
          Loss = at.LossSum / float at.Examples
          ValidationLoss = measured[0]
          Metrics = Dictionary(dict metrics)
          LearningRate = learningRate
          Examples = at.Examples
          Duration = elapsed
          ValidationDuration = TimeSpan.FromSeconds validationTime
          AccelerationRatio = directly / median times
          Hits = steps.Main.Hits - hits
          Misses = steps.Main.Misses - misses }

    /// Notes whether the epoch was the best so far.
    let judge (record: EpochRecord) =
        match options.EarlyStopping with
        | None -> ()
        | Some stopping ->
            let value = stopping.Value record

            if stopping.IsBetter(value, at.BestValue) then
                best <- network
                at <- { at with BestValue = value; EpochsSinceBest = 0 }
            else
                at <- { at with EpochsSinceBest = at.EpochsSinceBest + 1 }

    let hasStoppedEarly () =
        match options.EarlyStopping with
        | Some stopping when at.EpochsSinceBest >= stopping.Patience -> true
        | _ -> false

    /// An epoch; false where training ends within or after it.
    let epoch () =
        elapsed <- TimeSpan.Zero
        directly <- nan
        times.Clear()
        let hits, misses = steps.Main.Hits, steps.Main.Misses
        let isDone = trainEpoch ()

        if isDone then
            let record = finishEpoch hits misses
            judge record
            report record.Loss record
            at <-
                { at with
                    Epoch = at.Epoch + 1
                    Batch = 0
                    LossSum = 0.
                    Examples = 0L
                    History = [| yield! at.History; record |] }

            settle ()

        save ()
        isDone

    let rec train () =
        if at.Epoch < options.Epochs then
            if hasStoppedEarly () then reason <- StopReason.StoppedEarly
            elif options.Cancellation.IsCancellationRequested then reason <- StopReason.Cancelled
            elif epoch () then train ()

    /// The network, state and history that training leaves. Whatever throws, what was trained before is kept first.
    member _.Run() : Fitted<'N, 'S> =
        resume ()

        try
            train ()
        with _ ->
            if not isSaving then save ()
            reraise ()

        let restores =
            match options.EarlyStopping with
            | Some stopping ->
                stopping.RestoresBest && not (Double.IsNaN at.BestValue) && reason <> StopReason.Cancelled
            | None -> false

        { Network = (if restores then best else network)
          State = state
          History = at.History
          Reason = reason
          Cache = steps.Main.Explain() }

namespace Functional.FSharp

open Functional

/// Training.
[<RequireQualifiedAccess>]
module Train =
    /// Trains a network, or any structure of tensors, on batches. A step (loss, gradient, clipping, update) is one accelerated
    /// function; run directly it gives the same bits. Where a layer does not declare itself acceleratable the step runs directly.
    /// Throws ArgumentOutOfRangeException for options out of range, ArgumentException for early stopping that watches what is
    /// not measured, ShapeException for data without batches; and what objective, data or checkpoints throw, after what was
    /// trained is kept.
    let fit
        (options: FitOptions<'N, 'B>)
        (objective: Objective<'N, 'B>)
        (optimiser: Optimiser<'N, 'S>)
        (data: Batches<'B>)
        (network: 'N)
        : Fitted<'N, 'S> =
        options.Validate objective

        if data.Count = 0 || options.Validation |> Option.exists (fun v -> v.Count = 0) then
            Labels.shapeError "Train.fit" [] "the data have no batch" "give one example, or fewer in a batch"

        Fit<'N, 'S, 'B>(options, objective, optimiser, data, network).Run()
