/// Normalisations against sums written out.
module Functional.Tests.NormalisationTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private sizes = [ 3; 4; 2; 5 ]

/// Of different means and deviations in every channel.
let private data =
    let random = System.Random 11
    Array.init 120 (fun k -> float (k / 10 % 4) * 3. + (1. + float (k / 40)) * random.NextDouble())

let private x = Tensor.create sizes "BCSS" data
let private vector (numbers: float list) = Tensor.create [ numbers.Length ] "" (Array.ofList numbers)
let private scale, offset = [ 1.; -2.; 0.5; 3. ], [ 0.; 1.; -1.; 0.25 ]
let private epsilon = 1e-3

let private at b c i j = data[((b * 4 + c) * 2 + i) * 5 + j]

let private close what (expected: float list) (y: Tensor) =
    Expect.equal y.Count expected.Length what
    // Sums of at most 120 numbers below 20, over deviations above 0.1.
    for a, e in List.zip (elements y) expected do
        Expect.isLessThan (abs (a - e)) 1e-11 what

let private moments (values: float list) =
    let mean = List.average values in mean, values |> List.averageBy (fun v -> (v - mean) ** 2.)

/// Each element less the mean of its group, over the group's deviation, as a function of (b, c, i, j).
let private normalised (group: int -> int -> int -> int -> (int * int * int * int) list) affine =
    [ for b in 0..2 do
          for c in 0..3 do
              for i in 0..1 do
                  for j in 0..4 ->
                      let mean, variance = moments [ for b, c, i, j in group b c i j -> at b c i j ]
                      let y = (at b c i j - mean) / sqrt (variance + epsilon)
                      if affine then y * scale[c] + offset[c] else y ]

let private inEveryOrder what (f: Tensor -> Tensor) expected =
    close what expected (f x)
    for order in [ "SBSC"; "CSSB" ] do
        let y = f (Tensor.arrange order x)
        Expect.equal (string y.Format) order "format"
        close $"{what}, {order}" expected (Tensor.arrange "BCSS" y)

let private s, o = Some(vector scale), Some(vector offset)

