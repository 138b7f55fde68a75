/// Plans of some programs as committed text: a change that is not about plans changes none of them.
module Functional.Tests.Passes.GoldenTests

open System
open System.IO
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests

let private tensor sizes = Tensor.full DType.Float32 sizes "" 0.5

let private srelu (tl: Tensor) al tr ar (x: Tensor) =
    Tensor.where (x .< tl) (tl + al * (x - tl)) (Tensor.where (x .> tr) (tr + ar * (x - tr)) x)

let private layerNorm (scale: Tensor) (shift: Tensor) (x: Tensor) =
    let mean = Statistics.keep Statistics.mean [ 1 ] x
    let centred = x - mean
    let variance = Statistics.keep Statistics.mean [ 1 ] (centred * centred)
    centred / sqrt (variance + 1e-5) * scale + shift

let private mlp (x: Tensor) (parameters: (Tensor * Tensor) list) =
    (x, List.indexed parameters)
    ||> List.fold (fun x (k, (w, b)) ->
        let y = Tensor.matmul x w + b
        if k < parameters.Length - 1 then Define.apply Activations.relu [ y ] else y)

/// By name: a function, and inputs of the types that it is traced for.
let private programs: (string * (unit -> Trace)) list =
    let x, channel = tensor [ 64; 256 ], fun () -> tensor [ 256 ]
    let parameters = [ tensor [ 784; 256 ], tensor [ 256 ]; tensor [ 256; 10 ], tensor [ 10 ] ]
    let images, classes = tensor [ 64; 784 ], tensor [ 64; 10 ]
    let loss ps (x, t) = Loss.crossEntropyOfLogits (mlp x ps) t

    [ "srelu-forward",
      (fun () ->
          traceOf (fun (tl, al, tr, ar, x) -> srelu tl al tr ar x) (channel (), channel (), channel (), channel (), x))
      "srelu-gradient",
      (fun () ->
          traceOf
              (grad (fun (tl, al, tr, ar, x) -> Tensor.sum [] (srelu tl al tr ar x * x)))
              (channel (), channel (), channel (), channel (), x))
      "softmax-cross-entropy", (fun () -> traceOf (fun (x, t) -> Loss.crossEntropyOfLogits x t) (classes, classes))
      "softmax-cross-entropy-gradient",
      (fun () -> traceOf (fun (x, t) -> valueAndGrad (fun x -> Loss.crossEntropyOfLogits x t) x) (classes, classes))
      "layer-norm", (fun () -> traceOf (fun (s, b, x) -> layerNorm s b x) (channel (), channel (), x))
      "layer-norm-gradient",
      (fun () -> traceOf (grad (fun (s, b, x) -> Tensor.sum [] (layerNorm s b x * x))) (channel (), channel (), x))
      "mlp-predict", (fun () -> traceOf (fun (ps, x) -> Activation.softmax (mlp x ps)) (parameters, images))
      "mlp-sgd-step",
      (fun () ->
          traceOf
              (fun (ps, state, x, t) ->
                  let value, gradient = valueAndGrad (fun ps -> loss ps (x, t)) ps
                  value, Sgd.step SgdOptions.Default (ps, state, gradient))
              (parameters, Sgd.start 0.1 parameters, images, classes))
      "mlp-adam-step",
      (fun () ->
          traceOf
              (fun (ps, state, x, t) ->
                  let value, gradient = valueAndGrad (fun ps -> loss ps (x, t)) ps
                  value, Adam.step AdamOptions.Default (ps, state, gradient))
              (parameters, Adam.start 0.001 parameters, images, classes))
      "chain-of-ten",
      (fun () ->
          traceOf
              (fun (x: Tensor) ->
                  let y = tanh (x * 0.5 + 1.)
                  exp -(y * y) / (1. + abs (sin x)))
              (tensor [ 100_000 ]))
      "dropout-like",
      (fun () ->
          traceOf
              (fun (x: Tensor) ->
                  let keep = Uniform.bernoulli x.Interpreter 0.8 x.Type
                  Tensor.where keep (x / 0.8) (0. * x))
              x) ]

/// With the environment variable UPDATE_PLANS set to 1, the text is written instead.
let private golden (name, trace: unit -> Trace) = test name {
    let file = Repository.path [ "Tests"; "Passes"; "Golden"; name + ".txt" ]
    let now = Explain.text (trace ())
    if Environment.GetEnvironmentVariable "UPDATE_PLANS" = "1" then File.WriteAllText(file, now)
    Expect.equal now (File.ReadAllText file) "the plan as committed; if the change is meant, run with UPDATE_PLANS=1"
}

let tests = testList "Golden plans" (List.map golden programs)
