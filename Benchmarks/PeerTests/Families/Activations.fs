module Functional.Tests.Peers.Families.Activations

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

/// Numbers around 0, and those far from it at which functions saturate. Ends of pieces are in none of them: there our
/// derivative is half of what it is beside, theirs 0.
let private operandOf name others =
    let near = Numbers.uniform (Numbers.seedOf name) (-5., 5.) [ 42 ]
    operand [ 6; 8 ] "BC" (Elements.Real(Array.append near others))

let private far = [| 0.; -0.; 88.; -88.; 30.; -30. |]
let private smooth name ours theirs = unary name (operandOf name far) ours theirs

/// NaN gives NaN; what the derivative is there no two of them agree on, nor theirs in one data type and the other.
let private kinked name (ours: Tensor -> Tensor) theirs =
    [ smooth name ours theirs
      unary $"{name} of NaN, values only" (operand [ 1; 3 ] "BC" (Elements.Held [| nan; nan; 1. |])) ours theirs ]

/// What theirs rounds to Float32 even in the gradient of Float64, written out.
let private hardSigmoid (x: TorchTensor) = F.relu6(x.add (Scalar.op_Implicit 3.)).div(Scalar.op_Implicit 6.)

let private activations =
    [ yield! kinked "relu" Tensor.relu (fun x -> F.relu x)
      yield! kinked "leaky relu" (Activation.leakyRelu 0.02) (fun x -> F.leaky_relu (x, 0.02))
      yield! kinked "elu" (Activation.elu 0.8) (fun x -> F.elu (x, 0.8))
      yield! kinked "selu" Activation.selu (fun x -> F.selu x)
      smooth "gelu" Activation.gelu (fun x -> F.gelu x)
      smooth "gelu by tanh" Activation.geluTanh (fun x -> F.gelu (x, Modules.GELU.Approximate.tanh))
      smooth "silu" Activation.silu (fun x -> F.silu x)
      smooth "mish" Activation.mish (fun x -> F.mish x)
      smooth "sigmoid" Tensor.sigmoid (fun x -> F.sigmoid x)
      smooth "tanh" tanh (fun x -> F.tanh x)
      // From a threshold on, 20 where none is given, theirs is x itself.
      smooth "softplus" Tensor.softplus (fun x -> F.softplus (x, 1., 100.))
      yield! kinked "hard sigmoid" Activation.hardSigmoid hardSigmoid
      // TorchSharp's own hardtanh leaves all numbers as they are.
      yield!
          kinked "hard tanh" Activation.hardTanh (fun x ->
              torch.clamp (x, Scalar.op_Implicit -1., Scalar.op_Implicit 1.))
      yield! kinked "hard silu" Activation.hardSilu (fun x -> F.hardswish x)
      smooth "glu" Activation.glu (fun x -> F.glu (x, 1)) ]

let private parametric =
    [ several
          "parametric relu, one slope"
          [ operandOf "prelu" far; operand [ 1 ] "" (Elements.Real [| 0.25 |]) ]
          (fun xs -> Activation.parametricRelu (Tensor.reshape [] xs[1]) xs[0])
          (fun xs -> F.prelu (xs[0], xs[1]))
      several
          "parametric relu, a slope for each channel"
          [ normal "prelu" [ 2; 5; 3 ] "BCS"; uniform "slopes" (0.1, 0.4) [ 5 ] "" ]
          (fun xs -> Activation.parametricRelu xs[1] xs[0])
          (fun xs -> F.prelu (xs[0], xs[1])) ]

let family =
    { Name = "activations"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Element
          Reason = "at most four functions in a row, of 2 ε each, on either side" }
      Configurations = activations @ parametric }

let private probabilities name sizes format dim ours theirs =
    unary $"{name} %A{sizes} along {dim}" (normal name sizes format) ours (fun x -> theirs (x, int64 dim))

let private softmax (x: TorchTensor, dim: int64) = F.softmax (x, dim)
let private logSoftmax (x: TorchTensor, dim: int64) = F.log_softmax (x, dim)

/// Logits of 1,000 and of -∞ do not overflow.
let private extreme name ours theirs =
    let data = [| 1000.; 999.; -1000.; 3.; -infinity; 2.; 1.; 0.; 0.; 0.; 0.; 0. |]
    unary $"{name}, far logits" (operand [ 3; 4 ] "BC" (Elements.Real data)) ours (fun x -> theirs (x, 1L))

let softmaxFamily =
    { Name = "softmax"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Element
          Reason = "a sum of up to 40 exponentials (√40 ε ≈ 6 ε by chance) and a quotient on either side" }
      Configurations =
        [ for sizes, format, dim in [ [ 3; 40 ], "BC", 1; [ 2; 7; 5 ], "BCS", 1; [ 4; 3; 9 ], "", 2; [ 11 ], "C", 0 ] do
              probabilities "softmax" sizes format dim Activation.softmax softmax
              probabilities "log-softmax" sizes format dim Activation.logSoftmax logSoftmax
          // NaN, ∞ and nothing but -∞, in a row each.
          for name, ours, theirs in
              [ "softmax", Activation.softmax, softmax; "log-softmax", Activation.logSoftmax, logSoftmax ] do
              let data = [| 1.; nan; 2.; infinity; 1.; 0.; -infinity; -infinity; -infinity |]
              unary $"{name}, special numbers" (operand [ 3; 3 ] "BC" (Elements.Real data)) ours (fun x ->
                  theirs (x, 1L))
          extreme "softmax" Activation.softmax softmax
          extreme "log-softmax" Activation.logSoftmax logSoftmax ] }
