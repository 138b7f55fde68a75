/// Layers of images and sequences: all of CheckLayer, and that each is the function it is made of.
module Functional.Tests.Learn.SpatialLayerTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private images = Layout.Of("BCSS", Nullable(), 4, 6, Nullable 7)
let private sequences = Layout.Of("BCT", Nullable(), 3, Nullable())

let private strided = { ConvolutionOptions.Default with Stride = [ 2 ]; Padding = Padding.Same; Groups = 2 }

let private causal = { ConvolutionOptions.Default with Padding = Padding.Causal; Dilation = [ 2 ] }

let private layers: (string * ILayer * Layout) list =
    [ "convolution", Convolution(4, [ 3 ]), images
      "convolution of a rectangle, in groups", Convolution(6, [ 3; 2 ], strided, Initialiser.HeNormal), images
      "causal convolution", Convolution(2, [ 2 ], causal, Initialiser.GlorotUniform), sequences
      "greatest", MaxPool [ 2 ], images
      "greatest, overlapping",
      MaxPool([ 3 ], { PoolingOptions.Default with Stride = [ 2 ]; Padding = Padding.Same }),
      images
      "mean", AveragePool [ 2; 3 ], images
      "global mean", GlobalAveragePool(), images
      "global greatest", GlobalMaxPool(), images
      "flatten", Flatten(), images
      "batch norm", BatchNorm(), images
      "batch norm of features", BatchNorm(1e-3, 0.5), Layout.Of("BC", Nullable(), Nullable 3)
      "layer norm", LayerNorm(), sequences
      "group norm", GroupNorm 2, images
      "instance norm", InstanceNorm(), images
      "RMS norm", RmsNorm(), sequences
      "cross-channel norm", CrossChannelNorm 3, images
      "transposed convolution", TransposedConvolution(3, [ 3 ]), images
      "transposed convolution, in groups", TransposedConvolution(6, [ 2; 3 ], strided, Initialiser.HeNormal), images
      "adaptive mean", AdaptiveAveragePool [ 3; 2 ], images
      "adaptive greatest", AdaptiveMaxPool [ 2 ], images
      "reshape", new Reshape([ 12; 14 ], "TC"), Layout.Of("BCSS", Nullable(), 4, 6, 7)
      "reshape without labels", new Reshape([ 14; 12 ]), Layout.Of("BCSS", Nullable(), 4, 6, 7)
      "resize", Resize([ 9; 5 ], Interpolation.Linear), images
      "depth to space", DepthToSpace [ 2 ], images
      "space to depth", SpaceToDepth [ 2; 1 ], Layout.Of("BCSS", Nullable(), 4, 6, 7)
      "parametric ReLU", ParametricRelu(), images
      "a network of them",
      Network.Sequential(Convolution(4, [ 3 ]), BatchNorm(), Relu(), MaxPool [ 2 ], Flatten(), Dense 3),
      images ]

let private image = Tensor.normalFrom (Generator 3UL) DType.Float32 [ 2; 4; 6; 7 ] "BCSS"

