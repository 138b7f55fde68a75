module Functional.Tests.Peers.Families.Pooling

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

let private longs (numbers: int list) = [| for n in numbers -> int64 n |]

let private pooling (stride: int list) (padding: int list) =
    { PoolingOptions.Default with
        Stride = stride
        Padding = Functional.Padding.Of(Array.ofList padding) }

let private image = normal "image" [ 2; 3; 9; 8 ] "BCSS"
let private signal = normal "signal" [ 2; 3; 15 ] "BCS"
let private volume = normal "volume" [ 2; 2; 6; 5; 7 ] "BCSSS"

let private average =
    [ unary "average 1-D" signal (Tensor.averagePool (pooling [ 2 ] [ 1 ]) [ 3 ]) (fun x -> F.avg_pool1d (x, 3, 2L, 1L))
      unary "average 2-D" image (Tensor.averagePool (pooling [] [ 0 ]) [ 3; 2 ]) (fun x ->
          F.avg_pool2d (x, longs [ 3; 2 ]))
      unary "average 2-D, padding counts" image (Tensor.averagePool (pooling [ 2; 1 ] [ 1; 1 ]) [ 3; 3 ]) (fun x ->
          F.avg_pool2d (x, longs [ 3; 3 ], longs [ 2; 1 ], longs [ 1; 1 ]))
      unary
          "average 2-D, padding does not count"
          image
          (Tensor.averagePool { pooling [ 2; 1 ] [ 1; 1 ] with CountPadding = false } [ 3; 3 ])
          (fun x -> F.avg_pool2d (x, longs [ 3; 3 ], longs [ 2; 1 ], longs [ 1; 1 ], false, false))
      unary "average 3-D" volume (Tensor.averagePool (pooling [ 2 ] [ 0 ]) [ 2; 2; 3 ]) (fun x ->
          F.avg_pool3d (x, longs [ 2; 2; 3 ], longs [ 2; 2; 2 ]))
      unary "global average" image Tensor.globalAveragePool (fun x -> F.adaptive_avg_pool2d (x, longs [ 1; 1 ]))
      unary "adaptive average 1-D" signal (Tensor.adaptiveAveragePool [ 4 ]) (fun x -> F.adaptive_avg_pool1d (x, 4))
      unary "adaptive average 2-D" image (Tensor.adaptiveAveragePool [ 4; 3 ]) (fun x ->
          F.adaptive_avg_pool2d (x, longs [ 4; 3 ]))
      unary "adaptive average 3-D" volume (Tensor.adaptiveAveragePool [ 4; 2; 3 ]) (fun x ->
          F.adaptive_avg_pool3d (x, longs [ 4; 2; 3 ])) ]

/// Values, and the numbers of the positions where they stand.
let private withPositions name x ours (theirs: TorchTensor -> struct (TorchTensor * TorchTensor)) =
    toMany name [ x ] (fun xs -> let y, positions = ours (List.head xs) in [ y; positions ]) (fun xs ->
        let struct (y, positions) = theirs xs.Head in [ y; positions ])

