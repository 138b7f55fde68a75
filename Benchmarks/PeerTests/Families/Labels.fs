module Functional.Tests.Peers.Families.Labels

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

let private order (dims: int64 array) (x: TorchTensor) = x.permute dims

/// Dimensions in another order than theirs: ours finds them by their labels, theirs has them moved there and back.
let private moved name (x: Operand) others dims back ours theirs =
    several name (x :: others) (fun (xs: Tensor list) -> ours xs.Head xs.Tail) (fun (xs: TorchTensor list) ->
        theirs (order dims xs.Head) xs.Tail |> order back)

let private filters = [ normal "filters" [ 4; 3; 3; 2 ] ""; normal "bias" [ 4 ] "" ]

let private spatial =
    [ moved
          "convolution BSSC"
          (normal "image" [ 2; 7; 6; 3 ] "BSSC")
          filters
          [| 0L; 3L; 1L; 2L |]
          [| 0L; 2L; 3L; 1L |]
          (fun x w -> Tensor.convolution ConvolutionOptions.Default w[0] (Some w[1]) x)
          (fun x w -> F.conv2d (x, w[0], w[1]))
      moved
          "convolution SCBS"
          (normal "image" [ 7; 3; 2; 6 ] "SCBS")
          filters
          [| 2L; 1L; 0L; 3L |]
          [| 2L; 1L; 0L; 3L |]
          (fun x w -> Tensor.convolution { ConvolutionOptions.Default with Stride = [ 2; 1 ] } w[0] (Some w[1]) x)
          (fun x w -> F.conv2d (x, w[0], w[1], [| 2L; 1L |]))
      moved
          "max-pooling SSCB"
          (normal "image" [ 6; 8; 3; 2 ] "SSCB")
          []
          [| 3L; 2L; 0L; 1L |]
          [| 2L; 3L; 1L; 0L |]
          (fun x _ -> Tensor.maxPool PoolingOptions.Default [ 3; 2 ] x)
          (fun x _ -> F.max_pool2d (x, [| 3L; 2L |]))
      moved
          "resize SBC"
          (normal "signal" [ 6; 2; 3 ] "SBC")
          []
          [| 1L; 2L; 0L |]
          [| 2L; 0L; 1L |]
          (fun x _ -> Tensor.resize Interpolation.Linear SamplePoints.AlignCorners [ 9 ] x)
          (fun x _ -> F.interpolate (x, [| 9L |], null, torch.InterpolationMode.Linear, System.Nullable true)) ]

let private affine = [ uniform "scale" (0.5, 1.5) [ 6 ] ""; normal "offset" [ 6 ] "" ]

let private normalised =
    [ moved
          "batch normalisation BSC"
          (normal "signal" [ 4; 5; 6 ] "BSC")
          affine
          [| 0L; 2L; 1L |]
          [| 0L; 2L; 1L |]
          (fun x w ->
              let zeros, ones = Tensor.zeros x.DType [ 6 ] "", Tensor.ones x.DType [ 6 ] ""
              let y, _, _ = Tensor.batchNormTraining 1e-5 0.1 (Some w[0]) (Some w[1]) zeros ones x
              y)
          (fun x w -> F.batch_norm (x, null, null, w[0], w[1], true))
      moved
          "group normalisation CSB"
          (normal "signal" [ 6; 5; 4 ] "CSB")
          affine
          [| 2L; 0L; 1L |]
          [| 1L; 2L; 0L |]
          (fun x w -> Tensor.groupNorm 3 1e-5 (Some w[0]) (Some w[1]) x)
          (fun x w -> F.group_norm (x, 3, w[0], w[1])) ]

let private classes =
    [ unary "softmax CB" (normal "logits" [ 6; 4 ] "CB") Activation.softmax (fun x -> F.softmax (x, 0))
      several
          "cross-entropy CBS"
          [ normal "logits" [ 5; 3; 4 ] "CBS"; whole "classes" 5 [ 3; 4 ] "BS" ]
          (fun xs -> Loss.crossEntropyOfLogits xs[0] xs[1])
          (fun xs -> F.cross_entropy (order [| 1L; 0L; 2L |] xs[0], xs[1])) ]

let private aligned =
    [ binary "BC + CB" (normal "left" [ 4; 6 ] "BC") (normal "right" [ 6; 4 ] "CB") (fun a b -> a * b + a) (fun a b ->
          a.mul(b.t ()).add a)
      binary "BCS × SC" (normal "left" [ 2; 3; 4 ] "BCS") (normal "right" [ 4; 3 ] "SC") (fun a b -> a * b) (fun a b ->
          a.mul (b.t ()))
      binary
          "contract C of BC, CS"
          (normal "left" [ 4; 6 ] "BC")
          (normal "right" [ 6; 5 ] "CS")
          (Tensor.contract "C")
          (fun a b -> torch.matmul (a, b)) ]

let family =
    { Name = "labels"
      DTypes = floating
      Tolerance = { Units = 16.; Scale = Greatest; Reason = "as the families have it whose functions these are" }
      Configurations = spatial @ normalised @ classes @ aligned }
