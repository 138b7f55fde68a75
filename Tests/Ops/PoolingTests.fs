/// Pooling, resizing and depth to space against their definitions.
module Functional.Tests.PoolingTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private position (sizes: int list) (index: int list) = List.fold2 (fun p size i -> p * size + i) 0 sizes index

let rec private indices (sizes: int list) =
    match sizes with
    | [] -> [ [] ]
    | size :: rest ->
        [ for i in 0 .. size - 1 do
              for tail in indices rest -> i :: tail ]

/// Different numbers in no order.
let private shuffled (sizes: int list) =
    let count = List.fold (*) 1 sizes
    Array.init count (fun k -> float (k * 7919 % 10007) / 8.)

/// A batch of planes, and for each window of a channel its elements: of those in the padding None.
let private windowsOf
    (sizes: int list)
    (x: float array)
    (window: int list)
    (stride: int list)
    (dilation: int list)
    amounts
    =
    let space = List.skip 2 sizes
    let outer =
        [ for n, (k, (s, (d, (before, after)))) in
              List.zip space (List.zip window (List.zip stride (List.zip dilation amounts))) ->
              (n + before + after - (k - 1) * d - 1) / s + 1 ]
    let seen =
        [ for b in indices (List.take 2 sizes) do
              for o in indices outer ->
                  [ for k in indices window ->
                        let place =
                            [ for i in 0 .. space.Length - 1 -> o[i] * stride[i] + k[i] * dilation[i] - fst amounts[i] ]
                        if List.forall2 (fun p n -> p >= 0 && p < n) place space then
                            Some(x[position sizes (b @ place)], position space place)
                        else
                            None ] ]
    List.take 2 sizes @ outer, seen

type private Case =
    { X: int list
      Window: int list
      Stride: int list
      Dilation: int list
      Padding: Padding
      Amounts: (int * int) list }

let private cases =
    let side =
        { X = [ 2; 3; 6; 4 ]
          Window = [ 2; 2 ]
          Stride = [ 2; 2 ]
          Dilation = [ 1; 1 ]
          Padding = Padding.None
          Amounts = [ 0, 0; 0, 0 ] }
    [ "side by side", side
      "overlapping", { side with Window = [ 3; 2 ]; Stride = [ 1; 1 ] }
      "dilated, padded",
      { side with
          Stride = [ 1; 2 ]
          Dilation = [ 2; 1 ]
          Padding = Padding.Of(struct (1, 0), struct (0, 1))
          Amounts = [ 1, 0; 0, 1 ] }
      "same",
      { side with
          X = [ 1; 2; 5; 3 ]
          Window = [ 3; 3 ]
          Padding = Padding.Same
          Amounts = [ 1, 1; 1, 1 ] }
      "length one", { side with X = [ 1; 1; 1; 1 ]; Window = [ 1; 1 ]; Stride = [ 1; 1 ] }
      "no batch", { side with X = [ 0; 3; 6; 4 ] } ]

let private options (case: Case) : PoolingOptions =
    { PoolingOptions.Default with
        Stride = case.Stride
        Dilation = case.Dilation
        Padding = case.Padding }

let private pooled (name, case: Case) =
    testCase $"{name}: windows one by one" (fun () ->
        let data = shuffled case.X
        let x = Tensor.create case.X "BCSS" data
        let sizes, seen = windowsOf case.X data case.Window case.Stride case.Dilation case.Amounts
        let check what (expected: float list) (f: Tensor -> Tensor) =
            let y = f x
            Expect.equal y.Type (TensorType(DType.Float64, sizes, Format.Parse "BCSS")) what
            for a, e in List.zip (elements y) expected do
                Expect.floatClose Accuracy.veryHigh a e what
            let other = f (Tensor.arrange "SCSB" x) |> Tensor.arrange "BCSS"
            Expect.equal (elements other) (elements y) $"{what}, in another order"

        let greatest = seen |> List.map (List.choose id >> List.maxBy fst)
        check "max" (List.map fst greatest) (Tensor.maxPool (options case) case.Window)
        check
            "mean"
            (seen
             |> List.map (
                 List.sumBy (Option.map fst >> Option.defaultValue 0.)
                 >> fun s -> s / float (List.fold (*) 1 case.Window)
             ))
            (Tensor.averagePool (options case) case.Window)
        check
            "mean without padding"
            (seen |> List.map (List.choose id >> List.averageBy fst))
            (Tensor.averagePool { options case with CountPadding = false } case.Window)
        let values, positions = Tensor.maxPoolWithPositions (options case) case.Window x
        Expect.equal (elements values) (List.map fst greatest) "values"
        Expect.equal positions.Type (TensorType(DType.Int64, sizes, Format.Parse "BCSS")) "positions' type"
        Expect.equal (wholes positions) (List.map (snd >> int64) greatest) "positions")

