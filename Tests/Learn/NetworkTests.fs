module Functional.Tests.Learn.NetworkTests

open System
open Expecto
open Functional
open Functional.FSharp

let private layout = Layout.Of("BC", Nullable(), 3)
let private batch rows = Tensor.create [ rows; 3 ] "BC" [| for k in 0 .. 3 * rows - 1 -> sin (float32 k) |]
let private bits (t: Tensor) = Tensor.toArray<float32> t |> Array.map BitConverter.SingleToInt32Bits

/// Not acceleratable: counts how often it runs.
type private Counted(calls: int ref) =
    inherit Layer()
    override _.Predict x =
        calls.Value <- calls.Value + 1
        x * 2.

let private tanhNetwork () =
    Network.Sequential(Dense 4, new Tanh(), Dropout 0.5, Dense 2, Softmax()).Initialize(layout, 7UL)

let tests =
    testList
        "Network"
        [ test "layers are initialised with what the layers before give" {
              let shapes = [ for w in Structure.Leaves(tanhNetwork ()) -> List.ofSeq w.Shape ]
              Expect.equal shapes [ [ 3; 4 ]; [ 4 ]; [ 4; 2 ]; [ 2 ] ] "parameters"
          }

          test "the same seed gives the same network, another one another" {
              let parameters seed =
                  [ for t in Structure.Leaves(Network.Sequential(Dense 4, Dense 2).Initialize(layout, seed)) -> bits t ]
              Expect.equal (parameters 1UL) (parameters 1UL) "same seed"
              Expect.notEqual (parameters 1UL) (parameters 2UL) "other seed"
          }

          test "initialising leaves the generator of the caller as it was" {
              let before = Generator.Current.Position
              tanhNetwork () |> ignore
              Expect.equal Generator.Current.Position before "position"
          }

          test "an initialised network keeps its parameters" {
              let network = tanhNetwork ()
              let again = network.Initialize(layout, 8UL)
              Expect.equal
                  (List.map bits (List.ofSeq (Structure.Leaves again)))
                  (List.map bits (List.ofSeq (Structure.Leaves network)))
                  "parameters"
          }

          test "Predict gives the same bits accelerated and directly, first and later" {
              let network, x = tanhNetwork (), batch 5
              let expected = bits (network.Predict(x, Acceleration.None))
              Expect.equal network.Cache.Misses 0L "directly"
              for _ in 1..3 do
                  Expect.equal (bits (network.Predict x)) expected "accelerated"
              Expect.equal (network.Cache.Misses, network.Cache.Hits) (1L, 2L) "one trace, replayed"
          }

          test "Forward draws the same numbers accelerated and directly" {
              let network, x = tanhNetwork (), batch 5

              let run acceleration =
                  Generator.Current <- Generator 3UL
                  [ for _ in 1..3 -> bits (network.Forward(x, acceleration)) ]

              let direct = run Acceleration.None
              Expect.equal (run Acceleration.Auto) direct "the same draws"
              Expect.equal (List.distinct direct).Length 3 "each call draws anew"
          }

          test "training and prediction have traces of their own" {
              let network, x = tanhNetwork (), batch 5
              network.Predict x |> ignore
              network.Forward x |> ignore
              Expect.equal network.Cache.Misses 2L "traces"
          }

          test "networks made from one share its traces: new parameters need no new one" {
              let network, x = tanhNetwork (), batch 5
              network.Predict x |> ignore
              let grown = Structure.Map((fun t -> t * 1.5), network)
              Expect.equal (bits (grown.Predict x)) (bits (grown.Predict(x, Acceleration.None))) "its own parameters"
              Expect.notEqual (bits (grown.Predict x)) (bits (network.Predict x)) "other parameters"
              Expect.equal network.Cache.Misses 1L "traces"
              Expect.isTrue (obj.ReferenceEquals(grown.Cache, network.Cache)) "cache"
          }

          test "another batch size is another trace" {
              let network = tanhNetwork ()
              for rows in [ 5; 2; 5; 2 ] do
                  network.Predict(batch rows) |> ignore
              Expect.equal (network.Cache.Misses, network.Cache.Hits) (2L, 2L) "traces"
          }

          test "layers that are not acceleratable run directly between traces" {
              let calls = ref 0
              let network = Network.Sequential(Dense 4, Counted calls, new Tanh(), Dense 2).Initialize(layout, 7UL)
              calls.Value <- 0
              for _ in 1..3 do
                  network.Predict(batch 2) |> ignore
              Expect.equal calls.Value 3 "calls"
              Expect.equal (network.Cache.Misses, network.Cache.Hits) (2L, 4L) "a trace before, and one behind"
          }

          test "a network in a network becomes part of its trace" {
              let inner = Network.Sequential(Dense 4, new Tanh())
              let network = Network.Sequential(inner, Dense 2).Initialize(layout, 7UL)
              network.Predict(batch 2) |> ignore
              Expect.equal (network.Cache.Misses, inner.Cache.Misses) (1L, 0L) "traces"
              Expect.equal (bits (network.Predict(batch 2))) (bits (network.Predict(batch 2, Acceleration.None))) "bits"
          }

          test "a network in a network that must run directly keeps its own traces" {
              let calls = ref 0
              let inner = Network.Sequential(Dense 4, Counted calls)
              let network = Network.Sequential(inner, Dense 2).Initialize(layout, 7UL)
              network.Predict(batch 2) |> ignore
              Expect.equal (network.Cache.Misses, inner.Cache.Misses) (1L, 1L) "traces"
              network.Predict(batch 2, Acceleration.None) |> ignore
              Expect.equal
                  (network.Cache.Misses + network.Cache.Hits, inner.Cache.Misses + inner.Cache.Hits)
                  (1L, 1L)
                  "directly throughout"
          }

          test "inside an accelerated function a network makes no traces of its own" {
              let network, x = tanhNetwork (), batch 5
              let f = accelerate (fun (network: Network, x) -> network.Predict x)
              Expect.equal (bits (f (network, x))) (bits (network.Predict(x, Acceleration.None))) "bits"
              Expect.equal network.Cache.Misses 0L "traces"
          }

          test "the gradient with respect to a network is a network" {
              let network, x = Network.Sequential(Dense 2).Initialize(layout, 7UL), batch 5
              let gradient = grad (fun (n: Network) -> Tensor.sum [ 0; 1 ] (n.Forward x)) network
              let dense = gradient.Layers[0] :?> Dense
              Expect.sequenceEqual (Tensor.toArray<float32>(nonNull dense.Bias)) [ 5f; 5f ] "∂Σ/∂b is the batch size"
          }

          test "an uninitialised network says so" {
              let network = Network.Sequential(Dense 2)
              Expect.throwsT<StructureException> (fun () -> network.Predict(batch 2) |> ignore) "no weights"
              Expect.equal network.Cache.Count 0 "nothing is cached"
          }

          test "a network of no layers gives back its input" {
              Expect.equal (bits (Network.Sequential().Predict(batch 2))) (bits (batch 2)) "identity"
          } ]
