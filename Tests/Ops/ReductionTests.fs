module Functional.Tests.ReductionTests

open System
open Expecto
open Functional
open Functional.FSharp

let private matrix rows columns (data: float list) = Tensor.create [ rows; columns ] "" (Array.ofList data)
let private floats (x: Tensor) = List.ofArray (Tensor.toArray<float> x)

let private values =
    testList
        "values"
        [ test "no dimensions are all" {
              let x = matrix 2 2 [ 1.; 2.; 3.; 4. ]
              Expect.equal (floats (Tensor.sum [] x), floats (Tensor.product [] x)) ([ 10. ], [ 24. ]) "sum, product"
              Expect.equal
                  (floats (Tensor.max [ -1 ] x), floats (Tensor.min [ 0 ] x))
                  ([ 2.; 4. ], [ 1.; 2. ])
                  "by number"
              Expect.equal (floats (Tensor.keep Tensor.sum [] (Tensor.scalar 2.))) [ 2. ] "of a scalar"
          }
          test "extremes pass NaN on" {
              Expect.isTrue (Double.IsNaN(Tensor.toScalar (Tensor.max [] (matrix 1 3 [ 1.; nan; 2. ])))) "max"
              Expect.isTrue (Double.IsNaN(Tensor.toScalar (Tensor.min [] (matrix 1 3 [ 1.; nan; 2. ])))) "min"
          }
          test "of nothing" {
              let none = Tensor.create<float> [ 2; 0 ] "" [||]
              Expect.equal (floats (Tensor.sum [ 1 ] none)) [ 0.; 0. ] "sum"
              Expect.equal (floats (Tensor.product [ 1 ] none)) [ 1.; 1. ] "product"
              let flags = Tensor.create<bool> [ 0 ] "" [||]
              Expect.isFalse (Tensor.toScalar (Tensor.any [] flags)) "any"
              Expect.isTrue (Tensor.toScalar (Tensor.all [] flags)) "all"
              Expect.isTrue (Double.IsNaN(Tensor.toScalar (Tensor.mean [] none))) "mean"
          }
          test "mean, variance and deviation against MathNet" {
              let data = [ 3.; 1.; 4.; 1.; 5.; 9.; 2.; 6. ]
              let x = matrix 2 4 data
              let near actual expected = Expect.floatClose Accuracy.high (Tensor.toScalar actual) expected ""
              near (Tensor.mean [] x) (MathNet.Numerics.Statistics.Statistics.Mean data)
              near (Tensor.variance 1 [] x) (MathNet.Numerics.Statistics.Statistics.Variance data)
              near (Tensor.variance 0 [] x) (MathNet.Numerics.Statistics.Statistics.PopulationVariance data)
              near (Tensor.standardDeviation 1 [] x) (MathNet.Numerics.Statistics.Statistics.StandardDeviation data)
          }
          test "logSumExp does not overflow, and knows infinities" {
              let x = matrix 4 2 [ 1000.; 1000.; -infinity; -infinity; infinity; 0.; -infinity; 3. ]
              Expect.equal (floats (Tensor.logSumExp [ 1 ] x)) [ 1000. + log 2.; -infinity; infinity; 3. ] ""
          } ]

/// The derivative in each element by central differences.
let private differences (f: Tensor -> Tensor) (x: Tensor) =
    let h = 1e-5
    let data = Tensor.toArray<float> x
    let at k step =
        f (Tensor.create x.Shape x.Format.Labels (Array.updateAt k (data[k] + step) data))
        |> Tensor.toScalar<float>
    [ for k in 0 .. data.Length - 1 -> (at k h - at k -h) / (2. * h) ]

let private gradients =
    testList
        "gradients"
        [ test "of a product, with no, one and two zeros" {
              for data in [ [ 1.; 2.; 3.; 4.; 5. ]; [ 1.; 0.; 3.; 4.; 5. ]; [ 0.; 2.; 0.; 4.; 5. ] ] do
                  let others = [ for k in 0..4 -> List.removeAt k data |> List.fold (*) 1. ]
                  Expect.equal (floats (grad (Tensor.product []) (matrix 1 5 data))) others "products of the others"
          }
          test "of a product along an inner dimension, and of that gradient" {
              let x = Tensor.create [ 2; 3; 2 ] "SCB" [| 1.; 2.; 0.; 4.; 5.; 6.; -1.; 2.; 3.; 0.; 0.; 1. |]
              let f x = Tensor.sum [] (Tensor.product [ 1 ] x)
              let g x = let d = grad f x in Tensor.sum [] (d * d)
              for f in [ f; g ] do
                  for a, e in List.zip (floats (grad f x)) (differences f x) do
                      Expect.isLessThan (abs (a - e)) 1e-4 $"{a}, {e}"
          }
          test "of a maximum, shared by its equals" {
              let x = matrix 2 3 [ 2.; 2.; 1.; 0.; 3.; 3. ]
              let slope = grad (fun x -> Tensor.sum [] (Tensor.max [ 1 ] x)) x
              Expect.equal (floats slope) [ 0.5; 0.5; 0.; 0.; 0.5; 0.5 ] ""
          }
          test "of logSumExp, variance and norm by central differences" {
              let x = matrix 2 3 [ 0.3; -1.2; 2.; 0.7; 0.1; -0.4 ]
              for f in [ Tensor.logSumExp []; Tensor.variance 1 []; Tensor.norm [] ] do
                  for a, e in List.zip (floats (grad f x)) (differences f x) do
                      Expect.isLessThan (abs (a - e)) 1e-8 $"{a}, {e}"
          }
          test "of a norm at 0 is 0" {
              Expect.equal (floats (grad (Tensor.norm []) (matrix 1 2 [ 0.; 0. ]))) [ 0.; 0. ] ""
          } ]

let private errors =
    testList
        "errors"
        [ test "nothing has no extreme" {
              let none = Tensor.create<float> [ 2; 0 ] "" [||]
              for f in [ Tensor.max; Tensor.min; Tensor.logSumExp ] do
                  Expect.throwsT<ShapeException> (fun () -> f [ 1 ] none |> ignore) ""
          }
          test "dimensions are there, once" {
              let x = matrix 2 2 [ 1.; 2.; 3.; 4. ]
              for dims in [ [ 2 ]; [ -3 ]; [ 0; 0 ]; [ 1; -1 ] ] do
                  Expect.throwsT<DimensionException> (fun () -> Tensor.sum dims x |> ignore) $"%A{dims}"
          }
          test "data types without the reduction are refused" {
              let b, n = Tensor.create [ 1 ] "" [| true |], Tensor.create [ 1 ] "" [| 1 |]
              Expect.throwsT<DTypeException> (fun () -> Tensor.sum [] b |> ignore) "sum of Bool"
              Expect.throwsT<DTypeException> (fun () -> Tensor.max [] b |> ignore) "max of Bool"
              Expect.throwsT<DTypeException> (fun () -> Tensor.any [] n |> ignore) "any of Int32"
              Expect.throwsT<DTypeException> (fun () -> Tensor.mean [] n |> ignore) "mean of Int32"
          } ]

let tests = testList "Reductions" [ values; gradients; errors ]
