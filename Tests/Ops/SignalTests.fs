module Functional.Tests.SignalTests

open System
open Expecto
open MathNet.Numerics.Interpolation
open Functional
open Functional.FSharp
open Functional.Tests
open Functional.Tests.Expectations

let private random = System.Random 5
let private numbers n = [ for _ in 1..n -> random.NextDouble() * 4. - 2. ]
let private row values = float64 [ List.length values ] values
let private rowsOf (sizes: int list) = float64 sizes (numbers (List.fold (*) 1 sizes))

/// Some tens of roundings of numbers of size 1.
let private isNear (actual: Tensor) (expected: float list) message =
    Expect.equal actual.Count expected.Length $"{message}: count"
    for a, e in List.zip (elements actual) expected do
        if not (Double.IsNaN a && Double.IsNaN e || a = e) then
            Expect.isLessThan (abs (a - e)) 1e-12 $"{message}: {a}, not {e}"

let private isSame (a: Tensor) (b: Tensor) message =
    Expect.equal (sizes a, a.Format) (sizes b, b.Format) message
    isNear a (elements b) message

let private throws<'E when 'E :> exn> (f: unit -> Tensor) message =
    Expect.throwsT<'E> (fun () -> f () |> ignore) message

let private real (struct (re: Tensor, _: Tensor)) = re

let private fourier =
    testList
        "Fourier"
        [ test "four numbers" {
              let struct (re, im) =
                  Fourier.fft FourierNorm.Backward -1 (struct (row [ 1.; 2.; 3.; 4. ], row [ 0.; 0.; 0.; 0. ]))
              isNear re [ 10.; -2.; -2.; -2. ] "real"
              isNear im [ 0.; 2.; 0.; -2. ] "imaginary"
          }
          test "any length, dimension and norm, there and back; labels stay" {
              for n in [ 1; 2; 3; 5; 8; 12; 31 ] do
                  for norm in [ FourierNorm.Backward; FourierNorm.Ortho; FourierNorm.Forward ] do
                      let re, im =
                          rowsOf [ 2; n; 3 ] |> Tensor.withFormat "BTC", rowsOf [ 2; n; 3 ] |> Tensor.withFormat "BTC"
                      let struct (a, b) = Fourier.ifft norm 1 (Fourier.fft norm 1 (struct (re, im)))
                      isSame a re $"{n} {norm}"
                      isSame b im $"{n} {norm}"
          }
          test "Parseval: the orthonormal transform keeps lengths" {
              let re, im = rowsOf [ 7 ], rowsOf [ 7 ]
              let struct (a, b) = Fourier.fft FourierNorm.Ortho 0 (struct (re, im))
              let length (x: Tensor) (y: Tensor) = Tensor.sum [] (x * x + y * y)
              isSame (length a b) (length re im) "length"
          }
          test "the half of a real tensor's, and back" {
              for n in [ 1; 2; 5; 6 ] do
                  let x = rowsOf [ 2; n ]
                  let struct (re, im) = Fourier.fft FourierNorm.Backward -1 (struct (x, 0. * x))
                  let struct (a, b) = Fourier.rfft FourierNorm.Backward -1 x
                  let half = Tensor.sliceDim -1 (Slice.To(n / 2 + 1))
                  isSame a (half re) "real"
                  isSame b (half im) "imaginary"
                  isSame (Fourier.irfft FourierNorm.Backward n -1 (struct (a, b + 0.))) x "back"
          }
          test "in two dimensions: rows, then columns" {
              let x = rowsOf [ 3; 4 ]
              let struct (re, im) = Fourier.fftn FourierNorm.Backward [ 0; 1 ] (struct (x, 0. * x))
              let at (k: int) (l: int) f =
                  List.sum
                      [ for i in 0..2 do
                            for j in 0..3 ->
                                (elements x)[4 * i + j] * f (2. * Math.PI * (float (i * k) / 3. + float (j * l) / 4.)) ]
              isNear
                  re
                  [ for k in 0..2 do
                        for l in 0..3 -> at k l cos ]
                  "real"
              isNear
                  im
                  [ for k in 0..2 do
                        for l in 0..3 -> -(at k l sin) ]
                  "imaginary"
              let struct (a, _) = Fourier.ifftn FourierNorm.Backward [ 0; 1 ] (struct (re, im))
              isSame a x "back"
          }
          test "frequencies, and the middle" {
              isNear (Fourier.frequencies 5 0.5) [ 0.; 0.4; 0.8; -0.8; -0.4 ] "odd"
              isNear (Fourier.frequencies 4 1.) [ 0.; 0.25; -0.5; -0.25 ] "even"
              isNear (Fourier.shift 0 (Fourier.frequencies 5 0.2)) [ -2.; -1.; 0.; 1.; 2. ] "middle"
              isNear (Fourier.unshift 0 (Fourier.shift 0 (Fourier.frequencies 5 0.2))) [ 0.; 1.; 2.; -2.; -1. ] "back"
          }
          test "what is not finite is NaN in all of its row, and in no other" {
              let x = float64 [ 2; 2 ] [ 1.; infinity; 1.; 2. ]
              let struct (re, _) =
                  Fourier.fft FourierNorm.Backward -1 (struct (x, 0. * (float64 [ 2; 2 ] [ 1.; 1.; 1.; 1. ])))
              isNear re [ nan; nan; 3.; -1. ] "rows"
          }
          test "numbers near the ends of the range" {
              for size in [ 5e307; 1e-300 ] do
                  for n in [ 2; 3; 6 ] do
                      let x = float64 [ n ] [ for k in 1..n -> if k = n - 1 then size else 0. ]
                      let struct (re, im) = Fourier.rfft FourierNorm.Backward 0 x
                      for a, b in List.zip (elements re) (elements im) do
                          Expect.floatClose Accuracy.high (Double.Hypot(a / size, b / size)) 1. $"{size} {n}"
          }
          test "of nothing" {
              for sizes in [ [ 2; 0 ]; [ 0; 3 ] ] do
                  let x = float64 sizes []
                  isSame (real (Fourier.fft FourierNorm.Backward -1 (struct (x, x)))) x "nothing"
              isNear (real (Fourier.rfft FourierNorm.Backward 0 (row []))) [] "half of nothing"
          }
          test "misuse" {
              let x = rowsOf [ 4 ]
              throws<ShapeException>
                  (fun () -> real (Fourier.fft FourierNorm.Backward 0 (struct (x, rowsOf [ 3 ]))))
                  "parts"
              throws<DTypeException>
                  (fun () -> real (Fourier.rfft FourierNorm.Backward 0 (Tensor.cast DType.Int32 x)))
                  "integers"
              throws<DimensionException> (fun () -> real (Fourier.rfft FourierNorm.Backward 1 x)) "dimension"
              throws<ShapeException> (fun () -> Fourier.irfft FourierNorm.Backward 4 0 (struct (x, x))) "length"
              throws<ArgumentOutOfRangeException> (fun () -> real (Fourier.rfft (enum 9) 0 x)) "norm"
          } ]

