module Functional.Tests.ElementwiseTests

open System
open Expecto
open Functional
open Functional.FSharp

let private vector (data: float list) = Tensor.create [ data.Length ] "" (Array.ofList data)
let private ints (data: int list) = Tensor.create [ data.Length ] "" (Array.ofList data)
let private floats (x: Tensor) = Tensor.toArray<float> x
let private bits (x: Tensor) = floats x |> Array.map BitConverter.DoubleToInt64Bits |> List.ofArray
let private bitsOf (numbers: float list) = numbers |> List.map BitConverter.DoubleToInt64Bits

let private near message (expected: float list) (x: Tensor) =
    for e, a in List.zip expected (List.ofArray (floats x)) do
        if Double.IsFinite e then
            Expect.isLessThanOrEqual (abs (a - e)) (4e-16 * abs e) $"{message}: {a} for {e}"
        else
            Expect.equal (string a) (string e) message

let private values =
    testList
        "values"
        [ test "expm1 keeps its digits near 0 and its limits" {
              // To 20 digits, from the series Σ xⁿ/n!.
              vector [ 1e-10; -1e-10; 1e-20; 709.5; 710.; -infinity; nan ]
              |> Tensor.expm1
              |> near "expm1" [ 1.00000000005e-10; -9.9999999995e-11; 1e-20; exp 709.5; infinity; -1.; nan ]
          }
          test "log1p keeps its digits near 0 and its limits" {
              vector [ 1e-10; 1e-20; -1.; -2.; infinity; -infinity; nan ]
              |> Tensor.log1p
              |> near "log1p" [ 9.9999999995e-11; 1e-20; -infinity; nan; infinity; nan; nan ]
          }
          test "erf has the tabled values" {
              vector [ 0.5; 1.; 2.; -1.; infinity; nan ]
              |> Tensor.erf
              |> near "erf" [ 0.5204998778130465; 0.8427007929497149; 0.9953222650189527; -0.8427007929497149; 1.; nan ]
          }
          test "odd functions keep the sign of 0" {
              for f in [ Tensor.expm1; Tensor.log1p; Tensor.erf; Tensor.asinh; Tensor.atanh; Tensor.sign; sin; tanh ] do
                  Expect.equal (bits (f (vector [ -0. ]))) (bitsOf [ -0. ]) "f(-0) = -0"
          }
          test "maximum and minimum pass NaN on, and -0 < 0" {
              let a, b = vector [ nan; 1.; -0.; 0. ], vector [ 1.; nan; 0.; -0. ]
              Expect.isTrue (floats (Tensor.maximum a b) |> Array.take 2 |> Array.forall Double.IsNaN) "NaN"
              Expect.isTrue (floats (Tensor.minimum a b) |> Array.take 2 |> Array.forall Double.IsNaN) "NaN"
              Expect.equal (bits (Tensor.maximum a b) |> List.skip 2) (bitsOf [ 0.; 0. ]) "greater zero"
              Expect.equal (bits (Tensor.minimum a b) |> List.skip 2) (bitsOf [ -0.; -0. ]) "lesser zero"
          }
          test "integers wrap around and divide by 0 to 0" {
              let a, b = ints [ Int32.MinValue; Int32.MinValue; 7; 7 ], ints [ -1; 0; 0; -2 ]
              Expect.sequenceEqual (Tensor.toArray<int>(a / b)) [ Int32.MinValue; 0; 0; -3 ] "quotient"
              Expect.sequenceEqual (Tensor.toArray<int>(a % b)) [ 0; 0; 0; 1 ] "remainder"
              Expect.sequenceEqual (Tensor.toArray<int>(abs a)) [ Int32.MinValue; Int32.MinValue; 7; 7 ] "magnitude"
          }
          test "a cast to integers goes towards zero, saturates, and makes NaN 0" {
              let x = vector [ 1.9; -1.9; 1e30; -1e30; nan; infinity ]
              Expect.sequenceEqual
                  (Tensor.toArray<int>(Tensor.cast DType.Int32 x))
                  [ 1; -1; Int32.MaxValue; Int32.MinValue; 0; Int32.MaxValue ]
                  "Int32"
              Expect.sequenceEqual
                  (Tensor.toArray<bool>(Tensor.cast DType.Bool x))
                  [ true; true; true; true; true; true ]
                  "Bool"
          }
          test "comparisons take tensors and numbers on either side" {
              let x = vector [ 1.; 2.; nan ]
              let holds (c: Tensor) = List.ofArray (Tensor.toArray<bool> c)
              Expect.equal (holds (x .< 2.)) [ true; false; false ] "<"
              Expect.equal (holds (2. .> x)) [ true; false; false ] ">, number first"
              Expect.equal (holds (x .<= 2.)) [ true; true; false ] "≤"
              Expect.equal (holds (x .>= x)) [ true; true; false ] "≥"
              Expect.equal (holds (x .= 2.)) [ false; true; false ] "="
              Expect.equal (holds (x .<> 2.)) [ true; false; true ] "≠"
              Expect.equal (floats (Tensor.where (x .< 2.) x 0.) |> List.ofArray) [ 1.; 0.; 0. ] "where"
          }
          test "sigmoid, softplus and relu at the ends" {
              let x = vector [ -infinity; -1000.; 0.; 1000.; infinity ]
              Expect.equal (floats (Tensor.sigmoid x) |> List.ofArray) [ 0.; 0.; 0.5; 1.; 1. ] "sigmoid"
              Expect.equal (floats (Tensor.softplus x) |> List.ofArray) [ 0.; 0.; log 2.; 1000.; infinity ] "softplus"
              Expect.equal (floats (Tensor.relu x) |> List.ofArray) [ 0.; 0.; 0.; 1000.; infinity ] "relu"
          } ]

