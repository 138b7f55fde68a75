/// Every kind of layer, as an F# user writes it, under all of CheckLayer.
module Functional.Tests.Learn.LayerKindTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

/// The sum of its inputs, each times a weight that is learned.
[<Sealed>]
type private WeightedAddition(count: int, weights: Tensor | null) =
    inherit MultiLayer()
    new(count) = WeightedAddition(count, null)
    override _.Inputs = [| for k in 1..count -> $"in{k}" |]

    override _.Predict inputs =
        let weights = nonNull weights
        [| Seq.reduce (+) [ for k, x in Seq.indexed inputs -> weights[k] * x ] |]

    override this.Initialize inputs =
        if isNull weights then
            let ones = Initialiser.Ones.Draw(Generator.Current, TensorType(inputs[0].DType, [ count ]), 1, 1)
            WeightedAddition(count, ones)
        else
            this

    interface IAcceleratable

/// Features "BC" to small images "BCSS": it changes labels.
[<Sealed>]
type private ProjectAndReshape(channels: int, side: int, weights: Tensor | null) =
    inherit Layer()
    new(channels, side) = ProjectAndReshape(channels, side, null)

    override _.Predict x =
        Tensor.matmul (Tensor.withFormat "" x) (nonNull weights)
        |> Tensor.reshape [ x.Shape[0]; channels; side; side ]
        |> Tensor.withFormat "BCSS"

    override this.Initialize input =
        if isNull weights then
            let n, m = input.Channels, channels * side * side
            let drawn = Initialiser.GlorotUniform.Draw(Generator.Current, TensorType(input.DType, [ n; m ]), n, m)
            ProjectAndReshape(channels, side, drawn)
        else
            this

    interface IAcceleratable

/// The parameters of an S-shaped rectifier: thresholds, and slopes beyond them.
type private Bends = { Left: Tensor; LeftSlope: Tensor; Right: Tensor; RightSlope: Tensor }

/// An S-shaped rectifier (Jin et al., 2016) with the gradient of its paper in the place of the derived one.
[<Sealed>]
type private SRelu(bends: Bends) =
    inherit Layer()

    static let bent (b: Bends, x: Tensor) =
        let beyond = Tensor.where (x .> b.Right) (b.Right + b.RightSlope * (x - b.Right)) x
        Tensor.where (x .< b.Left) (b.Left + b.LeftSlope * (x - b.Left)) beyond

    /// Slopes at one number of each channel, summed over all others.
    static let pull (b: Bends, x: Tensor) _ (dy: Tensor) =
        let within condition (t: Tensor) = Tensor.where condition t (0. * t)
        let low, high = x .< b.Left, x .> b.Right
        let total (t: Tensor) = Tensor.over "B" Tensor.sum t
        { Left = total (within low (dy * (1. - b.LeftSlope)))
          LeftSlope = total (within low (dy * (x - b.Left)))
          Right = total (within high (dy * (1. - b.RightSlope)))
          RightSlope = total (within high (dy * (x - b.Right))) },
        Tensor.where low (dy * b.LeftSlope) (Tensor.where high (dy * b.RightSlope) dy)

    static let apply = customVjp bent pull
    override _.Predict x = apply (bends, x)
    interface IAcceleratable

/// How far apart two inputs are once they have gone through one layer: its weights are shared.
[<Sealed>]
type private Siamese(body: ILayer) =
    inherit MultiLayer()
    member _.Body = body
    override _.Inputs = [| "left"; "right" |]
    override _.Outputs = [| "distance" |]

    override _.Predict inputs =
        let difference = body.Predict inputs[0] - body.Predict inputs[1]
        [| difference * difference |]

    override _.Initialize inputs = Siamese(body.Initialize [| inputs[0] |])
    interface IAcceleratable

let private features = Layout.Of("BC", Nullable(), 4)

