module Functional.Tests.Learn.OptimiserTests

open Expecto
open Functional
open Functional.FSharp

type private Parameters = { Weights: Tensor; Bias: Tensor; Mask: Tensor; Name: string }

let private start =
    { Weights = Tensor.create [ 2 ] "" [| 1.; -2. |]
      Bias = Tensor.create [ 1 ] "" [| 0.5f |]
      Mask = Tensor.create [ 2 ] "" [| 3; 4 |]
      Name = "static" }

/// Gradients of five steps, for the two weights and the bias.
let private gradients =
    [ [| 0.5; -1.; 0.25 |]
      [| 0.1; 2.; -4. |]
      [| -3.; 0.; 1. |]
      [| 1e-4; 1.; 1. |]
      [| 0.; -7.; 2. |] ]

let private structured (g: float array) =
    { start with
        Weights = Tensor.create [ 2 ] "" g[0..1]
        Bias = Tensor.create [ 1 ] "" [| float32 g[2] |]
        Mask = Tensor.create [ 2 ] "" [| 0; 0 |] }

let private values p = Array.append (Tensor.toArray<float> p.Weights) (Array.map float (Tensor.toArray<float32> p.Bias))

/// Runs five steps beside those of a rule for single numbers, given step count, gradient, parameter and memory.
let private follows (state: 'S) (step: Parameters * 'S * Parameters -> Parameters * 'S) memory rule =
    let numbers = [| 1., memory; -2., memory; 0.5, memory |]

    ((start, state, numbers), List.indexed gradients)
    ||> List.fold (fun (p, state, numbers) (t, g) ->
        let p, state = step (p, state, structured g)
        let numbers = Array.map2 (fun g (p, memory) -> rule (float (t + 1)) g p memory) g numbers
        for k, (actual, (expected, _)) in Array.indexed (Array.zip (values p) numbers) do
            let digits = if k < 2 then 1e-14 else 1e-6
            Expect.isTrue (abs (actual - expected) <= digits * abs expected) $"step {t + 1}: {actual}, not {expected}"
        Expect.sequenceEqual (Tensor.toArray<int> p.Mask) [ 3; 4 ] "integers stay"
        p, state, numbers)
    |> ignore

let tests =
    testList
        "Optimiser"
        [ test "SGD follows Sutskever's equations 1 and 2" {
              let step = Sgd.step { Momentum = 0.8 }
              follows (Sgd.start 0.1 start) step 0. (fun _ g p v -> let v = 0.8 * v - 0.1 * g in p + v, v)
          }

          test "SGD without momentum is plain descent" {
              let step = Sgd.step { Momentum = 0. }
              follows (Sgd.start 0.1 start) step 0. (fun _ g p v -> p - 0.1 * g, v)
          }

          test "Adam follows algorithm 1 of Kingma and Ba" {
              let rule t g p (m, v) =
                  let m = 0.9 * m + 0.1 * g
                  let v = 0.999 * v + (1. - 0.999) * g * g
                  let m', v' = m / (1. - 0.9 ** t), v / (1. - 0.999 ** t)
                  p - 0.01 * m' / (sqrt v' + 1e-8), (m, v)
              follows (Adam.start 0.01 start) (Adam.step AdamOptions.Default) (0., 0.) rule
          }

          test "Adam's first step is the learning rate, whatever the gradient's size" {
              let parameters = Tensor.create [ 2 ] "" [| 1.; 1. |]
              let gradient = Tensor.create [ 2 ] "" [| 1000.; -1e-3 |]
              let stepped, _ = Adam.step AdamOptions.Default (parameters, Adam.start 0.25 parameters, gradient)
              Expect.isTrue (abs ((Tensor.toArray<float> stepped)[0] - 0.75) < 1e-10) "down"
              Expect.isTrue (abs ((Tensor.toArray<float> stepped)[1] - 1.25) < 1e-5) "up"
          }

          test "another learning rate and later steps need no new trace" {
              let step = accelerateWith AccelerateOptions.Default (Adam.step AdamOptions.Default)
              let p, state = step.Invoke(start, Adam.start 0.01 start, structured gradients[0])
              let p, state = step.Invoke(p, state, structured gradients[1])
              let frozen, _ = step.Invoke(p, state.WithLearningRate 0., structured gradients[2])
              Expect.equal step.Misses 1L "traces"
              Expect.sequenceEqual (values frozen) (values p) "a rate of 0 goes nowhere"
          }

          test "what does not belong together is refused" {
              let a, b = Tensor.create [ 1 ] "" [| 1. |], Tensor.create [ 1 ] "" [| 2. |]
              Expect.throwsT<StructureException>
                  (fun () -> Sgd.step SgdOptions.Default ([ a; b ], Sgd.start 0.1 [ a; b ], [ a ]) |> ignore)
                  "structures"
          } ]
