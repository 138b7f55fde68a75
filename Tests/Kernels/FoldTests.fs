/// Where sums begin and end, which the bounds of rounding leave open.
module Functional.Tests.Kernels.FoldTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests

let private signs (x: Tensor) = [ for v in Tensor.toArray<float> x -> Math.CopySign(1., v) ]
let private zeros value (sizes: int list) = Tensor.create sizes "" (Array.create (List.fold (*) 1 sizes) value)

/// Every way in which kernels sum zeros of the same sign; of n of them.
let private sums value n : (string * Tensor) list =
    let ones = Tensor.ones DType.Float64 [ n; 3 ] ""
    let positions = Tensor.create [ n ] "" (Array.zeroCreate<int64> n)
    [ "rows", Tensor.sum [ 1 ] (zeros value [ 3; n ])
      "columns", Tensor.sum [ 0 ] (zeros value [ n; 3 ])
      "all", Tensor.sum [] (zeros value [ n ])
      "running", Tensor.cumsum 0 (zeros value [ n ])
      "products", Tensor.matmul (zeros value [ 2; n ]) ones
      "scattered", Tensor.scatterAdd 0 positions (zeros value [ n ]) (zeros value [ 1 ]) ]

let private signOfZero =
    testList
        "a sum of zeros is -0 only where all terms are"
        [ test "one term and many" {
              for n in [ 1; 2; 31; 32; 33; 100 ] do
                  for name, sum in sums -0. n do
                      Expect.allEqual (signs sum) -1. $"{name}, {n} times -0"
                  for name, sum in sums 0. n do
                      Expect.allEqual (signs sum) 1. $"{name}, {n} times 0"
          }
          test "no terms: 0" {
              for name, sum in sums -0. 0 do
                  if name <> "running" && name <> "scattered" then Expect.allEqual (signs sum) 1. name
          }
          test "terms of both signs: 0" {
              let mixed = Tensor.create [ 3 ] "" [| -0.; 0.; -0. |]
              Expect.equal (signs (Tensor.sum [ 0 ] mixed)) [ 1. ] "sum"
          } ]

let private extremes = test "extremes know the sign of 0, and NaN" {
    let x = Tensor.create [ 3 ] "" [| 0.; -0.; 0. |]
    Expect.equal (signs (Tensor.min [] x) @ signs (Tensor.max [] x)) [ -1.; 1. ] "least and greatest"
    let y = Tensor.create [ 3 ] "" [| 1.; nan; infinity |]
    for extreme in [ Tensor.min; Tensor.max ] do
        Expect.isTrue (Double.IsNaN(Tensor.toScalar<float>(extreme [] y))) "NaN"
}

let tests = testList "Folds" [ signOfZero; extremes ]