let private rectifier () =
    let channel numbers = Tensor.create [ 4 ] "C" (numbers |> List.map float32 |> Array.ofList)
    SRelu
        { Left = channel [ -1.; -0.5; 0.; 0.25 ]
          LeftSlope = channel [ 0.1; 0.2; -0.3; 0. ]
          Right = channel [ 1.; 0.75; 0.5; 2. ]
          RightSlope = channel [ 0.5; 2.; 0.; 1.5 ] }

let private layers: (string * ILayer * Layout list) list =
    [ "several inputs", WeightedAddition 3, [ features; features; features ]
      "shared weights", Siamese(Network.Sequential(Dense 3, new Tanh())), [ features; features ]
      "other labels", ProjectAndReshape(2, 3), [ features ]
      "a gradient of its own", rectifier (), [ features ]
      "from a function", FunctionLayer(fun x -> tanh x * 2.), [ features ]
      "from a function that is acceleratable", FunctionLayer.Acceleratable(fun x -> tanh x * 2.), [ features ] ]

let tests =
    testList
        "Kinds of layers"
        [ testList
              "pass every check"
              [ for name, layer, inputs in layers -> test name { passesEveryCheck layer inputs } ]

          test "a graph of them" {
              let network =
                  Network.Graph(
                      [| "x"; "y" |],
                      [| NamedLayer("bent", rectifier (), "x")
                         NamedLayer("half", FunctionLayer.Acceleratable(fun x -> x / 2.), "y")
                         NamedLayer("sum", WeightedAddition 2, "bent", "half")
                         NamedLayer("image", ProjectAndReshape(2, 3), "sum") |],
                      [| "image" |]
                  )
              let network = network.Initialize([| features; features |], 5UL)
              let x, y =
                  Tensor.normalFrom (Generator 6UL) DType.Float32 [ 2; 4 ] "BC",
                  Tensor.normalFrom (Generator 7UL) DType.Float32 [ 2; 4 ] "BC"
              let loss acceleration (n: Network) =
                  let outputs = n.Forward([| x; y |], acceleration)
                  Tensor.sum [] outputs[0]
              let fast = accelerate (grad (loss Acceleration.Auto))
              Expect.isTrue (Structure.HasSameBits(fast network, grad (loss Acceleration.None) network)) "bits"
          }

          test "shared weights have one gradient, of all their uses" {
              let layer = (Siamese(Dense 3) :> ILayer).Initialize [| features; features |] :?> Siamese
              let x, y =
                  Tensor.normalFrom (Generator 6UL) DType.Float32 [ 2; 4 ] "BC",
                  Tensor.normalFrom (Generator 7UL) DType.Float32 [ 2; 4 ] "BC"
              let slopes = grad (fun (s: Siamese) -> let d = s.Predict [| x; y |] in Tensor.sum [] d[0]) layer
              Expect.equal (Structure.Leaves slopes).Count 2 "weights and bias, once"
              let weights = nonNull (layer.Body :?> Dense).Weights
              let d = Tensor.withFormat "" x - Tensor.withFormat "" y
              // Σ ((x - y) W)²: 2 (x - y)ᵀ (x - y) W. The bias falls out.
              let expected = 2. * Tensor.matmul (Tensor.permute [ 1; 0 ] d) (Tensor.matmul d weights)
              let off = Tensor.max [] (abs (nonNull (slopes.Body :?> Dense).Weights - expected))
              Expect.isLessThan (float32 off) 1e-4f "the sum of both"
          }

          test "a function that is not declared acceleratable runs at each call" {
              let calls = ref 0
              let count (x: Tensor) =
                  calls.Value <- calls.Value + 1
                  x
              let network = Network.Sequential(Dense 2, FunctionLayer count).Initialize(features, 1UL)
              calls.Value <- 0
              for _ in 1..3 do
                  network.Predict(Tensor.zeros DType.Float32 [ 1; 4 ] "BC") |> ignore
              Expect.equal calls.Value 3 "calls"
          } ]
