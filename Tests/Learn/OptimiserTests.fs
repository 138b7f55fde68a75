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
              let step = Sgd.step { SgdOptions.Default with Momentum = 0.8 }
              follows (Sgd.start 0.1 start) step 0. (fun _ g p v -> let v = 0.8 * v - 0.1 * g in p + v, v)
          }

          test "SGD without momentum is plain descent" {
              let step = Sgd.step { SgdOptions.Default with Momentum = 0. }
              follows (Sgd.start 0.1 start) step 0. (fun _ g p v -> p - 0.1 * g, v)
          }

          test "SGD with Nesterov's momentum follows equation 7 of Bengio and others" {
              let rule _ g p v =
                  let v' = 0.8 * v - 0.1 * g
                  p + 0.8 * 0.8 * v - (1. + 0.8) * 0.1 * g, v'
              follows (Sgd.start 0.1 start) (Sgd.step { Momentum = 0.8; Nesterov = true }) 0. rule
          }

          test "RMSProp follows Tieleman and Hinton" {
              let rule _ g p v =
                  let v = 0.9 * v + (1. - 0.9) * g * g
                  p - 0.01 * g / (sqrt v + 1e-8), v
              follows (RmsProp.start 0.01 start) (RmsProp.step RmsPropOptions.Default) 0. rule
          }

          test "AdamW follows algorithm 2 of Loshchilov and Hutter" {
              let rule t g p (m, v) =
                  let m = 0.9 * m + 0.1 * g
                  let v = 0.999 * v + (1. - 0.999) * g * g
                  let m', v' = m / (1. - 0.9 ** t), v / (1. - 0.999 ** t)
                  p - 0.01 * (m' / (sqrt v' + 1e-8) + 0.3 * p), (m, v)
              follows (Adam.start 0.01 start) (AdamW.step AdamOptions.Default (WeightDecay 0.3)) (0., 0.) rule
          }

          test "weights decay by their names" {
              let decay = WeightDecay(0.5, (fun name -> name = "Weights"))
              let zeros = structured [| 0.; 0.; 0. |]
              let stepped, _ = AdamW.step AdamOptions.Default decay (start, Adam.start 0.1 start, zeros)
              Expect.sequenceEqual (values stepped) [ 0.95; -1.9; 0.5 ] "decoupled"
              Expect.sequenceEqual (values (decay.AddTo(start, zeros))) [ 0.5; -1.; 0. ] "in the gradient"
              let plain = Optimiser.sgd { SgdOptions.Default with Momentum = 0. } 0.1 |> Optimiser.withPenalty decay
              let struct (stepped, _) = plain.Step(start, plain.Start start, zeros)
              Expect.sequenceEqual (values stepped) [ 0.95; -1.9; 0.5 ] "as a penalty"
              Expect.throwsT<System.ArgumentOutOfRangeException> (fun () -> WeightDecay -1. |> ignore) "growth"
              Expect.throwsT<StructureException>
                  (fun () -> (WeightDecay 1.).AddTo([ start ], []) |> ignore)
                  "structures"
          }

          test "gradients are clipped by value, by norm, and together" {
              let g = structured [| 3.; -4.; 12. |]
              Expect.sequenceEqual (values (Clip.byValue 3.5 g)) [ 3.; -3.5; 3.5 ] "by value"
              Expect.sequenceEqual (values (Clip.byNorm 2.5 g)) [ 1.5; -2.; 2.5 ] "by norm"
              Expect.sequenceEqual (values (Clip.byGlobalNorm 6.5 g)) [ 1.5; -2.; 6. ] "together"
              Expect.sequenceEqual (values (Clip.byGlobalNorm 13. g)) (values g) "short enough"
              Expect.sequenceEqual (values (Clip.byGlobalNorm 0. g)) [ 0.; 0.; 0. ] "nothing"
              let nothing = structured [| 0.; 0.; 0. |]
              Expect.sequenceEqual (values (Clip.byNorm 1. nothing)) [ 0.; 0.; 0. ] "of length 0"
              let odd = values (Clip.byGlobalNorm 1. (structured [| nan; 1.; 1. |]))
              Expect.all odd System.Double.IsNaN "NaN shows"
              Expect.throwsT<System.ArgumentOutOfRangeException> (fun () -> Clip.byNorm -1. g |> ignore) "negative"
              Expect.sequenceEqual (values (accelerate (Clip.byGlobalNorm 6.5) g)) [ 1.5; -2.; 6. ] "accelerated"
          }

          test "schedules are what their formulas say" {
              let at (schedule: int64 -> float) = [ for n in [ 0L; 1L; 4L; 5L; 9L; 10L; 50L ] -> schedule n ]
              let close what schedule expected =
                  for a, b in List.zip (at schedule) expected do
                      Expect.floatClose { absolute = 1e-15; relative = 1e-14 } a b what
              close "constant" (Schedule.constant 0.3) (List.replicate 7 0.3)
              close "step" (Schedule.step 1. 0.5 5L) [ 1.; 1.; 1.; 0.5; 0.5; 0.25; 0.5 ** 10. ]
              close
                  "exponential"
                  (Schedule.exponential 2. 0.9)
                  [ for n in [ 0.; 1.; 4.; 5.; 9.; 10.; 50. ] -> 2. * 0.9 ** n ]
              close
                  "inverse time"
                  (Schedule.inverseTime 1. 0.5)
                  [ 1.; 1. / 1.5; 1. / 3.; 1. / 3.5; 1. / 5.5; 1. / 6.; 1. / 26. ]
              close "piecewise" (Schedule.piecewise 1. [ 9L, 3.; 4L, 2. ]) [ 1.; 1.; 2.; 2.; 3.; 3.; 3. ]
              close "polynomial" (Schedule.polynomial 1. 0. 2. 10L) [ 1.; 0.81; 0.36; 0.25; 0.01; 0.; 0. ]
              let half n = 0.1 + 0.9 * (1. + cos (System.Math.PI * n / 10.)) / 2.
              close "cosine" (Schedule.cosine 1. 0.1 10L) [ half 0.; half 1.; half 4.; 0.55; half 9.; 0.1; 0.1 ]
              close "warm-up" (Schedule.warmup 5L (Schedule.step 1. 0.5 5L)) [ 0.2; 0.4; 1.; 1.; 1.; 0.5; 0.5 ** 9. ]
              Expect.throwsT<System.ArgumentOutOfRangeException> (fun () -> Schedule.step 1. 0.5 0L |> ignore) "no step"
          }

          test "L-BFGS finds the minimum of Rosenbrock's function" {
              let rosenbrock (p: Tensor list) =
                  let a, b = 1. - p[0], p[1] - p[0] * p[0]
                  Tensor.sum [] (a * a + 100. * (b * b))
              let from = [ Tensor.create [ 1 ] "" [| -1.2 |]; Tensor.create [ 1 ] "" [| 1. |] ]
              let found = Lbfgs.minimise LbfgsOptions.Default rosenbrock from
              Expect.equal found.Outcome LbfgsOutcome.Converged "outcome"
              for p in found.Parameters do
                  Expect.floatClose { absolute = 1e-5; relative = 0. } (float p) 1. "1, 1"
              Expect.isLessThan found.Loss 1e-10 "loss"
              Expect.isLessThan found.Evaluations 100 "evaluations"
          }

          test "L-BFGS gives the best of what it saw, whatever ends it" {
              let bowl (p: Parameters) =
                  Tensor.sum [] (p.Weights * p.Weights) + Tensor.cast DType.Float64 (Tensor.sum [] (p.Bias * p.Bias))
              let one = Lbfgs.minimise { LbfgsOptions.Default with MaxIterations = 1 } bowl start
              Expect.isLessThan one.Loss (float (bowl start)) "better"
              Expect.sequenceEqual (Tensor.toArray<int> one.Parameters.Mask) [ 3; 4 ] "integers stay"
              let single =
                  Lbfgs.minimise
                      LbfgsOptions.Default
                      (fun (p: Tensor) -> Tensor.sum [] (p * p - 2. * p))
                      (Tensor.create [ 2 ] "" [| 5f; -3f |])
              for p in Tensor.toArray<float32> single.Parameters do
                  Expect.floatClose { absolute = 1e-3; relative = 0. } (float p) 1. "Float32, as far as its digits go"
              let hole =
                  Lbfgs.minimise
                      LbfgsOptions.Default
                      (fun (p: Tensor) -> Tensor.sum [] (log p))
                      (Tensor.create [ 1 ] "" [| -1. |])
              Expect.equal hole.Outcome LbfgsOutcome.NoProgress "NaN from the start"
              Expect.throwsT<StructureException>
                  (fun () ->
                      Lbfgs.minimise LbfgsOptions.Default (fun _ -> Tensor.scalar 0.) [ Tensor.scalar 1 ] |> ignore)
                  "integers"
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