let private running =
    testList
        "running"
        [ test "extremes" {
              let x = row [ 1.; 3.; 2.; 3.; nan; 9. ]
              isNear (Tensor.cummax 0 x) [ 1.; 3.; 3.; 3.; nan; nan ] "max"
              isNear (Tensor.cummin 0 (row [ 3.; 1.; 2.; 0. ])) [ 3.; 1.; 1.; 0. ] "min"
              Expect.equal (wholes (Tensor.cummax 0 (int64s [ 3 ] [ 2L; 1L; 5L ]))) [ 2L; 2L; 5L ] "integers"
          }
          test "the first of equals takes the derivative; of NaN the first" {
              let slope x = grad (fun x -> Tensor.sum [] (Tensor.cummax 0 x)) x
              isNear (slope (row [ 1.; 3.; 2.; 3. ])) [ 1.; 3.; 0.; 0. ] "equals"
              isNear (slope (row [ 1.; nan; 2.; nan ])) [ 1.; 3.; 0.; 0. ] "NaN"
          }
          test "logarithms of running totals" {
              let x = row [ 1000.; 1001.; -1000.; 3. ]
              let expected k = 1000. + log (List.sum [ for v in List.take (k + 1) (elements x) -> exp (v - 1000.) ])
              isNear (Tensor.logCumSumExp 0 x) [ for k in 0..3 -> expected k ] "large"
              isNear
                  (Tensor.logCumSumExp 0 (row [ -infinity; -infinity; 0. ]))
                  [ -infinity; -infinity; 0. ]
                  "nothing yet"
              let small = rowsOf [ 7 ]
              isSame
                  (Tensor.logCumSumExp 0 small)
                  (log (Tensor.cumsum 0 (exp small)))
                  "of usual numbers the plain formula"
          }
          test "differences" {
              isNear (Tensor.diff 1 0 (row [ 1.; 4.; 9.; 16. ])) [ 3.; 5.; 7. ] "first"
              isNear (Tensor.diff 2 0 (row [ 1.; 4.; 9.; 16. ])) [ 2.; 2. ] "second"
              isNear (Tensor.diff 3 0 (row [ 1.; 2. ])) [] "no more"
              throws<DimensionException> (fun () -> Tensor.diff -1 0 (row [ 1. ])) "below 0"
          } ]

