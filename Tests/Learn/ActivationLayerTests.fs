/// Activation layers: all of CheckLayer, and that each is its function.
module Functional.Tests.Learn.ActivationLayerTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private layers: (Layer * (Tensor -> Tensor)) list =
    [ Relu(), Tensor.relu
      LeakyRelu 0.2, Activation.leakyRelu 0.2
      Elu 0.5, Activation.elu 0.5
      Selu(), Activation.selu
      Sigmoid(), Tensor.sigmoid
      new Tanh(), tanh
      Softplus(), Tensor.softplus
      Silu(), Activation.silu
      Gelu(), Activation.gelu
      GeluTanh(), Activation.geluTanh
      Mish(), Activation.mish
      HardSigmoid(), Activation.hardSigmoid
      HardTanh(), Activation.hardTanh
      HardSilu(), Activation.hardSilu
      Glu(), Activation.glu
      Sparsemax(), Activation.sparsemax
      Softmax(), Activation.softmax
      LogSoftmax(), Activation.logSoftmax ]

let private features = Tensor.normalFrom (Generator 3UL) DType.Float64 [ 5; 6 ] "BC"

let tests =
    testList
        "Activation layers"
        [ for layer, f in layers ->
              test (layer.GetType().Name) {
                  Expect.isTrue (Structure.HasSameBits(layer.Predict features, f features)) "predict"
                  Expect.isTrue (Structure.HasSameBits(layer.Forward features, f features)) "forward"
                  passesEveryCheck layer [ Layout.Of("BC", Nullable(), 4) ]
              } ]
