module Functional.Tests.Learn.FitTests

open System
open System.Collections.Generic
open System.Threading
open Expecto
open Functional
open Functional.FSharp

/// Points in the plane, and in which of three sectors they lie.
let private examples n seed =
    let ambient = Generator.Current
    Generator.Current <- Generator seed
    let x = Tensor.normal DType.Float32 [ n; 2 ] "BC"
    Generator.Current <- ambient
    let xs = Tensor.toArray<float32> x
    let sector k =
        if xs[2 * k] > 0.3f then 0
        elif xs[2 * k + 1] > 0f then 1
        else 2
    x, Tensor.create [ n ] "B" (Array.init n sector)

let private training = Data.batches 16 1UL (examples 100 1UL)
let private validation =
    Data.batchesWith { BatchOptions.Default with Size = 40; Shuffle = false } (examples 80 2UL)

let private network () =
    Network
        .Sequential(Dense 12, LeakyRelu 0.1, Dropout 0.2, Dense 3, Softmax())
        .Initialize(Layout.Of("BC", Nullable(), 2), 3UL)

let private objective = Objective.supervised Loss.crossEntropy [ "accuracy", Metric.accuracy ]
let private adam () = Optimiser.adam AdamOptions.Default 0.01
let private options = { FitOptions.Default with Epochs = 4; Seed = 9UL }
let private fit options = Train.fit options objective (adam ()) training (network ())
let private same (a: 'T) (b: 'T) = Structure.HasSameBits(a, b)

