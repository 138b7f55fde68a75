module Functional.Tests.Peers.Families.LongSums

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

/// Long enough for blocks, tiles and threads on both sides.
let private configurations =
    [ unary "sum of 10,000" (normal "sum" [ 10000 ] "") (Tensor.sum []) _.sum()
      unary "mean of 10,000" (normal "mean" [ 10000 ] "") (Tensor.mean []) _.mean()
      unary "norm of 10,000" (normal "norm" [ 10000 ] "") (Tensor.norm []) _.norm()
      unary "variance of 10,000" (normal "variance" [ 10000 ] "") (Tensor.variance 1 []) _.var()
      unary "cumsum of 1,000" (normal "cumsum" [ 1000 ] "") (Tensor.cumsum 0) (fun x -> x.cumsum 0)
      unary "softmax of 1,000" (normal "softmax" [ 16; 1000 ] "BC") Activation.softmax (fun x -> F.softmax (x, 1))
      unary "log-softmax of 1,000" (normal "log-softmax" [ 16; 1000 ] "BC") Activation.logSoftmax (fun x ->
          F.log_softmax (x, 1))
      binary
          "matmul [130; 300] × [300; 270]"
          (normal "left" [ 130; 300 ] "")
          (normal "right" [ 300; 270 ] "")
          Tensor.matmul
          (fun a b -> torch.matmul (a, b))
      several
          "convolution 28×28 by 3×3, 32 → 32"
          [ normal "image" [ 2; 32; 28; 28 ] "BCSS"
            normal "filters" [ 32; 32; 3; 3 ] ""
            normal "bias" [ 32 ] "" ]
          (fun xs ->
              Tensor.convolution
                  { ConvolutionOptions.Default with Padding = Functional.Padding.Same }
                  xs[1]
                  (Some xs[2])
                  xs[0])
          (fun xs -> F.conv2d (xs[0], xs[1], xs[2], [| 1L; 1L |], [| 1L; 1L |]))
      several
          "layer normalisation of 500"
          [ normal "rows" [ 32; 500 ] ""; uniform "scale" (0.5, 1.5) [ 500 ] ""; normal "offset" [ 500 ] "" ]
          (fun xs -> Tensor.layerNorm [ 1 ] 1e-5 (Some xs[1]) (Some xs[2]) xs[0])
          (fun xs -> F.layer_norm (xs[0], [| 500L |], xs[1], xs[2], 1e-5))
      several
          "batch normalisation of 3,200"
          [ normal "image" [ 8; 6; 20; 20 ] "BCSS"
            uniform "scale" (0.5, 1.5) [ 6 ] ""
            normal "offset" [ 6 ] "" ]
          (fun xs ->
              let zeros, ones = Tensor.zeros xs[0].DType [ 6 ] "", Tensor.ones xs[0].DType [ 6 ] ""
              let y, _, _ = Tensor.batchNormTraining 1e-5 0.1 (Some xs[1]) (Some xs[2]) zeros ones xs[0]
              y)
          (fun xs -> F.batch_norm (xs[0], null, null, xs[1], xs[2], true)) ]

let family =
    { Name = "long sums"
      DTypes = floating
      Tolerance =
        { Units = 40.
          Scale = Greatest
          Reason =
            "one after another 1,600 terms (the gradient of a convolution's filters) end up √1,600 ε = 40 ε off by chance;
            in blocks, as the longer sums are added on both sides, less" }
      Configurations = configurations }