let tests =
    testList
        "Spatial layers"
        [ testList
              "pass every check"
              [ for name, layer, input in layers -> test name { passesEveryCheck layer [ input ] } ]
          test "a convolution is the function with its parameters" {
              let layer = Convolution(6, [ 3; 2 ], strided, Initialiser.HeNormal).Initialize images :?> Convolution
              let weights, bias = nonNull layer.Weights, nonNull layer.Bias
              Expect.sequenceEqual weights.Shape [ 6; 2; 3; 2 ] "weights"
              let expected = Tensor.convolution strided weights (Some bias) image
              Expect.isTrue (Structure.HasSameBits(layer.Predict image, expected)) "bits"
          }
          test "layers are the functions with their parameters" {
              let initialised (layer: ILayer) = layer.Initialize [| Layout.Of image.Type |]
              let equals (layer: ILayer) expected =
                  Expect.isTrue (Structure.HasSameBits(layer.Predict image, expected)) (layer.GetType().Name)
              let transposed =
                  initialised (TransposedConvolution(6, [ 2; 3 ], strided, Initialiser.HeNormal))
                  :?> TransposedConvolution
              let weights, bias = nonNull transposed.Weights, nonNull transposed.Bias
              Expect.sequenceEqual weights.Shape [ 4; 3; 2; 3 ] "weights"
              equals transposed (Tensor.transposedConvolution strided weights (Some bias) image)
              equals (initialised (GroupNorm 2)) (Tensor.groupNorm 2 1e-5 None None image)
              equals (initialised (InstanceNorm())) (Tensor.instanceNorm 1e-5 None None image)
              equals (initialised (RmsNorm())) (Tensor.rmsNorm [ 1 ] 1e-5 None image)
              equals (CrossChannelNorm 3) (Tensor.crossChannelNorm 3 1e-4 0.75 2. image)
              equals (AdaptiveAveragePool [ 3; 2 ]) (Tensor.adaptiveAveragePool [ 3; 2 ] image)
              equals (AdaptiveMaxPool [ 2 ]) (Tensor.adaptiveMaxPool [ 2 ] image)
              equals
                  (Resize([ 9; 5 ], Interpolation.Cubic))
                  (Tensor.resize Interpolation.Cubic SamplePoints.HalfPixel [ 9; 5 ] image)
              equals (DepthToSpace [ 2 ]) (Tensor.depthToSpace DepthOrder.ChannelFirst [ 2 ] image)
              equals (SpaceToDepth [ 2; 1 ]) (Tensor.spaceToDepth DepthOrder.ChannelFirst [ 2; 1 ] image)
              equals (initialised (ParametricRelu 0.5)) (Activation.parametricRelu (Tensor.scalar 0.5f) image)
              let reshape = new Reshape([ 12; 14 ], "TC")
              equals reshape (Tensor.withFormat "" image |> Tensor.reshape [ 2; 12; 14 ] |> Tensor.withFormat "BTC")
          }
          test "batch norm moves its statistics towards those of the batches, and predicts with them" {
              let mutable layer = (BatchNorm(1e-5, 0.5) :> ILayer).Initialize [| images |] :?> BatchNorm
              for _ in 1..40 do
                  let struct (_, next) = layer.Forward image
                  layer <- next
              let struct (trained, _) = layer.Forward image
              let struct (predicted, _) = layer.Predict image
              let apart = float (Tensor.cast DType.Float64 (Tensor.max [] (abs (trained - predicted))))
              // The running variance is the unbiased estimate, of 84 elements a channel.
              Expect.isLessThan apart (4. * 0.5 / 83.) "after many batches alike"
              Expect.isGreaterThan apart 0. "not the same"
          }
          test "channels and positions become channels, whatever their order" {
              let y = Flatten().Predict image
              Expect.equal (y.Format.Labels, List.ofSeq y.Shape) ("BC", [ 2; 168 ]) "of images"
              let turned = Flatten().Predict(Tensor.permute [ 1; 2; 0; 3 ] image)
              Expect.isTrue (Structure.HasSameBits(turned, y)) "of images in another order"
              let plain = Flatten().Predict(Tensor.withFormat "" image)
              Expect.equal (plain.Format.Labels, List.ofSeq plain.Shape) ("", [ 2; 168 ]) "of unformatted images"
          }
          test "what does not fit is refused" {
              let initialise (layer: Layer) input = layer.Initialize input |> ignore
              Expect.throwsT<ShapeException>
                  (fun () -> initialise (Convolution(4, [ 3; 3; 3 ])) images)
                  "a size of three numbers"
              let groups = { ConvolutionOptions.Default with Groups = 3 }
              Expect.throwsT<ShapeException>
                  (fun () -> initialise (Convolution(4, [ 3 ], groups, Initialiser.Zeros)) images)
                  "groups that divide nothing"
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Convolution(0, [ 3 ]) |> ignore) "no filters"
              Expect.throwsT<StructureException>
                  (fun () -> Convolution(4, [ 3 ]).Predict image |> ignore)
                  "not initialised"
              Expect.throwsT<StructureException> (fun () -> BatchNorm().Predict image |> ignore) "not initialised"
          } ]
