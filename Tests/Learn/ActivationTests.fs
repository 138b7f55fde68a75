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
      Activation.elu 0.5,
      (fun x -> if x > 0. then x else 0.5 * (Math.Exp x - 1.)),
      (fun x -> if x > 0. then 1. else 0.5 * Math.Exp x)
      "sigmoid", Tensor.sigmoid, logistic, (fun x -> logistic x * logistic -x)
      "tanh", tanh, Math.Tanh, (fun x -> 1. - Math.Tanh x ** 2.)
      "softplus", Tensor.softplus, (fun x -> Math.Log(1. + Math.Exp x)), logistic
      "silu", Activation.silu, (fun x -> x * logistic x), (fun x -> logistic x + x * logistic x * logistic -x)
      "gelu", Activation.gelu, (fun x -> x * normal x), (fun x -> normal x + x * density x)
      "geluTanh",
      Activation.geluTanh,
      (fun x -> 0.5 * x * (1. + Math.Tanh(sqrt (2. / Math.PI) * (x + 0.044715 * x ** 3.)))),
      (fun x ->
          let u, du =
              sqrt (2. / Math.PI) * (x + 0.044715 * x ** 3.), sqrt (2. / Math.PI) * (1. + 3. * 0.044715 * x * x)
          0.5 * (1. + Math.Tanh u) + 0.5 * x * du / Math.Cosh u ** 2.)
      "selu",
      Activation.selu,
      (fun x -> 1.0507009873554805 * (if x > 0. then x else 1.6732632423543772 * (Math.Exp x - 1.))),
      (fun x -> 1.0507009873554805 * (if x > 0. then 1. else 1.6732632423543772 * Math.Exp x))
      "mish",
      Activation.mish,
      (fun x -> x * Math.Tanh(Math.Log(1. + Math.Exp x))),
      (fun x ->
          let t = Math.Tanh(Math.Log(1. + Math.Exp x))
          t + x * (1. - t * t) * logistic x)
      "hardSigmoid",
      Activation.hardSigmoid,
      (fun x -> Math.Clamp(x / 6. + 0.5, 0., 1.)),
      (fun x ->
          if abs x < 3. then 1. / 6.
          elif abs x = 3. then 1. / 12.
          else 0.)
      "hardTanh", Activation.hardTanh, (fun x -> Math.Clamp(x, -1., 1.)), (fun x -> if abs x < 1. then 1. else 0.)
      "hardSilu",
      Activation.hardSilu,
      (fun x -> x * Math.Clamp(x / 6. + 0.5, 0., 1.)),
      (fun x ->
          Math.Clamp(x / 6. + 0.5, 0., 1.)
          + x
            * (if abs x < 3. then 1. / 6.
               elif abs x = 3. then 1. / 12.
               else 0.)) ]

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

/// The projection onto the simplex by its definition: of the thresholds that make the sum 1, found by bisection.
let private sparsemaxOf (xs: float array) =
    let mutable low, high = Array.min xs - 1., Array.max xs
    for _ in 1..200 do
        let middle = (low + high) / 2.
        if xs |> Array.sumBy (fun x -> max (x - middle) 0.) > 1. then low <- middle else high <- middle
    xs |> Array.map (fun x -> max (x - high) 0.)

let private withParameters =
    [ test "sparsemax is the nearest point with sum 1, along the channels" {
          let rows = [| [| 0.5; -1.; 0.75 |]; [| 3.; 3.5; -0.25 |]; [| 1.; 1.; 1. |]; [| 9.; 0.; 0. |] |]
          let y = Activation.sparsemax (Tensor.create [ 3; 4 ] "CB" (Array.concat (Array.transpose rows)))
          close "sparsemax" (Array.concat (Array.transpose (Array.map sparsemaxOf rows))) y
          Expect.equal (string y.Format) "CB" "format"
          Expect.all
              (Tensor.toArray<float>(Activation.sparsemax (vector [| 1.; nan |])))
              Double.IsNaN
              "NaN spoils the sum"
      }

      test "the slopes of sparsemax are those of its support" {
          // For two elements of the support the Jacobian is I - 1/2 between them, and 0 elsewhere.
          let weights = vector [| 2.; 5.; 7. |]
          let f x = Tensor.sum [ 0 ] (Activation.sparsemax x * weights)
          close "slopes" [| -1.5; 1.5; 0. |] (grad f (vector [| 0.25; 0.5; -3. |]))
      }

      test "glu is one half of the channels times the sigmoid of the other" {
          let logistic x = 1. / (1. + Math.Exp -x)
          let y = Activation.glu (Tensor.create [ 4; 1 ] "CB" [| 1.; 2.; 3.; -4. |])
          close "glu" [| logistic 3.; 2. * logistic -4. |] y
          Expect.throwsT<ShapeException> (fun () -> Activation.glu (vector [| 1.; 2.; 3. |]) |> ignore) "odd"
      }

      test "parametric relu has a slope for all, or for each channel" {
          let x = Tensor.create [ 2; 2 ] "CS" [| -1.; 2.; -3.; 4. |]
          close "one" [| -0.5; 2.; -1.5; 4. |] (Activation.parametricRelu (Tensor.scalar 0.5) x)
          let slopes = vector [| 0.5; 0.1 |]
          close "two" [| -0.5; 2.; -0.3; 4. |] (Activation.parametricRelu slopes x)
          let slope = grad (fun s -> Tensor.sum [ 0; 1 ] (Activation.parametricRelu s x)) slopes
          close "their slopes" [| -1.; -3. |] slope
          Expect.throwsT<ShapeException>
              (fun () -> Activation.parametricRelu (vector [| 1.; 2.; 3. |]) x |> ignore)
              "three"
      } ]

let tests = testList "Activation" (elementwise @ overChannels @ withParameters)