let private slopes =
    testList
        "slopes"
        [ test "of sigmoid and softplus where the exponential overflows" {
              let x = vector [ -1000.; 0.; 1000. ]
              let slope f = grad (fun x -> Tensor.sum [] (f x)) x |> floats |> List.ofArray
              Expect.equal (slope Tensor.sigmoid) [ 0.; 0.25; 0. ] "sigmoid"
              Expect.equal (slope Tensor.softplus) [ 0.; 0.5; 1. ] "softplus"
              Expect.equal (slope Tensor.relu) [ 0.; 0.; 1. ] "relu"
          }
          test "of atan2 and acosh where squares overflow" {
              let far = Tensor.scalar 1e200
              let slope = grad (fun y -> Tensor.Atan2(y, far)) far |> Tensor.toScalar<float>
              Expect.floatClose Accuracy.high (slope * 1e200) 0.5 "x / (x² + y²)"
              Expect.floatClose Accuracy.high (Tensor.toScalar<float>(grad Tensor.acosh far) * 1e200) 1. "1 / √(x² - 1)"
          }
          test "a held value has none" {
              let x = vector [ 3. ]
              let slope = grad (fun x -> Tensor.sum [] (x * Tensor.stopGradient x)) x
              Expect.equal (floats slope |> List.ofArray) [ 3. ] "x · const"
          } ]

let private errors =
    testList
        "errors"
        [ test "functions of real numbers refuse integers" {
              Expect.throwsT<DTypeException> (fun () -> exp (ints [ 1 ]) |> ignore) "exp"
              Expect.throwsT<DTypeException> (fun () -> Tensor.sigmoid (ints [ 1 ]) |> ignore) "sigmoid"
          }
          test "Bool has no arithmetic, numbers no logic" {
              let b = Tensor.create [ 1 ] "" [| true |]
              Expect.throwsT<DTypeException> (fun () -> b + b |> ignore) "+"
              Expect.throwsT<DTypeException> (fun () -> b .< b |> ignore) "<"
              Expect.throwsT<DTypeException> (fun () -> Tensor.logicalAnd (ints [ 1 ]) (ints [ 1 ]) |> ignore) "and"
          }
          test "data types are not mixed" {
              Expect.throwsT<DTypeException> (fun () -> ints [ 1 ] + vector [ 1. ] |> ignore) "Int32 + Float64"
              Expect.throwsT<DTypeException>
                  (fun () -> Tensor.where (ints [ 1 ]) (vector [ 1. ]) (vector [ 2. ]) |> ignore)
                  "the condition"
          } ]

let tests = testList "Elementwise" [ values; slopes; errors ]
