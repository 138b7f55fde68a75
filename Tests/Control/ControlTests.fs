/// Branches and loops inside traces: values, gradients, draws, text, and what they refuse.
module Functional.Tests.ControlTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties

let private reals sizes (values: float list) = Tensor.create sizes "" (Array.ofList values)
let private real (x: float) = reals [] [ x ]
let private floats (x: Tensor) = Tensor.toArray<float> x

let private holds verdict =
    match verdict with
    | Verdict.Holds -> ()
    | other -> failtest $"{other}"

/// Every law on one function: direct, accelerated and oracle, gradients to second order, both modes of differentiation.
let private obeys (f: 'T -> 'R) (values: 'T list) =
    let gradient x = Functions.withGradient f x
    let second x = Functions.withGradient (fun x -> snd (gradient x)) x
    holds (Acceleration.equalsDirect f values 5UL)
    holds (Acceleration.equalsDirect gradient values 5UL)
    holds (Acceleration.equalsDirect second values 5UL)
    for x in values do
        holds (Oracle.agreesOn f x 5UL)
        holds (Oracle.agreesOn gradient x 5UL)
        holds (Differentiation.equalsDifferences f x 5UL)
        holds (Differentiation.transposes f x 5UL)
        holds (Differentiation.equalsDifferences (fun x -> snd (gradient x)) x 5UL)
        holds (Differentiation.transposes (fun x -> snd (gradient x)) x 5UL)

/// The same bits and gradients as a loop of the host language.
let private equals (host: 'T -> 'R) (f: 'T -> 'R) (x: 'T) =
    Expect.equal (Compare.difference (host x) (f x)) None "values"

let private xs = reals [ 3; 2 ] [ 0.5; -1.; 2.; 0.25; -0.75; 1.5 ]
let private weights = reals [ 2 ] [ 0.3; -0.8 ]

let private rnn (w: Tensor, h: Tensor, xs: Tensor) =
    scan (fun h x -> let h = tanh (w * h + x) in h, (h * h, x - h)) h xs

let private hostRnn (w: Tensor, h: Tensor, xs: Tensor) =
    let mutable h = h
    let ys =
        [ for k in 0 .. xs.Shape[0] - 1 do
              let x = xs[k, *]
              h <- tanh (w * h + x)
              h * h, x - h ]
    h, (Tensor.stack 0 (List.map fst ys), Tensor.stack 0 (List.map snd ys))

let private scans =
    testList
        "scan and fold"
        [ test "a scan is the loop that it stands for, and its gradient that loop's to rounding" {
              let x = weights, reals [ 2 ] [ 0.1; 0.2 ], xs
              equals hostRnn rnn x
              obeys rnn [ x ]
          }
          test "captured tensors are operands, and have gradients" {
              obeys
                  (fun (w: Tensor, s: Tensor) ->
                      fold (fun c x -> c * w + sin (x * s)) (real 0.5) (reals [ 3 ] [ 1.; 2.; 3. ]))
                  [ real 0.7, real -0.3 ]
          }
          test "along another dimension and from the end, nested, with structures" {
              let f (x: Tensor) =
                  let outer (total: Tensor, k: Tensor) (column: Tensor) =
                      let inner, _ = scanBackAlong -1 (fun (c: Tensor) (v: Tensor) -> c * v + k, c) k column
                      (total + inner, k * 0.5), {| Inner = inner; Twice = [ column; 2. * column ] |}
                  scanAlong 1 outer (real 0., real 1.) x
              obeys f [ xs ]
          }
          test "over a label; outputs are stacked where the label was" {
              let x = Tensor.create [ 2; 3; 2 ] "CTB" (Array.init 12 float)
              let last, all = scanOver 'T' (fun c x -> c + x, c + x) (Tensor.zeros DType.Float64 [ 2; 2 ] "CB") x
              Expect.equal (all.Format.Labels, List.ofSeq all.Shape) ("CTB", [ 2; 3; 2 ]) "type"
              Expect.sequenceEqual (floats all) (floats (Tensor.cumsum 1 x)) "totals"
              Expect.sequenceEqual (floats last) (floats (Tensor.sum [ 1 ] x)) "the last"
          }
          test "over nothing the start stays" {
              let last, ys = scan (fun c x -> c + x, x) (real 2.) (reals [ 0 ] [])
              Expect.equal (float last, ys.Count) (2., 0) ""
          }
          test "integers are carried beside" {
              let f (x: Tensor) =
                  let step (k: Tensor, y: Tensor) (x: Tensor) = (k + 1., y * x + Tensor.cast DType.Float64 k), k
                  scan step (Tensor.scalar 0, real 1.) x
              obeys f [ reals [ 4 ] [ 0.5; 2.; -1.; 3. ] ]
          }
          test "a number of times" {
              let f (x: Tensor) = repeat 5 (fun k y -> y * x + Tensor.cast DType.Float64 k) x
              equals (fun x -> List.fold (fun y k -> y * x + float k) x [ 0..4 ]) f (real 0.5)
              obeys f [ real 0.5 ]
          }
          test "a gradient inside a body, of what is carried and of what is captured" {
              let f (w: Tensor, x: Tensor) =
                  let step (c: Tensor) (x: Tensor) =
                      c - 0.1 * grad (fun w -> w * sin (c * w)) w * x, grad (fun c -> c * c * w) c
                  scan step (real 0.3) x
              obeys f [ real 0.9, reals [ 3 ] [ 0.5; -1.; 2. ] ]
          } ]

let private conds =
    testList
        "cond"
        [ test "either branch, one signature, one trace" {
              let f (x: Tensor) =
                  cond
                      (Tensor.sum [] x .> 0.)
                      (fun (x: Tensor) -> x * x, Tensor.sum [] x)
                      (fun x -> sin x, 3. * Tensor.sum [] x)
                      x
              let positive, negative = reals [ 2 ] [ 1.; 2. ], reals [ 2 ] [ -1.; 0.5 ]
              obeys f [ positive; negative ]
              holds (Acceleration.tracesAreSignatures f [ positive; negative ] 1)
          }
          test "the branch that is not chosen does not run" {
              let failing (x: Tensor) = Tensor.gather 0 (Tensor.create [ 1 ] "" [| 7 |]) x
              let f (x: Tensor) = cond (Tensor.sum [] x .> 0.) id (failing >> fun y -> y + x) x
              Expect.sequenceEqual (floats (f (reals [ 1 ] [ 1. ]))) [ 1. ] "chosen"
              Expect.throwsT<DimensionException> (fun () -> f (reals [ 1 ] [ -1. ]) |> ignore) "not there"
          }
          test "inside scans, and scans inside it" {
              let f (x: Tensor) =
                  let step (c: Tensor) (x: Tensor) =
                      cond (x .> 0.) (fun c -> c * x) (fun c -> fold (+) c (Tensor.stack 0 [ x; c; x ])) c, c
                  scan step (real 1.) x
              obeys f [ reals [ 4 ] [ 0.5; -2.; 1.5; -0.25 ] ]
          } ]

/// Newton's iteration for the square root, until it is good.
let private root limit (a: Tensor) =
    let far (x: Tensor) = abs (x * x - a) .> 1e-12 * a
    let better (x: Tensor) = 0.5 * (x + a / x)
    match limit with
    | Some n -> whileLoopUpTo n far better a
    | None -> whileLoop far better a

let private whiles =
    testList
        "whileLoop"
        [ test "of unknown length: one trace, no guard" {
              let values = [ real 2.; real 3e4; real 1. ]
              holds (Acceleration.equalsDirect (root None) values 1UL)
              holds (Acceleration.tracesAreSignatures (root None) values 1)
              for x in values do
                  holds (Oracle.agreesOn (root None) x 1UL)
                  Expect.floatClose Accuracy.high (float (root None x)) (sqrt (float x)) "root"
          }
          test "with a bound it has a gradient, and stops at the bound" {
              holds (Acceleration.equalsDirect (grad (root (Some 40))) [ real 2.; real 700.; real 1. ] 1UL)
              // Newton's derivatives jump where one more iteration is taken; these do not.
              let power (x: Tensor, w: Tensor) =
                  whileLoopUpTo
                      6
                      (fun (_, k) -> k .< 4.)
                      (fun (y: Tensor, k: Tensor) -> w * sin y * x, k + 1.)
                      (x, Tensor.scalar 0)
              obeys power [ real 0.7, real 1.3 ]
              Expect.floatClose Accuracy.high (float (grad (root (Some 40)) (real 4.))) 0.25 "slope of the root"
              Expect.equal (float (root (Some 1) (real 4.))) 2.5 "one step"
          }
          test "without a bound a gradient is refused, with the remedy" {
              let e = Expect.throwsT<ControlFlowException>
              e (fun () -> grad (root None) (real 2.) |> ignore) "gradient"
              try
                  grad (root None) (real 2.) |> ignore
              with :? ControlFlowException as e ->
                  Expect.stringContains e.Remedy "greatest number of iterations" "remedy"
          } ]

let private walk (x: Tensor) =
    whileLoopUpTo
        50
        (fun (y, _) -> Tensor.sum [] y .< 3.)
        (fun (y: Tensor, n: Tensor) -> y + Tensor.uniformLike y * x, n + 1.)
        (x, Tensor.scalar 0)

let private draws =
    testList
        "draws in bodies"
        [ test "new in each iteration" {
              let _, ys =
                  scan (fun c (x: Tensor) -> c, Tensor.uniformLike x) (real 0.) (Tensor.zeros DType.Float64 [ 100 ] "")
              Expect.equal (Array.distinct (floats ys)).Length 100 "distinct"
          }
          test "the same directly and accelerated, new in each call, for a number of iterations that depends on them" {
              let x = reals [ 2 ] [ 0.2; 0.4 ]
              obeys (fun x -> fst (walk x)) [ x ]
              let run f = Functions.seeded 3UL (fun () -> [ for _ in 1..4 -> List.ofArray (floats (fst (f x))) ])
              Expect.equal (run (accelerate walk)) (run walk) "both modes"
              Expect.equal (List.distinct (run walk)) (run walk) "each call its own"
          }
          test "a gradient sees the draws of the value" {
              // y = Σ uₖ x, so that dy/dx = y / x.
              let f (x: Tensor) =
                  scan
                      (fun c k -> c + Tensor.uniformLike c * x + 0. * k, ())
                      (real 0.)
                      (Tensor.zeros DType.Float64 [ 5 ] "")
                  |> fst
              for seed in 1UL .. 5UL do
                  let y, dy = Functions.seeded seed (fun () -> valueAndGrad f (real 2.))
                  Expect.floatClose Accuracy.high (float dy) (float y / 2.) "slope"
          }
          test "rejection sampling" {
              // Of the density 2x on 0 … 1, from uniform pairs.
              let sample (like: Tensor) =
                  let draw x = Tensor.uniformLike x, Tensor.uniformLike x
                  whileLoop (fun (x, u) -> Tensor.any [] (u .> x)) (fun (x, _) -> draw x) (draw like) |> fst
              holds (Acceleration.equalsDirect sample [ real 0. ] 2UL)
              let fast = accelerate sample
              let mean = Functions.seeded 4UL (fun () -> List.average [ for _ in 1..2000 -> float (fast (real 0.)) ])
              // Mean 2/3, variance 1/18: five standard errors.
              Expect.isLessThan (abs (mean - 2. / 3.)) (5. * sqrt (1. / 18. / 2000.)) "mean"
          }
          test "the stream goes on after a loop as after a direct call" {
              let f (x: Tensor) = fst (walk x) + Tensor.uniformLike x
              holds (Acceleration.equalsDirect f [ reals [ 1 ] [ 0.5 ] ] 9UL)
          } ]

let private refused name (f: unit -> 'R) = test name {
    Expect.throwsT<ControlFlowException> (fun () -> f () |> ignore) name
}

let private errors =
    testList
        "what does not fit"
        [ refused "branches of different types" (fun () ->
              cond (real 1. .> 0.) (fun (x: Tensor) -> x) (fun x -> Tensor.cast DType.Float32 x) (real 1.))
          refused "branches of different structure" (fun () ->
              cond (real 1. .> 0.) (fun (x: Tensor) -> [ x ]) (fun x -> [ x; x ]) (real 1.))
          refused "branches that differ in a static value" (fun () ->
              cond (real 1. .> 0.) (fun (x: Tensor) -> x, 1) (fun x -> x, 2) (real 1.))
          refused "a condition that is no Bool" (fun () -> cond (real 1.) id id (real 1.))
          refused "a condition of two elements" (fun () -> cond (weights .> 0.) id id (real 1.))
          refused "a carry that grows" (fun () ->
              whileLoop (fun c -> Tensor.sum [] c .< 3.) (fun c -> Tensor.concat 0 [ c; c ]) weights)
          refused "a carry that changes its data type" (fun () -> fold (fun _ x -> x) (Tensor.scalar 0f) xs)
          refused "slices of different numbers" (fun () -> fold (fun c (x, y) -> c + x * y) (real 0.) (xs, weights))
          refused "nothing to take slices of" (fun () -> fold (fun c () -> c) (real 0.) ())
          test "a host read inside a body" {
              let f (x: Tensor) = fold (fun c x -> if float x > 0. then c + x else c) (real 0.) x
              Expect.throwsT<HostReadException> (fun () -> f weights |> ignore) ""
          }
          test "a tensor that escapes from a body" {
              let mutable kept = real 0.
              fold
                  (fun c x ->
                      kept <- x
                      c + x)
                  (real 0.)
                  weights
              |> ignore
              Expect.throwsT<EscapedTensorException> (fun () -> kept + 1. |> ignore) ""
          }
          test "a dimension that is not there" {
              Expect.throwsT<DimensionException>
                  (fun () -> foldAlong 3 (fun c x -> c + x) (real 0.) xs |> ignore)
                  "number"
              Expect.throwsT<DimensionException>
                  (fun () -> foldOver 'T' (fun c x -> c + x) (real 0.) xs |> ignore)
                  "label"
          }
          test "a number of iterations below 0" {
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> repeat -1 (fun _ c -> c) weights |> ignore) ""
          } ]

let private text = test "bodies are printed under their instruction" {
    let f (x: Tensor) = cond (Tensor.sum [] x .> 0.) (fun x -> x * x) (fun x -> x + Tensor.uniformLike x) x
    let expected =
        """trace (%0: Float64[2]) {
  %1: Float64[] = Sum<dims=[0]> %0
  %2: Bool[] = Less 0 %1
  %3: Int64[] = Bits<type=Int64[]> draw 0
  %4: Float64[2] = Cond %2 %0 %3
    whenTrue (%0: Float64[2]) {
      %1: Float64[2] = Mul %0 %0
      return %1
    }
    whenFalse (%0: Float64[2]) {
      %1: Float64[2] = Uniform<type=Float64[2]> draw 0
      %2: Float64[2] = Add %0 %1
      return %2
    }
  return %4
}"""
    Expect.equal (Trace.print (traceOf f weights)) (expected.ReplaceLineEndings "\n") ""
}

let tests = testList "Control" [ scans; conds; whiles; draws; errors; text ]
