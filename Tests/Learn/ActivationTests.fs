module Functional.Tests.Learn.ActivationTests

open System
open Expecto
open Functional
open Functional.FSharp

let private points = [| -40.; -3.; -0.5; 0.; 0.25; 2.; 30. |]
let private vector (data: float array) = Tensor.create [ data.Length ] "" data

let private close what (expected: float array) (actual: Tensor) =
    for e, a in Array.zip expected (Tensor.toArray<float> actual) do
        Expect.isTrue (abs (a - e) <= 1e-12 * max 1. (abs e)) $"{what}: {a} should be {e}"

/// Each function with its formula and its derivative, written for numbers.
let private table: (string * (Tensor -> Tensor) * (float -> float) * (float -> float)) list =
    let logistic x = 1. / (1. + Math.Exp -x)
    let normal x = 0.5 * (1. + MathNet.Numerics.SpecialFunctions.Erf(x / sqrt 2.))
    let density x = exp (-x * x / 2.) / sqrt (2. * Math.PI)
    [ "relu", Tensor.relu, (fun x -> max x 0.), (fun x -> if x > 0. then 1. else 0.)
      "leakyRelu", Activation.leakyRelu 0.2, (fun x -> max x (0.2 * x)), (fun x -> if x > 0. then 1. else 0.2)
      "elu",
      Activation.elu,
      (fun x -> if x > 0. then x else Math.Exp x - 1.),
      (fun x -> if x > 0. then 1. else Math.Exp x)
      "sigmoid", Tensor.sigmoid, logistic, (fun x -> logistic x * logistic -x)
      "tanh", tanh, Math.Tanh, (fun x -> 1. - Math.Tanh x ** 2.)
      "softplus", Tensor.softplus, (fun x -> Math.Log(1. + Math.Exp x)), logistic
      "silu", Activation.silu, (fun x -> x * logistic x), (fun x -> logistic x + x * logistic x * logistic -x)
      "gelu", Activation.gelu, (fun x -> x * normal x), (fun x -> normal x + x * density x) ]

let private elementwise =
    [ for name, f, value, slope in table do
          test $"{name} is its formula" { close name (Array.map value points) (f (vector points)) }

          test $"the gradient of {name} is its derivative" {
              let gradient = grad (fun x -> Tensor.sum [ 0 ] (f x)) (vector points)
              close name (Array.map slope points) gradient
          }

          test $"{name} of NaN is NaN" { Expect.all (Tensor.toArray<float>(f (vector [| nan |]))) Double.IsNaN name }

          test $"{name} and its gradient are finite far out" {
              let far = Tensor.create [ 4 ] "" [| -1e4f; -200f; 200f; 1e4f |]
              let gradient = grad (fun x -> Tensor.sum [ 0 ] (f x)) far
              for y in Array.append (Tensor.toArray<float32>(f far)) (Tensor.toArray<float32> gradient) do
                  Expect.isTrue (Single.IsFinite y) $"{y}"
          } ]

let private softmaxOf (xs: float array) =
    let total = xs |> Array.sumBy Math.Exp in xs |> Array.map (fun x -> Math.Exp x / total)

let private rows = [| [| 0.5; -1.; 2. |]; [| 3.; 3.5; -0.25 |] |]

let private overChannels =
    [ test "softmax goes over the last dimension of unformatted tensors" {
          close
              "softmax"
              (Array.collect softmaxOf rows)
              (Activation.softmax (Tensor.create [ 2; 3 ] "" (Array.concat rows)))
      }

      test "softmax goes over C wherever it is, and keeps the format" {
          let y = Activation.softmax (Tensor.create [ 3; 2 ] "CB" (Array.concat (Array.transpose rows)))
          close "softmax" (Array.concat (Array.transpose (Array.map softmaxOf rows))) y
          Expect.equal y.Format (Format.Parse "CB") "format"
      }

      test "logSoftmax is the logarithm of softmax" {
          let y = Activation.logSoftmax (Tensor.create [ 2; 3 ] "BC" (Array.concat rows))
          close "logSoftmax" (Array.collect (softmaxOf >> Array.map log) rows) y
      }

      test "a shift of thousands changes no softmax" {
          let y = Activation.softmax (vector [| 5000.5; 4999.; 5002. |])
          close "softmax" (softmaxOf rows[0]) y
      }

      test "logSoftmax keeps the digits of vanishing probabilities" {
          close "logSoftmax" [| -2000.; 0. |] (Activation.logSoftmax (vector [| -1000.; 1000. |]))
      }

      test "the gradient of softmax is its Jacobian's product, also where two values tie for the greatest" {
          let x = [| 1.; 1.; -2. |]
          let weights = [| 0.3; -0.7; 2. |]
          let y = softmaxOf x
          let mean = Array.fold2 (fun total w y -> total + w * y) 0. weights y
          let expected = Array.map2 (fun w y -> y * (w - mean)) weights y
          close "softmax" expected (grad (fun x -> Tensor.sum [ 0 ] (Activation.softmax x * vector weights)) (vector x))
      }

      test "a formatted tensor without channels has no softmax" {
          Expect.throwsT<DimensionException>
              (fun () -> Activation.softmax (Tensor.create [ 2 ] "B" [| 1.; 2. |]) |> ignore)
              "no C"
      } ]

let tests = testList "Activation" (elementwise @ overChannels)