let private statistics =
    testList
        "statistics"
        [ test "quantiles beside MathNet's type 7" {
              let values = numbers 9
              for q in [ 0.; 0.1; 0.25; 0.5; 0.77; 1. ] do
                  let expected =
                      MathNet.Numerics.Statistics.Statistics.QuantileCustom(
                          values,
                          q,
                          MathNet.Numerics.Statistics.QuantileDefinition.R7
                      )
                  isNear (Tensor.quantile QuantileMethod.Linear q [] (row values)) [ expected ] $"{q}"
          }
          test "methods between two elements" {
              let at method = elements (Tensor.quantile method 0.4 [] (row [ 4.; 1.; 2.; 8. ]))
              Expect.equal (at QuantileMethod.Lower) [ 2. ] "lower"
              Expect.equal (at QuantileMethod.Higher) [ 4. ] "higher"
              Expect.equal (at QuantileMethod.Nearest) [ 2. ] "nearest"
              Expect.equal (at QuantileMethod.Midpoint) [ 3. ] "midpoint"
          }
          test "medians over dimensions, NaN, derivative" {
              let x = float64 [ 2; 3 ] [ 3.; 1.; 2.; nan; 1.; 5. ]
              isNear (Tensor.median [ 1 ] x) [ 2.; nan ] "rows"
              isNear (Tensor.keep Tensor.median [ 0; 1 ] (float64 [ 2; 2 ] [ 1.; 2.; 3.; 10. ])) [ 2.5 ] "all"
              isNear (grad (fun x -> Tensor.median [] x) (row [ 1.; 10.; 2.; 3. ])) [ 0.; 0.; 0.5; 0.5 ] "derivative"
              throws<DimensionException> (fun () -> Tensor.quantile QuantileMethod.Linear 1.5 [] x) "share"
              throws<ShapeException> (fun () -> Tensor.median [] (float64 [ 0 ] [])) "nothing"
          }
          test "covariances beside MathNet's, and correlations" {
              let x = rowsOf [ 6; 3 ] |> Tensor.withFormat "BC"
              let variable k = [| for i in 0..5 -> (elements x)[3 * i + k] |]
              let pairs f =
                  [ for j in 0..2 do
                        for k in 0..2 -> f (variable j) (variable k) ]
              let expected = pairs (fun a b -> MathNet.Numerics.Statistics.Statistics.Covariance(a, b))
              isNear (Tensor.covariance 1 0 x) expected "covariance"
              Expect.equal (Tensor.covariance 1 0 x).Format.Labels "UU" "labels"
              let expected = pairs (fun a b -> MathNet.Numerics.Statistics.Correlation.Pearson(a, b))
              isNear (Tensor.correlation 0 x) expected "correlation"
              isSame
                  (Tensor.covariance 1 1 (Tensor.transpose (Tensor.stripdims x)))
                  (Tensor.covariance 1 0 (Tensor.stripdims x))
                  "either way"
              throws<DimensionException> (fun () -> Tensor.covariance 1 0 (row [ 1. ])) "a row"
          } ]

let private whole sizes (values: int list) = Tensor.create sizes "" (Array.ofList values)

