module Functional.Tests.Peers.Families.Reductions

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

/// Dimensions that a reduction takes, and what is left.
let private shapes = [ [ 50 ], [ 0 ]; [ 4; 6; 5 ], [ 1 ]; [ 4; 6; 5 ], [ 0; 2 ] ]

let private dims (dims: int list) = [| for d in dims -> int64 d |]

/// Reductions of any dimensions, by their numbers.
let private ofMany: (string * (int list -> Tensor -> Tensor) * (int64 array -> TorchTensor -> TorchTensor)) list =
    [ "sum", Tensor.sum, (fun dims x -> x.sum dims)
      "mean", Tensor.mean, (fun dims x -> x.mean dims)
      "max", Tensor.max, (fun dims x -> torch.amax (x, dims))
      "min", Tensor.min, (fun dims x -> torch.amin (x, dims))
      "variance", Tensor.variance 0, (fun dims x -> x.var (dims, false))
      "unbiased variance", Tensor.variance 1, (fun dims x -> x.var (dims, true))
      "standard deviation", Tensor.standardDeviation 1, (fun dims x -> x.std (dims, true))
      "norm", Tensor.norm, (fun dims x -> torch.linalg.vector_norm (x, 2., dims)) ]

let private ofOne =
    [ unary "log-sum-exp" (normal "log-sum-exp" [ 5; 9 ] "") (Tensor.logSumExp [ 1 ]) (fun x -> torch.logsumexp (x, 1))
      unary "product" (normal "product" [ 5; 9 ] "") (Tensor.product [ 1 ]) (fun x -> x.prod 1L)
      unary
          "product with zeros"
          (operand [ 3; 4 ] "" (Elements.Real [| 1.5; 0.; 2.; -3.; 0.; 1.; 0.; 2.; 1.; 2.; 3.; 4. |]))
          (Tensor.product [ 1 ])
          (fun x -> x.prod 1L)
      unary
          "max with ties"
          (operand [ 2; 4 ] "" (Elements.Real [| 1.; 3.; 3.; 2.; 5.; 5.; 5.; 5. |]))
          (Tensor.max [ 1 ])
          (fun x -> torch.amax (x, [| 1L |]))
      unary "norm at 0" (operand [ 2; 3 ] "" (Elements.Real [| 0.; 0.; 0.; 1.; 2.; 2. |])) (Tensor.norm [ 1 ]) (fun x ->
          torch.linalg.vector_norm (x, 2., [| 1L |]))
      unary
          "any, all"
          (operand [ 3; 3 ] "" (Elements.Flags [| true; false; true; false; false; false; true; true; true |]))
          (fun x -> Tensor.stack 0 [ Tensor.any [ 1 ] x; Tensor.all [ 1 ] x ])
          (fun x -> torch.stack [ torch.any (x, 1L); torch.all (x, 1L) ]) ]

/// A row each with NaN, with infinities of one sign and of both, and of nothing but -∞.
let private peculiar =
    operand
        [ 5; 4 ]
        ""
        (Elements.Real
            [| 1.
               nan
               2.
               3.
               1.
               infinity
               2.
               infinity
               -infinity
               1.
               -2.
               0.5
               infinity
               1.
               -infinity
               2.
               -infinity
               -infinity
               -infinity
               -infinity |])

let private nothing = operand [ 3; 0 ] "" (Elements.Real [||])

let private special =
    [ unary "sum, special numbers" peculiar (Tensor.sum [ 1 ]) (fun x -> x.sum 1L)
      unary "mean, special numbers" peculiar (Tensor.mean [ 1 ]) (fun x -> x.mean [| 1L |])
      // Of NaN the derivative is 0, theirs NaN.
      unary "max, special numbers" (held peculiar) (Tensor.max [ 1 ]) (fun x -> torch.amax (x, [| 1L |]))
      unary "min, special numbers" (held peculiar) (Tensor.min [ 1 ]) (fun x -> torch.amin (x, [| 1L |]))
      // The derivative is the product of the others; theirs divides the whole product by each.
      unary "product, special numbers" (held peculiar) (Tensor.product [ 1 ]) (fun x -> x.prod 1L)
      unary "log-sum-exp, special numbers" peculiar (Tensor.logSumExp [ 1 ]) (fun x -> torch.logsumexp (x, 1))
      unary "norm, special numbers" peculiar (Tensor.norm [ 1 ]) (fun x -> torch.linalg.vector_norm (x, 2., [| 1L |]))
      // Of infinities the variance is NaN, and so is our derivative; theirs is infinite.
      unary "variance, special numbers" (held peculiar) (Tensor.variance 1 [ 1 ]) (fun x -> x.var ([| 1L |], true))
      unary "sum of nothing" nothing (Tensor.sum [ 1 ]) (fun x -> x.sum 1L)
      unary "mean of nothing" nothing (Tensor.mean [ 1 ]) (fun x -> x.mean [| 1L |])
      unary "product of nothing" nothing (Tensor.product [ 1 ]) (fun x -> x.prod 1L) ]

let family =
    { Name = "reductions"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Element
          Reason = "sums of up to 50 terms of magnitude 1: √50 ε ≈ 7 ε by chance on either side" }
      Configurations =
        [ for sizes, reduced in shapes do
              for name, ours, theirs in ofMany do
                  unary
                      $"{name} %A{sizes} over %A{reduced}"
                      (normal name sizes "")
                      (ours reduced)
                      (theirs (dims reduced))
          yield! ofOne
          yield! special ] }

let private running name (ours: int -> Tensor -> Tensor) (theirs: TorchTensor * int64 -> TorchTensor) =
    [ for sizes, dim in [ [ 30 ], 0; [ 3; 12 ], 1; [ 6; 2; 5 ], 0 ] ->
          unary $"{name} %A{sizes} along {dim}" (uniform name (0.5, 1.5) sizes "") (ours dim) (fun x ->
              theirs (x, int64 dim)) ]

let cumulativeFamily =
    { Name = "cumulative"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Element
          Reason = "up to 30 roundings in a row: √30 ε ≈ 6 ε by chance on either side" }
      Configurations =
        [ yield! running "cumsum" Tensor.cumsum (fun (x, dim) -> x.cumsum dim)
          yield! running "cumprod" Tensor.cumprod (fun (x, dim) -> x.cumprod dim)
          unary
              "cumprod with zeros"
              (operand [ 2; 4 ] "" (Elements.Real [| 1.5; 0.; 2.; -3.; 2.; 0.; 0.; 4. |]))
              (Tensor.cumprod 1)
              (fun x -> x.cumprod 1L)
          unary "cumsum, special numbers" peculiar (Tensor.cumsum 1) (fun x -> x.cumsum 1)
          unary "cumprod, special numbers" (held peculiar) (Tensor.cumprod 1) (fun x -> x.cumprod 1)
          unary "cumsum, reverse" (normal "cumsum, reverse" [ 3; 9 ] "") (Tensor.cumsumWith false true 1) (fun x ->
              torch.flip (torch.flip(x, [| 1L |]).cumsum 1L, [| 1L |]))
          unary "cumsum, exclusive" (normal "cumsum, exclusive" [ 3; 9 ] "") (Tensor.cumsumWith true false 1) (fun x ->
              x.cumsum(1L).sub x) ] }