/// Keeps the last checkpoint in memory.
type private Kept() =
    let mutable kept: (obj * string) option = None
    member val Saves = 0 with get, set

    interface ICheckpoints with
        member this.Save(tensors: 'T, notes) =
            this.Saves <- this.Saves + 1
            kept <- Some(nonNull (box tensors), notes)

        member _.TryLoad(_: 'T, tensors: byref<'T>, notes: byref<string>) =
            match kept with
            | Some(t, text) ->
                tensors <- unbox<'T> t
                notes <- text
                true
            | None -> false

type private Reports(act: TrainingReport -> unit) =
    let all = List<TrainingReport>()
    member _.All = all

    interface IProgress<TrainingReport> with
        member _.Report report =
            all.Add report
            act report

let mutable private calls = 0

/// Not acceleratable: counts how often it is trained.
type private Counted() =
    inherit Layer()
    override _.Predict x = x

    override _.Forward x =
        calls <- calls + 1
        x

let private ignored (_: TrainingReport) = ()

let private bits =
    testList
        "bits"
        [ test "state goes on from batch to batch, accelerated and directly" {
              let network =
                  Network.Sequential(BatchNorm(), Dense 3, Softmax()).Initialize(Layout.Of("BC", Nullable(), 2), 3UL)
              let fit options = (Train.fit options objective (adam ()) training network).Network
              let fitted = fit options
              Expect.isTrue (same fitted (fit { options with Acceleration = Acceleration.None })) "bits"
              let variance = nonNull (fitted.Layers[0] :?> BatchNorm).Variance
              // 28 batches leave 0.9²⁸ = 5 % of the 1 that it began with.
              Expect.isFalse (same variance (Tensor.create [ 2 ] "" [| 1f; 1f |])) "moved"
          }
          test "the same accelerated, directly, and by a loop of one's own" {
              let fitted = fit options
              let direct = fit { options with Acceleration = Acceleration.None }
              Expect.isTrue (same fitted.Network direct.Network && same fitted.State direct.State) "directly"

              let step =
                  accelerate (fun (network: Network, state, (x, t)) ->
                      let loss, gradient = valueAndGrad (fun (n: Network) -> Loss.crossEntropy (n.Forward x) t) network
                      loss, Adam.step AdamOptions.Default (network, state, gradient))

              let mutable model, n = (network (), Adam.start 0.01 (network ())), 0L

              for batch in training.Epochs 4 do
                  Generator.Current <- Generator(9UL).FoldIn n
                  let network, state = model
                  model <- snd (step (network, state, batch))
                  n <- n + 1L

              Expect.isTrue (same fitted.Network (fst model)) "by hand"
          }
          test "the step is one function, traced once for each size of a batch" {
              let fitted = fit options
              Expect.equal (fitted.Cache.TracesMade, fitted.Cache.Hits) (2L, 26L) "16, and the last 4"
              Expect.equal [ for e in fitted.History -> e.Hits, e.Misses ] [ 5L, 2L; 7L, 0L; 7L, 0L; 7L, 0L ] "by epoch"
          }
          test "data made ahead change nothing" {
              let ahead = Train.fit options objective (adam ()) (training.Prefetch 3) (network ())
              Expect.isTrue (same (fit options).Network ahead.Network) "network"
          }
          test "a network with a layer that is not acceleratable is trained directly" {
              let network =
                  Network.Sequential(Dense 3, Counted(), Softmax()).Initialize(Layout.Of("BC", Nullable(), 2), 3UL)
              calls <- 0
              let fitted = Train.fit options objective (adam ()) training network
              Expect.equal (calls, fitted.Cache.TracesMade) (28, 0L) "calls of its function"
          } ]

/// Trains with checkpoints, ends after so many batches, and goes on from there.
let private resumed after options =
    use stop = new CancellationTokenSource()
    let kept = Kept()
    let mutable seen = 0
    let count _ =
        seen <- seen + 1
        if seen = after then stop.Cancel()
    let options = { options with Checkpoints = Some kept }
    let first = fit { options with Cancellation = stop.Token; Progress = Some(Reports count) }
    first, fit options

let private checkpoints =
    testList
        "checkpoints"
        [ test "training goes on from a checkpoint to the bits that it would have had" {
              let stopping = { options with Validation = Some validation; EarlyStopping = Some(EarlyStopping(2)) }

              for name, options in
                  [ "plain", options
                    "accumulated", { options with Accumulate = 3 }
                    "scheduled", { options with Schedule = Some(fun n -> 0.01 / float (n + 1L)) }
                    "stopping early", stopping ] do
                  let whole = fit options

                  for after in [ 1; 7; 8; 17 ] do
                      let first, second = resumed after options
                      Expect.equal (first.Reason, second.Reason) (StopReason.Cancelled, whole.Reason) $"{name}, {after}"
                      Expect.isTrue (same whole.Network second.Network) $"{name}, {after}: network"
                      Expect.isTrue (same whole.State second.State) $"{name}, {after}: state"
                      let numbers (history: IReadOnlyList<EpochRecord>) =
                          [ for e in history -> BitConverter.DoubleToInt64Bits e.Loss, e.Steps, string e.ValidationLoss ]
                      Expect.equal (numbers second.History) (numbers whole.History) $"{name}, {after}: history"
          }
          test "cancelling loses no more than the step in hand" {
              let first, _ = resumed 3 options

              let three =
                  let three = Batches<Tensor * Tensor>.Of(3, (fun epoch -> Seq.truncate 3 (training.Epoch epoch)))
                  Train.fit { options with Epochs = 1 } objective (adam ()) three (network ())

              Expect.isTrue (same first.Network three.Network) "three steps"
          }
          test "what was trained is kept where data or progress fail, and at the intervals asked for" {
              let failing =
                  Batches<Tensor * Tensor>
                      .Of(
                          7,
                          (fun epoch ->
                              Seq.append
                                  (Seq.truncate 4 (training.Epoch epoch))
                                  (Seq.delay (fun () -> raise (TimeoutException()))))
                      )

              let kept = Kept()
              let options = { options with Checkpoints = Some kept }
              Expect.throwsT<TimeoutException>
                  (fun () -> Train.fit options objective (adam ()) failing (network ()) |> ignore)
                  "the data's error"
              Expect.isTrue (same (fit options).Network (fit { options with Checkpoints = None }).Network) "resumed"

              let kept = Kept()
              fit { options with Checkpoints = Some kept; CheckpointEvery = 2; Epochs = 1 } |> ignore
              Expect.equal kept.Saves 4 "after 2, 4 and 6 batches, and at the end"
          }
          test "notes that are none of a training are refused" {
              let kept = Kept()
              let fitted = fit options
              let tensors = { CheckpointTensors.Network = fitted.Network; State = fitted.State; Best = fitted.Network }

              for notes in [ ""; "null"; "{}"; "{\"Version\":2}"; "[1]" ] do
                  (kept :> ICheckpoints).Save(tensors, notes)
                  Expect.throwsT<StructureException>
                      (fun () -> fit { options with Checkpoints = Some kept } |> ignore)
                      notes
          } ]

/// A parameter that is to become 3, by plain descent from 0 with a rate of 0.1.
let private descent options (data: float list) =
    let batches = Batches<Tensor>.Of(data.Length, (fun _ -> data |> Seq.map Tensor.scalar))
    let objective = Objective.create (fun (p: Tensor) (x: Tensor) -> (p - x) * (p - x))
    Train.fit options objective (Optimiser.sgd { SgdOptions.Default with Momentum = 0. } 0.1) batches (Tensor.scalar 0.)

let private one = { FitOptions.Default with Epochs = 1 }

let private steps =
    testList
        "steps"
        [ test "gradients of several batches are averaged, also where the last are fewer" {
              let fitted = descent { one with Accumulate = 2 } [ 1.; 3.; 5. ]
              // -2·mean(1, 3) · -0.1 = 0.4; then 2·(0.4 - 5) · -0.1 = 0.92.
              Expect.floatClose Accuracy.high (float fitted.Network) (0.4 + 0.92) "two steps"
              Expect.equal fitted.History[0].Steps 2L "steps"
              Expect.floatClose Accuracy.high fitted.History[0].Loss ((1. + 9. + 4.6 * 4.6) / 3.) "loss"
          }
          test "a schedule gives each step its learning rate, without a new trace" {
              let fitted = descent { one with Schedule = Some(fun n -> if n = 0L then 0.5 else 0.) } [ 1.; 3.; 5. ]
              Expect.equal (float fitted.Network) 1. "one step of half the way back and forth, then none"
              Expect.equal (fitted.Cache.TracesMade, fitted.History[0].LearningRate) (1L, 0.) "traces, rate"
          }
          test "the gradient is clipped before the optimiser takes it" {
              let fitted = descent { one with Clip = Some(fun (g: Tensor) -> Tensor.clamp -1. 1. g) } [ 10.; 10. ]
              Expect.floatClose Accuracy.high (float fitted.Network) 0.2 "two steps of 0.1"
          }
          test "a loss that is no number ends training before the step" {
              let fitted = descent one [ 3.; nan; 3. ]
              Expect.equal fitted.Reason StopReason.LossNotFinite "reason"
              Expect.floatClose Accuracy.high (float fitted.Network) 0.6 "one step"
              Expect.equal fitted.History.Count 0 "no whole epoch"
          }
          test "the current generator goes on as if nothing had been drawn" {
              let before = Generator.Current.Position
              fit options |> ignore
              Expect.equal Generator.Current.Position before "position"
          }
          test "a network's next state is kept, and counts no gradient" {
              let objective =
                  Objective.createWithState
                      (fun (p: Tensor, count: Tensor) (x: Tensor) -> (p - x) * (p - x), (p, count + 1.))
                      (fun (p, _) x -> (p - x) * (p - x))

              let batches = Batches<Tensor>.Of(2, (fun _ -> Seq.map Tensor.scalar [ 1.; 3. ]))
              let start = Tensor.scalar 0., Tensor.scalar 0L
              let fit acceleration =
                  Train.fit
                      { FitOptions.Default with Epochs = 3; Acceleration = acceleration }
                      objective
                      (Optimiser.sgd { SgdOptions.Default with Momentum = 0. } 0.1)
                      batches
                      start

              let fitted = fit Acceleration.Auto
              Expect.equal (int64 (snd fitted.Network)) 6L "counted"
              Expect.isTrue (same fitted.Network (fit Acceleration.None).Network) "directly"
          } ]

let private measures =
    testList
        "history"
        [ test "an epoch's record tells losses, metrics and steps" {
              let fitted = fit { options with Validation = Some validation; MeasuresAcceleration = true; Epochs = 20 }
              Expect.equal
                  [ for e in fitted.History -> e.Epoch, e.Steps ]
                  [ for k in 0..19 -> k, 7L * int64 (k + 1) ]
                  "steps"
              let first, last = fitted.History[0], fitted.History[19]
              Expect.equal (first.Examples, last.Examples) (100L, 100L) "examples"
              Expect.isLessThan last.Loss first.Loss "it learns"
              Expect.isGreaterThan last.Metrics["accuracy"] 0.8 "and what it is to learn"
              Expect.isTrue (last.AccelerationRatio > 0. && last.ExamplesPerSecond > 0.) "measured"
              let x, t = examples 80 2UL
              let y = fitted.Network.Predict x
              Expect.floatClose
                  Accuracy.medium
                  last.ValidationLoss
                  (float (Loss.crossEntropy y t))
                  "validation, of all at once"
              Expect.floatClose
                  Accuracy.medium
                  last.Metrics["accuracy"]
                  (float (Metric.accuracy y t))
                  "accuracy, of all at once"
          }
          test "measuring a direct step changes no bit" {
              Expect.isTrue
                  (same (fit options).Network (fit { options with MeasuresAcceleration = true }).Network)
                  "network"
          }
          test "progress is told after each batch and each epoch" {
              let reports = Reports ignored
              fit { options with Epochs = 2; Progress = Some reports } |> ignore
              let all = List.ofSeq reports.All
              Expect.equal all.Length 16 "seven batches and an end, twice"
              Expect.equal
                  [ for r in all[..7] -> r.Batch, isNull r.Completed ]
                  ([ for k in 1..7 -> k, true ] @ [ 7, false ])
                  "batches"
              Expect.equal [ for r in all -> r.Epoch ] (List.replicate 8 0 @ List.replicate 8 1) "epochs"
          }
          test "training stops early, and gives the best network" {
              // The way down to 3 and past it: with this rate each step overshoots further.
              let run restores epochs =
                  let stopping = EarlyStopping(patience = 2, restoresBest = restores)
                  descent
                      { one with
                          Epochs = epochs
                          EarlyStopping = Some stopping
                          Schedule = Some(fun n -> if n < 2L then 0.25 else 1.1) }
                      [ 3. ]

              let best, last = run true 20, run false 20
              Expect.equal (best.Reason, best.History.Count) (StopReason.StoppedEarly, 5) "epochs"
              Expect.floatClose Accuracy.high (float best.Network) 3.9 "after the epoch of the least loss"
              Expect.notEqual (float last.Network) (float best.Network) "the last"
          }
          test "a metric may be watched" {
              let stopping = EarlyStopping(1, 2., "accuracy", true)
              let fitted = fit { options with Validation = Some validation; EarlyStopping = Some stopping }
              Expect.equal (fitted.Reason, fitted.History.Count) (StopReason.StoppedEarly, 2) "no accuracy grows by 2"
          } ]

let private refusals = test "options that make no sense are refused" {
    let range options what = Expect.throwsT<ArgumentOutOfRangeException> (fun () -> fit options |> ignore) what
    range { options with Epochs = -1 } "epochs"
    Expect.throwsT<ArgumentOutOfRangeException> (fun () -> EarlyStopping 0 |> ignore) "patience"
    range { options with Accumulate = 0 } "accumulate"
    range { options with CheckpointEvery = -1 } "interval"
    let argument f what = Expect.throwsT<ArgumentException> (fun () -> f () |> ignore) what
    argument
        (fun () -> fit { options with EarlyStopping = Some(EarlyStopping(1, 0., "accuracy")) })
        "nothing is validated"

    argument
        (fun () -> fit { options with Validation = Some validation; EarlyStopping = Some(EarlyStopping(1, 0., "f1")) })
        "no such metric"
    argument (fun () -> Objective.supervised Loss.crossEntropy [ "loss", Metric.accuracy ]) "a name taken"
    let none = Batches<Tensor * Tensor>.Of(0, (fun _ -> Seq.empty))
    let short = Batches<Tensor * Tensor>.Of(9, (fun epoch -> training.Epoch epoch))
    for data in [ none; short ] do
        Expect.throwsT<ShapeException>
            (fun () -> Train.fit options objective (adam ()) data (network ()) |> ignore)
            "data"
    Expect.equal (fit { options with Epochs = 0 }).History.Count 0 "no epochs"
}

let tests = testList "Fit" [ bits; checkpoints; steps; measures; refusals ]