let private scattering =
    testList
        "scattering"
        [ test "replacement: the last of equal positions stays, and takes the derivative" {
              let x, u, at = row [ 1.; 2.; 3. ], row [ 10.; 20.; 30. ], whole [ 3 ] [ 2; 0; 2 ]
              isNear (Tensor.scatter 0 at u x) [ 20.; 2.; 30. ] "values"
              let dx, du = grad (fun (x, u) -> Tensor.sum [] (Tensor.scatter 0 at u x * row [ 1.; 2.; 3. ])) (x, u)
              isNear dx [ 0.; 2.; 0. ] "x"
              isNear du [ 0.; 1.; 3. ] "updates"
          }
          test "extremes: equal ones share the derivative" {
              let x, u, at = row [ 1.; 5.; 3. ], row [ 4.; 5.; 4. ], whole [ 3 ] [ 0; 1; 0 ]
              isNear (Tensor.scatterMax 0 at u x) [ 4.; 5.; 3. ] "max"
              isNear (Tensor.scatterMin 0 at u x) [ 1.; 5.; 3. ] "min"
              let dx, du = grad (fun (x, u) -> Tensor.sum [] (Tensor.scatterMax 0 at u x)) (x, u)
              isNear dx [ 0.; 0.5; 1. ] "x"
              isNear du [ 0.5; 0.5; 0.5 ] "updates"
          }
          test "segments" {
              let x = float64 [ 4; 2 ] [ 1.; 2.; 3.; 4.; 5.; 6.; 7.; 8. ] |> Tensor.withFormat "BC"
              let segments = whole [ 4 ] [ 2; 0; 2; 0 ]
              isNear (Tensor.segmentSum segments 4 0 x) [ 10.; 12.; 0.; 0.; 6.; 8.; 0.; 0. ] "sum"
              isNear (Tensor.segmentMean segments 3 0 x) [ 5.; 6.; nan; nan; 3.; 4. ] "mean"
              isNear (Tensor.segmentMax segments 3 0 x) [ 7.; 8.; -infinity; -infinity; 5.; 6. ] "max"
              isNear (Tensor.segmentMin segments 3 0 x) [ 3.; 4.; infinity; infinity; 1.; 2. ] "min"
              Expect.equal (Tensor.segmentMean segments 3 0 x).Format.Labels "BC" "labels"
              throws<DimensionException> (fun () -> Tensor.segmentSum segments 2 0 x) "a number beyond"
              throws<ShapeException> (fun () -> Tensor.segmentSum segments 3 1 x) "too many numbers"
              throws<DTypeException> (fun () -> Tensor.segmentMax segments 3 0 (Tensor.cast DType.Int32 x)) "integers"
          }
          test "misuse" {
              let x = row [ 1.; 2. ]
              throws<DimensionException> (fun () -> Tensor.scatter 0 (whole [ 1 ] [ 2 ]) (row [ 1. ]) x) "outside"
              throws<ShapeException> (fun () -> Tensor.scatter 0 (whole [ 1 ] [ 1 ]) x x) "shape"
              throws<DTypeException> (fun () -> Tensor.scatterMax 0 (whole [ 1 ] [ 1 ]) (whole [ 1 ] [ 1 ]) x) "type"
          }
          test "round the edge" {
              isNear (Tensor.padCircular 0 2 1 (row [ 1.; 2.; 3. ])) [ 2.; 3.; 1.; 2.; 3.; 1. ] "circular"
              throws<DimensionException> (fun () -> Tensor.padCircular 0 4 0 (row [ 1.; 2.; 3. ])) "too far"
          } ]

