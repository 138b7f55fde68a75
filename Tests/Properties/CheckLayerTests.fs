/// The checker of layers: right layers pass, and each fault is found by the test that is there for it.
module Functional.Tests.Properties.CheckLayerTests

open System
open Expecto
open FsCheck
open Functional
open Functional.FSharp
open Functional.Properties

let private anyFeatures = Layout.Of("BC", Nullable(), Nullable())
let private features = Layout.Of("BC", Nullable(), Nullable 3)

let private outcome name (report: LayerReport) = (report.Tests |> Seq.find (fun t -> t.Name = name)).Outcome

let private passes (layer: ILayer) (input: Layout) =
    let report = CheckLayer.Run(layer, input)
    Expect.equal report.Failed 0 $"{report}"
    report

/// Takes off a running mean.
type private Centred(scale: Tensor, [<State>] mean: Tensor) =
    inherit StatefulLayer<Centred>()
    override this.Predict x = struct (scale * (x - mean), this)

    override _.Forward x =
        let batch = Tensor.mean [ 0 ] x
        struct (scale * (x - batch), Centred(scale, 0.75 * mean + 0.25 * batch))

    interface IAcceleratable

let private centred = Centred(Tensor.create [ 3 ] "C" [| 1f; 2f; 3f |], Tensor.create [ 3 ] "C" [| 0f; 1f; 2f |])

/// A layer from a function, so that each fault is one line.
type private Faulty(parameter: Tensor, predict: Tensor -> Tensor -> Tensor, forward: Tensor -> Tensor -> Tensor) =
    inherit Layer()
    new(parameter, f) = Faulty(parameter, f, f)
    override _.Predict x = predict parameter x
    override _.Forward x = forward parameter x
    interface IAcceleratable

let private parameter = Tensor.create [ 3 ] "C" [| 0.5f; -1f; 2f |]
let private faultyFor f = Faulty(Tensor.scalar 1f, (fun _ x -> f x)) :> ILayer
let private faulty f = Faulty(parameter, f) :> ILayer

type private Drawing() =
    inherit Layer()
    override _.Predict x = x
    override _.Initialize _ = raise (NotSupportedException "no layout is good enough")

type private TwoOfAName() =
    inherit MultiLayer()
    override _.Inputs = [| "in"; "in" |]
    override _.Predict inputs = [| inputs[0] + inputs[1] |]

type private Miscounting() =
    inherit MultiLayer()
    override _.Predict inputs = [| inputs[0]; inputs[0] |]

/// Changes itself.
type private Mutating(start: Tensor) =
    inherit Layer()
    let mutable last = start

    override _.Predict x =
        last <- last + 1.
        x * 2.

type private Unmarked(mean: Tensor) =
    inherit StatefulLayer<Unmarked>()
    override _.Predict x = struct (x - mean, Unmarked(mean + 1.))

/// Its state grows.
type private Growing([<State>] seen: Tensor) =
    inherit StatefulLayer<Growing>()
    override _.Predict x = struct (x, Growing(Tensor.concat 0 [ seen; seen ]))

/// A reset that is none.
type private Restless(weight: Tensor, [<State>] last: Tensor) =
    inherit StatefulLayer<Restless>()
    override _.Predict x = struct (weight * x, Restless(weight, last + 1.))
    override _.Reset() = Restless(weight + 1., last)

/// Counts in what is no tensor.
type private Counting(count: int) =
    inherit StatefulLayer<Counting>()
    override _.Predict x = struct (float count * x, Counting(count + 1))
    interface IAcceleratable

type private Undrawn(weights: Tensor | null) =
    inherit Layer()
    override _.Predict x =
        match weights with
        | null -> x
        | w -> x * w

    override _.Initialize _ = Undrawn(Tensor.create [ 1 ] "" [| float32 (Random.Shared.NextDouble()) |])

let private calls = ref 0

