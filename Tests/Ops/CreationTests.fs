module Functional.Tests.CreationTests

open System
open Expecto
open Functional
open Functional.FSharp

let private floats (x: Tensor) = List.ofArray (Tensor.toArray<float> x)

let private values =
    testList
        "values"
        [ test "the data are copied, in and out" {
              let data = [| 1.; 2. |]
              let x = Tensor.create [ 2 ] "" data
              data[0] <- 9.
              (Tensor.toArray<float> x)[1] <- 9.
              Expect.equal (floats x) [ 1.; 2. ] ""
          }
          test "arrays of several dimensions, and of arrays" {
              let nested = Tensor.ofArray "BC" [| [| 1; 2; 3 |]; [| 4; 5; 6 |] |]
              let flat = Tensor.ofArray "BC" (array2D [ [ 1; 2; 3 ]; [ 4; 5; 6 ] ])
              for x in [ nested; flat ] do
                  Expect.equal (x.Type.ToString()) "Int32[2, 3] \"BC\"" "type"
                  Expect.sequenceEqual (Tensor.toArray<int> x) [ 1..6 ] "elements"
              Expect.equal
                  (List.ofSeq (Tensor.ofArray "" [| [| [| true |]; [| false |] |] |]).Shape)
                  [ 1; 2; 1 ]
                  "three deep"
              Expect.equal (List.ofSeq (Tensor.ofArray "" (Array.empty<float array>)).Shape) [ 0; 0 ] "empty"
          }
          test "constants, in every data type" {
              for dtype in Enum.GetValues<DType>() do
                  let ones = Tensor.ones dtype [ 2; 3 ] "BC"
                  Expect.equal ones.Type (TensorType(dtype, [ 2; 3 ], Format.Parse "BC")) "type"
                  Expect.equal (floats (Tensor.cast DType.Float64 ones)) (List.replicate 6 1.) "ones"
                  Expect.equal
                      (floats (Tensor.cast DType.Float64 (Tensor.zerosLike ones)))
                      (List.replicate 6 0.)
                      "zeros"
          }
          test "sequences" {
              Expect.equal (floats (Tensor.arange DType.Float64 0. 1. 0.25)) [ 0.; 0.25; 0.5; 0.75 ] "arange"
              Expect.equal (floats (Tensor.arange DType.Float64 2. -1. -1.)) [ 2.; 1.; 0. ] "backwards"
              Expect.equal (floats (Tensor.arange DType.Float64 1. 0. 1.)) [] "empty"
              Expect.equal (floats (Tensor.linspace DType.Float64 0. 1. 5)) [ 0.; 0.25; 0.5; 0.75; 1. ] "linspace"
              let points = Tensor.linspace DType.Float64 0. 0.3 4
              Expect.equal (List.last (floats points)) 0.3 "the last exactly"
              Expect.equal (floats (Tensor.linspace DType.Float64 3. 4. 1)) [ 3. ] "of one"
              Expect.sequenceEqual (Tensor.toArray<int>(Tensor.eye DType.Int32 2)) [ 1; 0; 0; 1 ] "eye"
          } ]

let private errors =
    testList
        "errors"
        [ test "as many elements as places" {
              Expect.throwsT<ShapeException> (fun () -> Tensor.create [ 2; 2 ] "" [| 1.; 2.; 3. |] |> ignore) "3 for 4"
              Expect.throwsT<ShapeException> (fun () -> Tensor.create [ -1 ] "" [| 1. |] |> ignore) "-1"
              Expect.throwsT<ShapeException> (fun () -> Tensor.linspace DType.Float32 0. 1. -1 |> ignore) "-1 points"
          }
          test "inner arrays of one length" {
              Expect.throwsT<ShapeException> (fun () -> Tensor.ofArray "" [| [| 1. |]; [| 1.; 2. |] |] |> ignore) ""
          }
          test "elements of a tensor's kinds, and read as they are" {
              Expect.throwsT<DTypeException> (fun () -> Tensor.scalar "one" |> ignore) "string"
              Expect.throwsT<DTypeException> (fun () -> Tensor.ofArray "" [| 1uy |] |> ignore) "bytes"
              Expect.throwsT<DTypeException>
                  (fun () -> Tensor.toArray<float>(Tensor.scalar 1f) |> ignore)
                  "Float32 as float"
          }
          test "a label for each dimension" {
              Expect.throwsT<TensorFormatException> (fun () -> Tensor.create [ 2 ] "BC" [| 1.; 2. |] |> ignore) ""
          }
          test "one element only is a scalar" {
              Expect.throwsT<ShapeException>
                  (fun () -> Tensor.toScalar<float>(Tensor.create [ 2 ] "" [| 1.; 2. |]) |> ignore)
                  ""
          }
          test "a step leads on" {
              for step in [ 0.; nan ] do
                  Expect.throwsT<ArgumentOutOfRangeException>
                      (fun () -> Tensor.arange DType.Float32 0. 1. step |> ignore)
                      ""
          } ]

let tests = testList "Creation" [ values; errors ]