let private interpolation =
    let x, y = row [ 0.; 1.; 2.5; 4.; 5. ], row [ 1.; 3.; 3.; -1.; 0. ]
    let queries = [ 0.; 0.3; 1.; 1.7; 2.5; 3.; 4.9; 5. ]
    let at method beyond q = Tensor.interpolate method beyond x y (row q)
    testList
        "interpolation"
        [ test "places in sorted numbers" {
              let s = row [ 1.; 2.; 2.; 4. ]
              let v = row [ 0.; 2.; 3.; 4.; 5.; nan ]
              Expect.equal (wholes (Tensor.searchSorted false s v)) [ 0L; 1L; 3L; 3L; 4L; 4L ] "left"
              Expect.equal (wholes (Tensor.searchSorted true s v)) [ 0L; 3L; 3L; 4L; 4L; 4L ] "right"
              throws<ShapeException> (fun () -> Tensor.searchSorted false (rowsOf [ 2; 2 ]) v) "no row"
              throws<DTypeException> (fun () -> Tensor.searchSorted false (whole [ 1 ] [ 1 ]) v) "types"
          }
          test "lines and cubics beside MathNet's" {
              let xs, ys = Array.ofList (elements x), Array.ofList (elements y)
              let line, cubic = LinearSpline.InterpolateSorted(xs, ys), CubicSpline.InterpolatePchipSorted(xs, ys)
              isNear
                  (at InterpolationMethod.Linear Beyond.NaN queries)
                  [ for q in queries -> line.Interpolate q ]
                  "lines"
              isNear
                  (at InterpolationMethod.Pchip Beyond.NaN queries)
                  [ for q in queries -> cubic.Interpolate q ]
                  "cubics"
          }
          test "steps" {
              isNear (at InterpolationMethod.Nearest Beyond.NaN [ 0.5; 0.6; 4.4 ]) [ 1.; 3.; -1. ] "nearest"
              isNear (at InterpolationMethod.Previous Beyond.NaN [ 0.5; 1.; 5. ]) [ 1.; 3.; 0. ] "previous"
              isNear (at InterpolationMethod.Next Beyond.NaN [ 0.; 0.5; 4.4 ]) [ 1.; 3.; 0. ] "next"
          }
          test "beyond the ends" {
              isNear (at InterpolationMethod.Linear Beyond.NaN [ -1.; 6.; nan ]) [ nan; nan; nan ] "NaN"
              isNear (at InterpolationMethod.Linear Beyond.Clamp [ -1.; 6.; nan ]) [ 1.; 0.; nan ] "clamp"
              isNear (at InterpolationMethod.Linear Beyond.Extrapolate [ -1.; 6. ]) [ -1.; 1. ] "extrapolate"
          }
          test "several values at a place, and queries of any shape" {
              let both = Tensor.stack -1 [ y; 2. * y ]
              let q = float64 [ 2; 2 ] [ 0.3; 1.7; 3.; 4.9 ] |> Tensor.withFormat "BT"
              let found = Tensor.interpolate InterpolationMethod.Linear Beyond.NaN x both q
              Expect.equal (sizes found, found.Format.Labels) ([ 2; 2; 2 ], "BTU") "type"
              let one = Tensor.interpolate InterpolationMethod.Linear Beyond.NaN x y (Tensor.stripdims q)
              isSame (Tensor.stripdims found) (Tensor.stack -1 [ one; 2. * one ]) "values"
          }
          test "derivatives by places, values and queries" {
              for method in [ InterpolationMethod.Linear; InterpolationMethod.Pchip ] do
                  let f (x, y, q) = Tensor.sum [] (Tensor.interpolate method Beyond.Extrapolate x y q)
                  // Where neighbours are equal, a cubic's slope has a kink.
                  let at = x, y + row [ 0.; 0.; 0.5; 0.; 0. ], row [ 0.3; 1.7; 3.; 4.9 ]
                  let near (t: Tensor) k h =
                      Tensor.create
                          [ t.Count ]
                          ""
                          [| for j in 0 .. t.Count - 1 -> (elements t)[j] + (if j = k then h else 0.) |]
                  // Central differences of smooth functions: h² and the rounding over h are about 1e-10.
                  let slope (change: int -> float -> Tensor * Tensor * Tensor) k =
                      let value h = elements (f (change k h)) |> List.head
                      (value 1e-5 - value -1e-5) / 2e-5
                  let x, y, q = at
                  let dx, dy, dq = grad f at
                  let check (d: Tensor) change message =
                      for k, d in List.indexed (elements d) do
                          Expect.isLessThan (abs (d - slope change k)) 1e-7 $"{method} {message} {k}"
                  check dx (fun k h -> near x k h, y, q) "places"
                  check dy (fun k h -> x, near y k h, q) "values"
                  check dq (fun k h -> x, y, near q k h) "queries"
          }
          test "misuse" {
              throws<ShapeException>
                  (fun () -> Tensor.interpolate InterpolationMethod.Linear Beyond.NaN (row [ 1. ]) (row [ 1. ]) x)
                  "one point"
              throws<ShapeException>
                  (fun () -> Tensor.interpolate InterpolationMethod.Linear Beyond.NaN x (row [ 1. ]) x)
                  "values"
              throws<DTypeException>
                  (fun () -> Tensor.interpolate InterpolationMethod.Linear Beyond.NaN x y (whole [ 1 ] [ 1 ]))
                  "types"
              throws<ArgumentOutOfRangeException> (fun () -> Tensor.interpolate (enum 9) Beyond.NaN x y x) "method"
          } ]

let tests = testList "Signals" [ fourier; running; statistics; scattering; interpolation ]