let private pooling =
    [ testCase "what was pooled goes back to where it stood" (fun () ->
          let x =
              Tensor.create [ 1; 2; 2; 4 ] "BCSS" [| 1.; 5.; 2.; 0.; 3.; 4.; 9.; 8.; 7.; 6.; 1.; 2.; 3.; 4.; 5.; 0. |]
          let y, positions = Tensor.maxPoolWithPositions PoolingOptions.Default [ 2 ] x
          let back = Tensor.maxUnpool positions [ 2; 4 ] y
          hasElements [ 0.; 5.; 0.; 0.; 0.; 0.; 9.; 0.; 7.; 0.; 0.; 0.; 0.; 0.; 5.; 0. ] back "unpooled"
          Expect.equal back.Type x.Type "type"
          let order = "SBSC"
          let y', positions' = Tensor.maxPoolWithPositions PoolingOptions.Default [ 2 ] (Tensor.arrange order x)
          Expect.equal
              (elements (Tensor.arrange "BCSS" (Tensor.maxUnpool positions' [ 2; 4 ] y')))
              (elements back)
              order
          differentiates (fun y -> Tensor.maxUnpool positions [ 2; 4 ] y) y)

      testCase "positions outside are refused, and do not fall into the next channel" (fun () ->
          let y = Tensor.create [ 2; 1 ] "CS" [| 1.; 2. |]
          refuses<DimensionException> "Gather" "index 3 is outside" (fun () ->
              Tensor.maxUnpool (Tensor.create [ 2; 1 ] "CS" [| 3; 0 |]) [ 3 ] y))

      testCase "padding is less than everything, and of integers too" (fun () ->
          let low = Tensor.create [ 1; 2 ] "CS" [| Int32.MinValue + 1; -5 |]
          let o = { PoolingOptions.Default with Stride = [ 1 ]; Padding = Padding.Of 1 }
          Expect.equal (Tensor.toArray<int>(Tensor.maxPool o [ 2 ] low)) [| Int32.MinValue + 1; -5; -5 |] "Int32"
          let positions =
              Tensor.maxPoolWithPositions o [ 2 ] (Tensor.create [ 1; 2 ] "CS" [| -infinity; -infinity |]) |> snd
          Expect.all (wholes positions) (fun p -> p = 0L || p = 1L) "inside, where padding ties")

      testCase "NaN is greatest, and stays in its windows" (fun () ->
          let y = Tensor.maxPool PoolingOptions.Default [ 2 ] (Tensor.create [ 4 ] "S" [| 1.; nan; 3.; 4. |])
          Expect.isTrue (Double.IsNaN(List.head (elements y))) "NaN"
          Expect.equal (List.tail (elements y)) [ 4. ] "the other")

      testCase "the slopes of poolings are central differences'" (fun () ->
          let x = Tensor.create [ 1; 2; 4; 3 ] "BCSS" (shuffled [ 24 ] |> Array.map (fun x -> x / 100.))
          let o = { PoolingOptions.Default with Stride = [ 1 ]; Padding = Padding.Of 1 }
          differentiates (Tensor.maxPool o [ 2; 3 ]) x
          differentiates (Tensor.maxPoolWithPositions o [ 2; 3 ] >> fst) x
          differentiates (Tensor.averagePool o [ 2; 3 ]) x
          differentiates (Tensor.averagePool { o with CountPadding = false } [ 2; 3 ]) x
          differentiates (Tensor.adaptiveAveragePool [ 3; 2 ]) x
          differentiates (Tensor.adaptiveMaxPool [ 3; 2 ]) x
          differentiates Tensor.globalAveragePool x
          differentiates Tensor.globalMaxPool x)

      testCase "global poolings take all positions" (fun () ->
          let x = Tensor.withFormat "SBSC" (counting [ 2; 1; 3; 2 ])
          hasElements [ 5.; 6. ] (Tensor.globalAveragePool x) "means"
          hasElements [ 10.; 11. ] (Tensor.globalMaxPool x) "greatest"
          Expect.equal (sizes (Tensor.globalMaxPool x)) [ 1; 1; 1; 2 ] "sizes")

      testCase "adaptive poolings take parts that cover all" (fun () ->
          for n in 1..9 do
              for m in 1..9 do
                  let data = shuffled [ n ]
                  let x = Tensor.create [ 1; n ] "CS" data
                  let part i = data[i * n / m .. ((i + 1) * n + m - 1) / m - 1]
                  for a, e in
                      List.zip
                          (elements (Tensor.adaptiveAveragePool [ m ] x))
                          [ for i in 0 .. m - 1 -> Array.average (part i) ] do
                      Expect.floatClose Accuracy.veryHigh a e $"means of {n} in {m}"
                  hasElements
                      [ for i in 0 .. m - 1 -> Array.max (part i) ]
                      (Tensor.adaptiveMaxPool [ m ] x)
                      $"{n} in {m}")

      testCase "a part without NaN knows nothing of it" (fun () ->
          let y = elements (Tensor.adaptiveAveragePool [ 2 ] (Tensor.create [ 3 ] "S" [| 1.; 2.; nan |]))
          Expect.equal y[0] 1.5 "the first two"
          Expect.isTrue (Double.IsNaN y[1]) "the last two")

      testCase "what does not fit is refused" (fun () ->
          let x = Tensor.withFormat "CS" (counting [ 2; 3 ])
          let whole = Tensor.cast DType.Int32 x
          refuses<DimensionException> "MaxPool" "no spatial dimension" (fun () ->
              Tensor.maxPool PoolingOptions.Default [ 1 ] (counting [ 3 ]))
          refuses<ShapeException> "MaxPool" "the window" (fun () -> Tensor.maxPool PoolingOptions.Default [ 1; 1 ] x)
          refuses<ShapeException> "Windows" "do not fit" (fun () -> Tensor.maxPool PoolingOptions.Default [ 4 ] x)
          refuses<DTypeException> "AveragePool" "no fractions" (fun () ->
              Tensor.averagePool PoolingOptions.Default [ 2 ] whole)
          refuses<DTypeException> "AdaptiveAveragePool" "no fractions" (fun () ->
              Tensor.adaptiveAveragePool [ 2 ] whole)
          refuses<ShapeException> "AdaptiveMaxPool" "is empty" (fun () ->
              Tensor.adaptiveMaxPool [ 2 ] (Tensor.withFormat "S" (counting [ 0 ])))
          refuses<ShapeException> "MaxUnpool" "one position" (fun () ->
              Tensor.maxUnpool (Tensor.create [ 1 ] "" [| 0 |]) [ 3 ] x)) ]

