module Functional.Tests.Learn.LossTests

open Expecto
open Functional
open Functional.FSharp

let private number (t: Tensor) = (Tensor.toArray<float> t)[0]
let private close (expected: float) (actual: Tensor) =
    Expect.floatClose Accuracy.veryHigh (number actual) expected "loss"

let private probabilities = [| 0.7; 0.2; 0.1; 0.25; 0.5; 0.25 |]
let private oneHot = [| 1.; 0.; 0.; 0.; 0.; 1. |]
let private y = Tensor.create [ 2; 3 ] "BC" probabilities
let private target = Tensor.create [ 2; 3 ] "BC" oneHot
let private expected = -(log 0.7 + log 0.25) / 2.

let tests =
    testList
        "Loss"
        [ test "cross-entropy is the mean of -log of the target's probability" {
              close expected (Loss.crossEntropy y target)
          }

          test "cross-entropy takes class numbers for one-hot rows" {
              close expected (Loss.crossEntropy y (Tensor.create [ 2 ] "B" [| 0; 2 |]))
              close expected (Loss.crossEntropy y (Tensor.create [ 2 ] "B" [| 0L; 2L |]))
          }

          test "cross-entropy finds classes by label, and last where there is none" {
              let transposed = Tensor.create [ 3; 2 ] "CB" [| 0.7; 0.25; 0.2; 0.5; 0.1; 0.25 |]
              close expected (Loss.crossEntropy transposed (Tensor.create [ 2 ] "B" [| 0; 2 |]))
              let plain = Tensor.create [ 2; 3 ] "" probabilities
              close expected (Loss.crossEntropy plain (Tensor.create [ 2 ] "" [| 0; 2 |]))
          }

          test "cross-entropy of soft targets weighs all classes" {
              let soft = Tensor.create [ 2; 3 ] "BC" [| 0.5; 0.5; 0.; 0.; 0.; 1. |]
              close (-(0.5 * log 0.7 + 0.5 * log 0.2 + log 0.25) / 2.) (Loss.crossEntropy y soft)
          }

          test "the gradient of cross-entropy is -t / (B · y)" {
              let gradient = grad (fun y -> Loss.crossEntropy y target) y
              Expect.sequenceEqual
                  (Tensor.toArray<float> gradient |> Array.map (fun g -> round (g * 1e9)))
                  (Array.map2 (fun t y -> round (-t / (2. * y) * 1e9)) oneHot probabilities)
                  "gradient"
          }

          test "an impossible class of probability 0 neither spoils the loss nor its gradient" {
              let certain = Tensor.create [ 1; 2 ] "BC" [| 1.; 0. |]
              close 0. (Loss.crossEntropy certain certain)
              let gradient = grad (fun y -> Loss.crossEntropy y certain) certain
              Expect.sequenceEqual (Tensor.toArray<float> gradient) [ -1.; 0. ] "gradient"
          }

          test "cross-entropy is infinite where the target was impossible" {
              let y = Tensor.create [ 1; 2 ] "BC" [| 0.; 1. |]
              Expect.equal (number (Loss.crossEntropy y (Tensor.create [ 1 ] "B" [| 0 |]))) infinity "loss"
          }

          test "cross-entropy of logits is that of their softmax" {
              let x = Tensor.create [ 2; 3 ] "BC" [| 0.5; -1.; 2.; 3.; 3.5; -0.25 |]
              close (number (Loss.crossEntropy (Activation.softmax x) target)) (Loss.crossEntropyOfLogits x target)
          }

          test "cross-entropy of logits is finite where softmax vanishes, and its gradient is (p - t) / B" {
              let x = Tensor.create [ 1; 2 ] "BC" [| 1000.; -1000. |]
              let t = Tensor.create [ 1 ] "B" [| 1 |]
              close 2000. (Loss.crossEntropyOfLogits x t)
              let gradient = grad (fun x -> Loss.crossEntropyOfLogits x t) x
              Expect.sequenceEqual (Tensor.toArray<float> gradient) [ 1.; -1. ] "gradient"
          }

          test "a number of no class adds nothing" {
              close (-(log 0.7) / 2.) (Loss.crossEntropy y (Tensor.create [ 2 ] "B" [| 0; 7 |]))
          }

          test "mean squared error" {
              let a, b = Tensor.create [ 2; 2 ] "" [| 1.; 2.; 3.; 4. |], Tensor.create [ 2; 2 ] "" [| 1.; 0.; 3.; 5. |]
              close 1.25 (Loss.meanSquaredError a b)
          }

          test "targets of other sizes are refused" {
              let wrong = Tensor.create [ 3 ] "B" [| 0; 1; 2 |]
              Expect.throwsT<ShapeException> (fun () -> Loss.crossEntropy y wrong |> ignore) "class numbers"
              let wrong = Tensor.create [ 1; 3 ] "BC" [| 0.; 0.; 1. |]
              Expect.throwsT<ShapeException> (fun () -> Loss.crossEntropy y wrong |> ignore) "probabilities"
              Expect.throwsT<ShapeException> (fun () -> Loss.meanSquaredError y wrong |> ignore) "mean squared error"
          } ]