let private greatest =
    [ unary "max 1-D" signal (Tensor.maxPool (pooling [ 2 ] [ 1 ]) [ 3 ]) (fun x -> F.max_pool1d (x, 3, 2L, 1L))
      unary "max 2-D" image (Tensor.maxPool (pooling [] [ 0 ]) [ 3; 2 ]) (fun x -> F.max_pool2d (x, longs [ 3; 2 ]))
      unary "max 2-D, overlapping" image (Tensor.maxPool (pooling [ 2; 1 ] [ 1; 1 ]) [ 3; 3 ]) (fun x ->
          F.max_pool2d (x, longs [ 3; 3 ], longs [ 2; 1 ], longs [ 1; 1 ]))
      unary
          "max 2-D, dilated"
          image
          (Tensor.maxPool { pooling [ 1 ] [ 0 ] with Dilation = [ 2; 3 ] } [ 3; 2 ])
          (fun x -> F.max_pool2d (x, longs [ 3; 2 ], longs [ 1; 1 ], longs [ 0; 0 ], longs [ 2; 3 ]))
      unary "max 3-D" volume (Tensor.maxPool (pooling [ 2 ] [ 0 ]) [ 2; 2; 3 ]) (fun x ->
          F.max_pool3d (x, longs [ 2; 2; 3 ], longs [ 2; 2; 2 ]))
      unary "adaptive max 1-D" signal (Tensor.adaptiveMaxPool [ 4 ]) (fun x -> F.adaptive_max_pool1d (x, 4))
      unary "adaptive max 2-D" image (Tensor.adaptiveMaxPool [ 4; 3 ]) (fun x ->
          F.adaptive_max_pool2d (x, longs [ 4; 3 ]))
      unary "global max" image Tensor.globalMaxPool (fun x -> F.adaptive_max_pool2d (x, longs [ 1; 1 ]))
      withPositions "max 1-D with positions" signal (Tensor.maxPoolWithPositions (pooling [] [ 0 ]) [ 3 ]) (fun x ->
          F.max_pool1d_with_indices (x, 3))
      withPositions
          "max 2-D with positions"
          image
          (Tensor.maxPoolWithPositions (pooling [ 2; 2 ] [ 1; 1 ]) [ 3; 3 ])
          (fun x -> F.max_pool2d_with_indices (x, longs [ 3; 3 ], longs [ 2; 2 ], longs [ 1; 1 ])) ]

let private special =
    let data = [| 1.; nan; 2.; infinity; -infinity; 0.; -infinity; -infinity; 3.; 3.; 4.; 4. |]
    let x = operand [ 1; 1; 12 ] "BCS" (Elements.Real data)
    // Equal ones share the derivative; theirs is the first one's.
    [ unary "max, special numbers" (held x) (Tensor.maxPool (pooling [] [ 0 ]) [ 2 ]) (fun x -> F.max_pool1d (x, 2))
      unary "average, special numbers" x (Tensor.averagePool (pooling [] [ 0 ]) [ 2 ]) (fun x -> F.avg_pool1d (x, 2)) ]

/// Where the positions say, 0 elsewhere: TorchSharp's own functions lose the sizes that they are given.
let private unpool (sizes: int list) (positions: TorchTensor) (x: TorchTensor) =
    let flat (t: TorchTensor) = t.reshape (2L, 3L, -1L)
    let all = longs ([ 2; 3 ] @ sizes)
    (flat (torch.zeros (all, dtype = x.dtype))).scatter(2, flat positions, flat x).reshape all

/// Pooled, and put back where it stood.
let private unpooling =
    [ unary
          "unpool 1-D"
          signal
          (fun x ->
              let y, positions = Tensor.maxPoolWithPositions (pooling [] [ 0 ]) [ 3 ] x
              Tensor.maxUnpool positions [ 15 ] (y * y))
          (fun x ->
              let struct (y, positions) = F.max_pool1d_with_indices (x, 3)
              unpool [ 15 ] positions (y.mul y))
      unary
          "unpool 2-D"
          image
          (fun x ->
              let y, positions = Tensor.maxPoolWithPositions (pooling [] [ 0 ]) [ 3; 2 ] x
              Tensor.maxUnpool positions [ 9; 8 ] (y * y))
          (fun x ->
              let struct (y, positions) = F.max_pool2d_with_indices (x, longs [ 3; 2 ])
              unpool [ 9; 8 ] positions (y.mul y)) ]

let family =
    { Name = "pooling"
      DTypes = floating
      Tolerance =
        { Units = 8.
          Scale = Element
          Reason =
            "means of a window of up to 72 terms, in which √72 roundings are divided by 72; gradients of up to 9 windows" }
      Configurations = average @ greatest @ special @ unpooling }
