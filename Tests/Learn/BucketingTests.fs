module Functional.Tests.Learn.BucketingTests

open System
open Expecto
open Functional
open Functional.FSharp

let private sequence n = Tensor.create [ n; 2 ] "TC" [| for k in 1 .. 2 * n -> float k |]

let tests =
    testList
        "Bucketing"
        [ test "lengths are rounded up" {
              let lengths (bucketing: Bucketing) = [ for n in [ 0; 1; 5; 8; 9; 100 ] -> bucketing.Length n ]
              Expect.equal (lengths (Bucketing.Of(16, 8))) [ 8; 8; 8; 8; 16; 100 ] "given"
              Expect.equal (lengths (Bucketing.Multiples 5)) [ 5; 5; 5; 10; 10; 100 ] "multiples"
              Expect.equal (lengths (Bucketing.PowersOfTwo 4)) [ 4; 4; 8; 8; 16; 128 ] "powers"
          }

          test "sequences become one tensor and a mask" {
              let batch = Bucketing.Multiples(4).Pad([ sequence 1; sequence 3 ], -1.)
              Expect.equal
                  (string batch.Values.Type, string batch.Mask.Type)
                  ("Float64[2, 4, 2] \"BTC\"", "Bool[2, 4] \"BT\"")
                  "types"
              Expect.equal
                  (Tensor.toArray<float> batch.Values)
                  [| 1.; 2.; -1.; -1.; -1.; -1.; -1.; -1.; 1.; 2.; 3.; 4.; 5.; 6.; -1.; -1. |]
                  "values"
              Expect.equal
                  (Tensor.toArray<bool> batch.Mask)
                  [| true; false; false; false; true; true; true; false |]
                  "mask"
              Expect.equal (List.ofSeq batch.Lengths) [ 1; 3 ] "lengths"
          }

          test "few traces serve sequences of many lengths" {
              let bucketing = Bucketing.PowersOfTwo 8

              let mean =
                  accelerateWith AccelerateOptions.Default (fun (x: Tensor, mask: Tensor) ->
                      let mask = Tensor.cast DType.Float64 mask
                      Tensor.sum [] (Tensor.sum [ -1 ] x * mask) / Tensor.sum [] mask)

              for n in 1..64 do
                  let batch = bucketing.Pad [ sequence n ]
                  let result = Tensor.toScalar<float>(mean.Invoke(batch.Values, batch.Mask))
                  Expect.equal result (float (2 * n + 1)) "the mean over the sequence itself"

              Expect.equal (mean.TracesMade, mean.Hits) (4L, 60L) "8, 16, 32, 64"
          }

          test "bad lengths and unlike sequences are refused" {
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Bucketing.Of() |> ignore) "no bucket"
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Bucketing.Multiples 0 |> ignore) "no step"
              Expect.throwsT<ShapeException> (fun () -> Bucketing.Multiples(2).Pad [] |> ignore) "no sequence"

              Expect.throwsT<ShapeException>
                  (fun () ->
                      Bucketing.Multiples(2).Pad [ sequence 2; Tensor.zeros DType.Float64 [ 2; 3 ] "TC" ] |> ignore)
                  "unlike"
          } ]
