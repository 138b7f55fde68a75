module Functional.Tests.Peers.Families.Normalisations

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

let private epsilon = 1e-5
let private image = normal "image" [ 4; 6; 5; 3 ] "BCSS"
let private signal = normal "signal" [ 8; 6; 7 ] "BCS"
let private rows = normal "rows" [ 12; 6 ] "BC"

/// Scale and offset of six channels.
let private affine = [ uniform "scale" (0.5, 1.5) [ 6 ] ""; normal "offset" [ 6 ] "" ]

/// A running mean and variance of six channels.
let private running = [ held (normal "mean" [ 6 ] ""); held (uniform "variance" (0.5, 2.) [ 6 ] "") ]

/// The running numbers move on; they are state, of which no gradient is taken.
let private training name x momentum =
    toMany
        name
        ([ x ] @ affine @ running)
        (fun xs ->
            let y, mean, variance =
                Tensor.batchNormTraining epsilon momentum (Some xs[1]) (Some xs[2]) xs[3] xs[4] xs[0]
            [ y; Tensor.stopGradient mean; Tensor.stopGradient variance ])
        (fun xs ->
            let mean, variance = xs[3].clone(), xs[4].clone()
            [ F.batch_norm (xs[0], mean, variance, xs[1], xs[2], true, momentum, epsilon); mean; variance ])

let private batch =
    [ training "batch, training, images" image 0.1
      training "batch, training, rows" rows 0.3
      training "batch, training, signals" signal 0.1
      several
          "batch, inference"
          ([ image ] @ affine @ running)
          (fun xs -> Tensor.batchNorm epsilon (Some xs[1]) (Some xs[2]) xs[3] xs[4] xs[0])
          (fun xs -> F.batch_norm (xs[0], xs[3], xs[4], xs[1], xs[2], false, 0.1, epsilon))
      several
          "batch, inference, neither scale nor offset"
          ([ rows ] @ running)
          (fun xs -> Tensor.batchNorm epsilon None None xs[1] xs[2] xs[0])
          (fun xs -> F.batch_norm (xs[0], xs[1], xs[2], null, null, false, 0.1, epsilon)) ]

let private layer =
    [ several
          "layer, last dimension"
          ([ normal "x" [ 5; 7; 6 ] "" ] @ affine)
          (fun xs -> Tensor.layerNorm [ 2 ] epsilon (Some xs[1]) (Some xs[2]) xs[0])
          (fun xs -> F.layer_norm (xs[0], [| 6L |], xs[1], xs[2], epsilon))
      several
          "layer, two dimensions"
          [ normal "x" [ 5; 4; 6 ] ""; uniform "scale" (0.5, 1.5) [ 4; 6 ] ""; normal "offset" [ 4; 6 ] "" ]
          (fun xs -> Tensor.layerNorm [ 1; 2 ] epsilon (Some xs[1]) (Some xs[2]) xs[0])
          (fun xs -> F.layer_norm (xs[0], [| 4L; 6L |], xs[1], xs[2], epsilon))
      unary "layer, neither scale nor offset" (normal "x" [ 5; 9 ] "") (Tensor.layerNorm [ 1 ] 1e-3 None None) (fun x ->
          F.layer_norm (x, [| 9L |], null, null, 1e-3))
      several
          "RMS"
          [ normal "x" [ 5; 7; 6 ] ""; uniform "scale" (0.5, 1.5) [ 6 ] "" ]
          (fun xs -> Tensor.rmsNorm [ 2 ] 1e-6 (Some xs[1]) xs[0])
          (fun xs ->
              let squares = xs[0].mul(xs[0]).mean([| 2L |], true)
              xs[0].mul(squares.add(Scalar.op_Implicit 1e-6).rsqrt()).mul xs[1]) ]

let private group =
    [ for groups in [ 1; 2; 3; 6 ] do
          several
              $"group, {groups} groups"
              ([ image ] @ affine)
              (fun xs -> Tensor.groupNorm groups epsilon (Some xs[1]) (Some xs[2]) xs[0])
              (fun xs -> F.group_norm (xs[0], groups, xs[1], xs[2], epsilon))
      several
          "instance"
          ([ image ] @ affine)
          (fun xs -> Tensor.instanceNorm epsilon (Some xs[1]) (Some xs[2]) xs[0])
          (fun xs -> F.instance_norm (xs[0], null, null, xs[1], xs[2], true, 0.1, epsilon))
      unary "instance, neither scale nor offset" signal (Tensor.instanceNorm epsilon None None) (fun x ->
          F.instance_norm (x, null, null, null, null, true, 0.1, epsilon)) ]

/// An even window has one channel more before in theirs, after in ours.
let private crossChannel =
    [ for size, alpha, beta, k in [ 3, 1e-2, 0.75, 1.; 5, 0.5, 0.5, 2. ] ->
          unary $"cross-channel, window {size}" image (Tensor.crossChannelNorm size alpha beta k) (fun x ->
              F.local_response_norm (x, size, alpha, beta, k)) ]

let family =
    { Name = "normalisation"
      DTypes = floating
      Tolerance =
        { Units = 32.
          Scale = Greatest
          Reason =
            "sums of up to 90 terms for mean and variance, whose errors the slope multiplies by normalised numbers of up to 3
            and adds up once more" }
      Configurations = batch @ layer @ group @ crossChannel }
