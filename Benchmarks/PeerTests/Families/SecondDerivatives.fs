module Functional.Tests.Peers.Families.SecondDerivatives

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

let private smooth name range ours theirs = unary name (uniform name range [ 37 ] "C") ours theirs

let private functions =
    [ smooth "exp" (-3., 3.) exp _.exp()
      smooth "log" (0.3, 4.) log _.log()
      smooth "sqrt" (0.3, 4.) sqrt _.sqrt()
      smooth "rsqrt" (0.3, 4.) Tensor.rsqrt _.rsqrt()
      smooth "sin" (-6., 6.) sin _.sin()
      smooth "tan" (-1., 1.) tan _.tan()
      smooth "asin" (-0.8, 0.8) asin _.asin()
      smooth "atan" (-4., 4.) atan _.atan()
      smooth "tanh" (-3., 3.) tanh _.tanh()
      smooth "erf" (-2., 2.) Tensor.erf _.erf()
      smooth "log1p" (-0.5, 2.) Tensor.log1p _.log1p()
      smooth "expm1" (-2., 2.) Tensor.expm1 _.expm1()
      smooth "sigmoid" (-4., 4.) Tensor.sigmoid _.sigmoid()
      smooth "softplus" (-4., 4.) Tensor.softplus (fun x -> F.softplus x)
      smooth "gelu" (-3., 3.) Activation.gelu (fun x -> F.gelu x)
      smooth "gelu by tanh" (-3., 3.) Activation.geluTanh (fun x -> F.gelu (x, Modules.GELU.Approximate.tanh))
      smooth "silu" (-4., 4.) Activation.silu (fun x -> F.silu x)
      smooth "mish" (-4., 4.) Activation.mish (fun x -> F.mish x)
      smooth "elu" (-4., 4.) (Activation.elu 0.8) (fun x -> F.elu (x, 0.8))
      smooth "softmax" (-2., 2.) Activation.softmax (fun x -> F.softmax (x, 0))
      smooth "log-softmax" (-2., 2.) Activation.logSoftmax (fun x -> F.log_softmax (x, 0))
      smooth "log-sum-exp" (-2., 2.) (Tensor.logSumExp []) (fun x -> torch.logsumexp (x, 0))
      smooth "product" (0.8, 1.2) (Tensor.product []) _.prod()
      smooth "cumprod" (0.8, 1.2) (Tensor.cumprod 0) (fun x -> x.cumprod 0)
      smooth "standard deviation" (-2., 2.) (Tensor.standardDeviation 1 []) _.std()
      smooth "norm" (-2., 2.) (Tensor.norm []) _.norm() ]

let family =
    { Name = "second derivatives"
      DTypes = floating
      Tolerance =
        { Units = 32.
          Scale = Greatest
          Reason =
            "gradients of gradients: twice what the first derivatives of the same families tolerate, which each of them is a
            product with" }
      Configurations =
        [ yield! functions
          yield! Products.family.Configurations
          yield! Convolutions.family.Configurations
          yield! Convolutions.transposedFamily.Configurations
          yield! Normalisations.family.Configurations
          yield! Recurrences.family.Configurations ]
        |> List.map Comparison.derivative }