let private definitions =
    [ testCase "batch normalisation in training, and the running statistics" (fun () ->
          let all c =
              [ for b in 0..2 do
                    for i in 0..1 do
                        for j in 0..4 -> b, c, i, j ]
          let mean, variance = vector [ 0.; 1.; 2.; 3. ], vector [ 1.; 1.; 2.; 2. ]
          let run = Tensor.batchNormTraining epsilon 0.1 s o mean variance
          inEveryOrder "result" (fun x -> let y, _, _ = run x in y) (normalised (fun _ c _ _ -> all c) true)
          let _, newMean, newVariance = run x
          let of' c = moments [ for b, c, i, j in all c -> at b c i j ]
          close "mean" [ for c in 0..3 -> 0.9 * float c + 0.1 * fst (of' c) ] newMean
          close
              "variance"
              [ for c in 0..3 -> 0.9 * (if c < 2 then 1. else 2.) + 0.1 * snd (of' c) * 30. / 29. ]
              newVariance
          hasElements [ 0.; 1.; 2.; 3. ] mean "the old mean stays")

      testCase "batch normalisation by statistics at hand" (fun () ->
          let mean, variance = [ 0.; 1.; 2.; 3. ], [ 1.; 0.25; 2.; 4. ]
          [ for b in 0..2 do
                for c in 0..3 do
                    for i in 0..1 do
                        for j in 0..4 -> (at b c i j - mean[c]) / sqrt (variance[c] + epsilon) * scale[c] + offset[c] ]
          |> inEveryOrder "result" (Tensor.batchNorm epsilon s o (vector mean) (vector variance)))

      testCase "unformatted channels are the last dimension" (fun () ->
          let y, mean, _ =
              Tensor.batchNormTraining
                  0.
                  1.
                  None
                  None
                  (vector [ 0.; 0. ])
                  (vector [ 1.; 1. ])
                  (float64 [ 2; 2 ] [ 1.; 2.; 3.; 6. ])
          close "columns" [ -1.; -1.; 1.; 1. ] y
          close "mean" [ 2.; 4. ] mean)

      testCase "layer normalisation over channels, and over all but the batch" (fun () ->
          let channels b i j = [ for c in 0..3 -> b, c, i, j ]
          inEveryOrder
              "C"
              (fun x -> Tensor.layerNorm (Tensor.finddim 'C' x) epsilon s o x)
              (normalised (fun b _ i j -> channels b i j) true)
          let rest b =
              [ for c in 0..3 do
                    for i in 0..1 do
                        for j in 0..4 -> b, c, i, j ]
          inEveryOrder
              "CSS"
              (fun x -> Tensor.layerNorm (List.except (Tensor.finddim 'B' x) [ 0..3 ]) epsilon None None x)
              (normalised (fun b _ _ _ -> rest b) false))

      testCase "group and instance normalisation" (fun () ->
          let group b c =
              [ for c' in 0..3 do
                    for i in 0..1 do
                        for j in 0..4 do
                            if c' / 2 = c / 2 then b, c', i, j ]
          inEveryOrder "two groups" (Tensor.groupNorm 2 epsilon s o) (normalised (fun b c _ _ -> group b c) true)
          let instance b c =
              [ for i in 0..1 do
                    for j in 0..4 -> b, c, i, j ]
          inEveryOrder "instances" (Tensor.instanceNorm epsilon s o) (normalised (fun b c _ _ -> instance b c) true))

      testCase "normalisation by the root of the mean square" (fun () ->
          [ for b in 0..2 do
                for c in 0..3 do
                    for i in 0..1 do
                        for j in 0..4 ->
                            let square = List.average [ for c in 0..3 -> at b c i j ** 2. ]
                            at b c i j / sqrt (square + epsilon) * scale[c] ]
          |> inEveryOrder "C" (fun x -> Tensor.rmsNorm (Tensor.finddim 'C' x) epsilon s x))

      testCase "normalisation across channels, windows of odd and even size" (fun () ->
          for size in 1..5 do
              [ for b in 0..2 do
                    for c in 0..3 do
                        for i in 0..1 do
                            for j in 0..4 ->
                                let squares =
                                    List.sum
                                        [ for n in c - (size - 1) / 2 .. c + size / 2 do
                                              if n >= 0 && n < 4 then at b n i j ** 2. ]
                                at b c i j / (2. + 0.3 / float size * squares) ** 0.75 ]
              |> inEveryOrder $"{size} channels" (Tensor.crossChannelNorm size 0.3 0.75 2.)) ]

let private properties =
    [ testCase "the variance keeps its digits far from 0" (fun () ->
          let far = Tensor.create [ 4; 1 ] "BC" [| 1e8; 1e8 + 1.; 1e8 + 2.; 1e8 + 3. |]
          let y, _, _ = Tensor.batchNormTraining 0. 0.1 None None (vector [ 0. ]) (vector [ 1. ]) far
          close "result" [ for k in [ -1.5; -0.5; 0.5; 1.5 ] -> k / sqrt 1.25 ] y)

      testCase "slopes are central differences', by operand and parameters" (fun () ->
          let x = Tensor.create [ 2; 2; 3 ] "BCS" [| 0.1; 0.7; -0.4; 1.2; 0.3; -0.9; 2.; 0.6; 0.5; -1.1; 0.2; 1. |]
          let s, o = vector [ 1.5; -0.5 ], vector [ 0.2; 0.4 ]
          let m, v = vector [ 0.1; 0.3 ], vector [ 0.8; 1.2 ]
          let training s o x = let y, _, _ = Tensor.batchNormTraining 0.1 0.1 (Some s) (Some o) m v x in y
          differentiates (training s o) x
          differentiates (fun s -> training s o x) s
          differentiates (fun o -> training s o x) o
          differentiates (fun m -> Tensor.batchNorm 0.1 None None m v x) m
          differentiates (fun v -> Tensor.batchNorm 0.1 None None m v x) v
          differentiates (Tensor.layerNorm [ 1 ] 0.1 (Some s) (Some o)) x
          differentiates (Tensor.groupNorm 1 0.1 (Some s) (Some o)) x
          differentiates (Tensor.instanceNorm 0.1 None None) x
          differentiates (Tensor.rmsNorm [ 1 ] 0.1 (Some s)) x
          differentiates (Tensor.crossChannelNorm 2 0.5 0.75 1.) x)

      testCase "Float32 stays Float32" (fun () ->
          let single = Tensor.cast DType.Float32 x
          for y in
              [ Tensor.layerNorm [ 1 ] 1e-5 None None single
                Tensor.groupNorm 2 1e-5 None None single
                Tensor.crossChannelNorm 3 1e-4 0.75 1. single ] do
              Expect.equal y.DType DType.Float32 "type")

      testCase "a single element is its mean" (fun () ->
          let y, mean, variance =
              Tensor.batchNormTraining 1e-5 1. None None (vector [ 0. ]) (vector [ 1. ]) (float64 [ 1; 1 ] [ 7. ])
          close "0" [ 0. ] y
          close "mean" [ 7. ] mean
          close "variance" [ 0. ] variance)

      testCase "what does not fit is refused" (fun () ->
          let two = vector [ 1.; 2. ]
          refuses<DTypeException> "LayerNormalization" "no fractions" (fun () ->
              Tensor.layerNorm [] 0. None None (Tensor.cast DType.Int32 x))
          refuses<ShapeException> "LayerNormalization" "scale" (fun () -> Tensor.layerNorm [ 1 ] 0. (Some two) None x)
          refuses<ShapeException> "BatchNormalization" "mean" (fun () -> Tensor.batchNorm 0. None None two two x)
          refuses<ShapeException> "GroupNormalization" "groups" (fun () -> Tensor.groupNorm 3 0. None None x)
          refuses<DimensionException> "GroupNormalization" "labelled 'C'" (fun () ->
              Tensor.groupNorm 1 0. None None (float64 [ 2 ] [ 1.; 2. ]))
          refuses<ShapeException> "CrossChannelNormalization" "window" (fun () -> Tensor.crossChannelNorm 0 1. 1. 1. x)
          Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Tensor.layerNorm [] -1. None None x |> ignore) "ε") ]

let tests = testList "Normalisation" [ testList "definitions" definitions; testList "properties" properties ]