/// Keys' kernel with a = -3/4, by distance.
let private keys (d: float) =
    let d, a = abs d, -0.75
    if d <= 1. then (a + 2.) * d ** 3. - (a + 3.) * d ** 2. + 1.
    elif d < 2. then a * d ** 3. - 5. * a * d ** 2. + 8. * a * d - 4. * a
    else 0.

/// One dimension, element by element.
let private resized interpolation samples (x: float array) m =
    let n = x.Length
    let edge i = x[max 0 (min (n - 1) i)]
    [ for i in 0 .. m - 1 ->
          let at =
              match samples with
              | SamplePoints.HalfPixel -> (float i + 0.5) * float n / float m - 0.5
              | SamplePoints.AlignCorners -> if m = 1 then 0. else float i * float (n - 1) / float (m - 1)
              | _ -> float i * float n / float m
          let low = int (floor at)
          match interpolation with
          | Interpolation.Nearest -> edge (int (floor (if samples = SamplePoints.Asymmetric then at else at + 0.5)))
          | Interpolation.Linear ->
              let at = max 0. (min (float (n - 1)) at)
              let low = int (floor at)
              edge low + (at - float low) * (edge (low + 1) - edge low)
          | _ -> List.sum [ for k in low - 1 .. low + 2 -> keys (at - float k) * edge k ] ]