let private faults: (string * ILayer) list =
    [ "functionSyntaxesAreCorrect", TwoOfAName()
      "initializeDoesNotError", Drawing()
      "initializeDoesNotError", Undrawn null
      "predictDoesNotError", Miscounting()
      "predictDoesNotError", Faulty(parameter, (fun _ x -> Tensor.sum [ 7 ] x), (fun _ x -> x))
      "forwardDoesNotError", Faulty(parameter, (fun _ x -> x), (fun _ x -> Tensor.sum [ 7 ] x))
      "forwardPredictAreConsistentInSize", Faulty(parameter, (fun _ x -> x), (fun _ x -> Tensor.sum [ 0 ] x))
      "predictIsConsistentInType", faulty (fun _ x -> Tensor.cast DType.Float32 x)
      "forwardIsConsistentInType", Faulty(parameter, (fun _ x -> x), (fun _ x -> Tensor.cast DType.Float64 x))
      "forwardReturnsValidStates", Unmarked parameter
      "predictReturnsValidStates", Growing(Tensor.create [ 1 ] "" [| 1f |])
      "resetStateDoesNotError", Restless(parameter, parameter)
      "layerIsNotMutated", Mutating parameter
      "hasNoHiddenState",
      faulty (fun _ x ->
          calls.Value <- calls.Value + 1
          x * float calls.Value)
      "acceleratedEqualsDirect",
      faulty (fun _ x ->
          calls.Value <- calls.Value + 1
          x * float calls.Value)
      "hasNoHiddenState", faulty (fun _ x -> x + Tensor.uniform DType.Float32 [ 3 ] "C")
      "batchIsIndependent", faulty (fun _ x -> x - Tensor.mean [ 0 ] x) ]

let tests =
    testList
        "CheckLayer"
        [ test "every test passes, or says why it says nothing, for right layers" {
              for layer in
                  [ Dense 4 :> ILayer
                    Dropout 0.5
                    centred
                    faulty (fun p x -> tanh (p * x))
                    NeuralOde(Dense 3)
                    Network.Sequential(Dense 4, Dropout 0.25, Dense 2) ] do
                  passes layer features |> ignore
          }
          test "states of a stateful layer are checked" {
              let report = passes centred features
              for name in [ "predictReturnsValidStates"; "forwardReturnsValidStates"; "resetStateDoesNotError" ] do
                  Expect.equal (outcome name report) LayerTestOutcome.Passed name
          }
          testList
              "each fault is found"
              [ for k, (name, layer) in List.indexed faults ->
                    test $"{k}: {name}, {layer.GetType().Name}" {
                        let inputs = [| for _ in 1 .. (if layer :? TwoOfAName then 2 else 1) -> features |]
                        let report = CheckLayer.Run(layer, inputs)
                        Expect.equal (outcome name report) LayerTestOutcome.Failed $"{report}"
                        Expect.throwsT<LayerCheckException> report.ThrowIfFailed "thrown"
                    } ]
          test "a value that will retrace is warned of" {
              let report = CheckLayer.Run(Counting 0, features)
              Expect.equal (outcome "signaturesAreFew" report) LayerTestOutcome.Warned $"{report}"
          }
          test "another number of inputs is a failure" {
              let report = CheckLayer.Run(Dense 2, [| features; features |])
              Expect.equal (outcome "functionSyntaxesAreCorrect" report) LayerTestOutcome.Failed $"{report}"
              Expect.equal report.Skipped (CheckLayer.TestNames.Count - 1) $"{report}"
          }
          test "what is not acceleratable is not traced" {
              let report = CheckLayer.Run(Growing(Tensor.scalar 1f), features)
              Expect.equal (outcome "acceleratedEqualsDirect" report) LayerTestOutcome.Skipped $"{report}"
          }
          test "examples where not every value is valid" {
              let table = Faulty(Tensor.create [ 3; 1 ] "" [| 1f; 2f; 3f |], (fun table x -> Tensor.gather 0 x table))
              let report = CheckLayer.Run(table, [| Tensor.create [ 3 ] "" [| 0L; 2L; 1L |] |])
              Expect.equal report.Failed 0 $"{report}"
          }
          test "as a law, on random sizes and types; what fails is made smaller" {
              let judge (layer: ILayer) =
                  FsCheck.FSharp.Prop.forAll (Arbitraries.layerTrial [ anyFeatures ]) (fun trial ->
                      Laws.LayerIsRight(layer, trial) |> Verdict.toProperty)
              Check.One(Config.QuickThrowOnFailure.WithMaxTest 10, judge (Dense 3))
              // Wrong from two channels on.
              let flawed = faultyFor (fun x -> if x.Shape[1] > 1 then Tensor.cast DType.Float64 x else x)
              let message =
                  try
                      Check.One(Config.QuickThrowOnFailure.WithMaxTest 50, judge flawed)
                      ""
                  with e ->
                      e.Message
              Expect.stringContains message "Float32[1, 2] \"BC\", seed" "the smallest trial that fails"
          }
          test "the report is a table with counts" {
              let report = CheckLayer.Run(Dense 2, features)
              let lines = report.ToString().Split('\n')
              Expect.stringContains lines[0] "Dense on Float32[?, 3] \"BC\"" "title"
              Expect.equal lines.Length (CheckLayer.TestNames.Count + 2) "lines"
              Expect.equal (Array.last lines) $"{report.Passed} passed, 0 failed, {report.Skipped} skipped" "counts"
          } ]
