module Functional.Tests.Learn.LayerTests

open System
open Expecto
open Functional
open Functional.FSharp

let private dense =
    Dense(Tensor.create [ 3; 2 ] "" [| 1.; 2.; 3.; 4.; 5.; 6. |], Tensor.create [ 2 ] "" [| 10.; 20. |])

let private initialized (layer: ILayer) seed input =
    Generator.Current <- Generator seed
    layer.Initialize [| input |]

let private denseTests =
    [ test "Dense multiplies the last dimension of unformatted input, all others are batches" {
          let y = dense.Predict(Tensor.create [ 1; 2; 3 ] "" [| 1.; 0.; 0.; 1.; 1.; 1. |])
          Expect.equal y.Type (TensorType(DType.Float64, [ 1; 2; 2 ])) "type"
          Expect.sequenceEqual (Tensor.toArray<float> y) [ 11.; 22.; 19.; 32. ] "x · W + b"
      }

      test "Dense multiplies C wherever it is, and keeps the format" {
          let y = dense.Predict(Tensor.create [ 3; 2 ] "CB" [| 1.; 1.; 0.; 1.; 0.; 1. |])
          Expect.equal y.Type (TensorType(DType.Float64, [ 2; 2 ], Format.Parse "CB")) "type"
          Expect.sequenceEqual (Tensor.toArray<float> y) [ 11.; 19.; 22.; 32. ] "transposed"
      }

      test "Dense refuses input without channels, or with another number of them" {
          let refuses (x: Tensor) = fun () -> dense.Predict x |> ignore
          Expect.throwsT<DimensionException> (refuses (Tensor.create [ 3 ] "B" [| 1.; 2.; 3. |])) "no C"
          Expect.throwsT<ShapeException> (refuses (Tensor.create [ 2 ] "C" [| 1.; 2. |])) "2 channels"
      }

      test "a new Dense has no parameters, and says what to do" {
          Expect.throwsT<StructureException>
              (fun () -> Dense(2).Predict(Tensor.create [ 3 ] "C" [| 1.; 2.; 3. |]) |> ignore)
              "no weights"
      }

      test "Glorot's weights fill ±√(6 / (n + units)), the bias is 0" {
          let layer = initialized (Dense 200) 5UL (Layout.Of("BC", Nullable(), 400)) :?> Dense
          let weights = Tensor.toArray<float32>(nonNull layer.Weights)
          let bound = sqrt (6. / 600.)
          Expect.equal weights.Length 80000 "n × units"
          Expect.isTrue (weights |> Array.forall (fun w -> abs (float w) <= bound)) "bounds"
          Expect.isTrue (Array.max weights > float32 (0.999 * bound)) "reaches up"
          Expect.isTrue (Array.min weights < float32 (-0.999 * bound)) "reaches down"
          // Uniform: variance bound² / 3; the deviation of the mean is bound / √(3 · 80,000).
          Expect.isTrue (abs (Array.averageBy float weights) < 5. * bound / sqrt 240000.) "mean"
          Expect.isTrue (Tensor.toArray<float32>(nonNull layer.Bias) |> Array.forall ((=) 0f)) "bias"
      }

      test "parameters have the data type of the input" {
          let input = Layout.Of(TensorType(DType.Float64, [ 1; 3 ]))
          let layer = initialized (Dense 2) 1UL input :?> Dense
          Expect.equal (nonNull layer.Weights).DType DType.Float64 "weights"
          Expect.equal (nonNull layer.Bias).DType DType.Float64 "bias"
      }

      test "no layer has 0 units" { Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Dense 0 |> ignore) "units" } ]

let private dropoutTests =
    let ones = Tensor.create [ 100; 100 ] "BC" (Array.create 10000 3f)
    let forward seed =
        Generator.Current <- Generator seed
        Tensor.toArray<float32>((Dropout 0.25 :> ILayer).Forward ones)

    [ test "Dropout passes its input on in prediction" {
          Expect.isTrue (obj.ReferenceEquals((Dropout 0.25 :> ILayer).Predict ones, ones)) "the same tensor"
      }

      test "Dropout drops its share and scales the others" {
          let y = forward 1UL
          Expect.equal (Set.ofArray y) (Set.ofList [ 0f; 4f ]) "0, or 3 / (1 - ¼)"
          // Binomial: deviation √(10,000 · ¼ · ¾) = 43.
          let dropped = y |> Array.filter ((=) 0f) |> Array.length
          Expect.isTrue (abs (dropped - 2500) < 5 * 43) $"{dropped} of 10,000 dropped"
      }

      test "Dropout draws by the generator" {
          Expect.equal (forward 1UL) (forward 1UL) "same seed"
          Expect.notEqual (forward 1UL) (forward 2UL) "other seed"
      }

      test "Dropout's gradient is the mask it drew" {
          Generator.Current <- Generator 9UL
          let y = (Dropout 0.25 :> ILayer).Forward ones
          Generator.Current <- Generator 9UL
          let gradient = grad (fun x -> Tensor.sum [ 0; 1 ] ((Dropout 0.25 :> ILayer).Forward x)) ones
          Expect.sequenceEqual
              (Tensor.toArray<float32> gradient)
              (Tensor.toArray<float32> y |> Array.map (fun y -> y / 3f))
              "1 / (1 - ¼) where it was kept"
      }

      test "probabilities below 0, or 1 and more, are refused" {
          for p in [ -0.1; 1.; nan ] do
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Dropout p |> ignore) $"{p}"
      } ]

let private layoutTests =
    [ test "a layout shows what is known" {
          Expect.equal (string (Layout.Of("BC", Nullable(), 784))) "Float32[?, 784] \"BC\"" "text"
      }

      test "layouts are checked" {
          Expect.throwsT<TensorFormatException> (fun () -> Layout.Of("BX", 1, 2) |> ignore) "label"
          Expect.throwsT<TensorFormatException> (fun () -> Layout.Of("BC", 1) |> ignore) "number of labels"
          Expect.throwsT<ShapeException> (fun () -> Layout.Of("BC", 1, -2) |> ignore) "negative"
      }

      test "channels must be known" {
          Expect.throwsT<DimensionException> (fun () -> Layout.Of("BC", 1, Nullable()).Channels |> ignore) "open"
          Expect.throwsT<DimensionException> (fun () -> Layout.Of("BS", 1, 2).Channels |> ignore) "no C"
      }

      test "open sizes stay open through a function" {
          let f (xs: Tensor list) = [ Tensor.sum [ 1 ] xs[0] * Tensor.create [ 4; 1 ] "SB" (Array.create 4 1f); xs[1] ]
          let through = Layout.Through([ Layout.Of("BC", Nullable(), 3); Layout.Of("C", 2) ], f)
          Expect.equal [ for l in through -> string l ] [ "Float32[4, ?] \"SB\""; "Float32[2] \"C\"" ] "layouts"
      } ]

let tests = testList "Layer" (denseTests @ dropoutTests @ layoutTests)