let private resizing =
    [ testCase "resizing is its formula, for any sizes" (fun () ->
          for interpolation in Enum.GetValues<Interpolation>() do
              for samples in Enum.GetValues<SamplePoints>() do
                  for n, m in [ 1, 1; 1, 4; 4, 1; 4, 8; 8, 4; 5, 5; 5, 7; 7, 3; 3, 10 ] do
                      let data = shuffled [ n ]
                      let y = Tensor.resize interpolation samples [ m ] (Tensor.create [ 1; n ] "CS" data)
                      // Where a sample lies half-way between two, rounding may choose; 1e-9 covers 1250 · 2⁻⁵² · 40.
                      for a, e in List.zip (elements y) (resized interpolation samples data m) do
                          Expect.isLessThan (abs (a - e)) 1e-9 $"{interpolation}, {samples}, {n} to {m}")

      testCase "known values: linear by half pixels and by corners" (fun () ->
          let x = Tensor.create [ 4 ] "S" [| 0.; 1.; 2.; 3. |]
          hasElements
              [ 0.; 0.25; 0.75; 1.25; 1.75; 2.25; 2.75; 3. ]
              (Tensor.resize Interpolation.Linear SamplePoints.HalfPixel [ 8 ] x)
              "half pixel"
          hasElements
              [ 0.; 0.5; 1.; 1.5; 2.; 2.5; 3. ]
              (Tensor.resize Interpolation.Linear SamplePoints.AlignCorners [ 7 ] x)
              "corners")

      testCase "planes are resized along one dimension after another, labels stay" (fun () ->
          let x = Tensor.create [ 1; 2; 2 ] "CSS" [| 1.; 2.; 3.; 4. |]
          let y = Tensor.resize Interpolation.Nearest SamplePoints.HalfPixel [ 2; 4 ] x
          hasElements [ 1.; 1.; 2.; 2.; 3.; 3.; 4.; 4. ] y "nearest"
          Expect.equal (string y.Type) "Float64[1, 2, 4] \"CSS\"" "type"
          let whole = Tensor.resize Interpolation.Nearest SamplePoints.HalfPixel [ 1 ] (Tensor.cast DType.Int32 x)
          Expect.equal (Tensor.toArray<int> whole) [| 4 |] "integers")

      testCase "the slopes of resizing are central differences'" (fun () ->
          let x = Tensor.create [ 2; 3; 4 ] "CSS" (shuffled [ 24 ] |> Array.map (fun x -> x / 100.))
          for interpolation in Enum.GetValues<Interpolation>() do
              differentiates (Tensor.resize interpolation SamplePoints.HalfPixel [ 5; 2 ]) x)

      testCase "what cannot be resized is refused" (fun () ->
          let resize sizes x () = Tensor.resize Interpolation.Linear SamplePoints.HalfPixel sizes x
          refuses<DTypeException> "Resize" "no fractions" (resize [ 2 ] (Tensor.create [ 2 ] "S" [| 1; 2 |]))
          refuses<ShapeException> "Resize" "is empty" (resize [ 2 ] (Tensor.create<float> [ 0 ] "S" [||]))
          refuses<ShapeException> "Resize" "the sizes" (resize [ 0 ] (Tensor.create [ 2 ] "S" [| 1.; 2. |]))) ]

let private depth =
    [ testCase "depth to space, element by element, in both orders" (fun () ->
          let b, c, h, w, r, s = 2, 3, 2, 4, 2, 3
          let sizes = [ b; c * r * s; h; w ]
          let data = shuffled sizes
          let x = Tensor.create sizes "BCSS" data
          for order in Enum.GetValues<DepthOrder>() do
              let channel k i j = if order = DepthOrder.PositionFirst then (i * s + j) * c + k else (k * r + i) * s + j
              let expected =
                  [ for n in 0 .. b - 1 do
                        for k in 0 .. c - 1 do
                            for y in 0 .. h * r - 1 do
                                for z in 0 .. w * s - 1 ->
                                    data[position sizes [ n; channel k (y % r) (z % s); y / r; z / s ]] ]
              let y = Tensor.depthToSpace order [ r; s ] x
              Expect.equal (string y.Type) $"Float64[{b}, {c}, {h * r}, {w * s}] \"BCSS\"" "type"
              hasElements expected y (string order)
              hasElements (List.ofArray data) (Tensor.spaceToDepth order [ r; s ] y) "and back"
              let last = Tensor.depthToSpace order [ r; s ] (Tensor.arrange "SBSC" x)
              hasElements expected (Tensor.arrange "BCSS" last) "channels last"
              differentiates (Tensor.depthToSpace order [ 2 ]) (Tensor.create [ 4; 1; 2 ] "CSS" (Array.init 8 float)))

      testCase "blocks that do not fit are refused" (fun () ->
          let x = Tensor.withFormat "CS" (counting [ 3; 3 ])
          refuses<ShapeException> "DepthToSpace" "do not use up" (fun () ->
              Tensor.depthToSpace DepthOrder.PositionFirst [ 2 ] x)
          refuses<ShapeException> "SpaceToDepth" "do not fill" (fun () ->
              Tensor.spaceToDepth DepthOrder.PositionFirst [ 2 ] x)
          refuses<ShapeException> "SpaceToDepth" "the blocks" (fun () ->
              Tensor.spaceToDepth DepthOrder.PositionFirst [ 0 ] x)) ]

let tests =
    testList
        "Pooling"
        [ testList "windows" (List.map pooled cases)
          testList "pooling" pooling
          testList "resizing" resizing
          testList "depth" depth ]
