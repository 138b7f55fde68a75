module Functional.Tests.Accelerate.GovernorTests

open Expecto
open Functional
open Functional.FSharp

/// Drives a governor by calls that take so many ticks; its rulings.
let private rulings (governor: Governor) traced direct replayed (hashes: int seq) =
    let kept = System.Collections.Generic.HashSet<int>()

    [ for hash in hashes do
          if kept.Contains hash then
              governor.Replayed(replayed, 1)
          elif governor.Admits hash then
              kept.Add hash |> ignore
              match governor.Traced traced with
              | Ruling.Unchanged -> ()
              | ruling -> ruling
          else
              match governor.Ran direct with
              | Ruling.Unchanged -> ()
              | ruling -> ruling ]

let tests =
    testList
        "Governor"
        [ test "signatures that never come again are soon no longer traced" {
              let governor = Governor true
              let found = rulings governor 300L 100L 50L [ 1..1000 ]
              Expect.equal found [ Ruling.Bypass 2 ] "one ruling"
              Expect.equal governor.Threshold 2 "traced when they come a second time"
          }

          test "the loss stays small" {
              let governor = Governor true
              let mutable time = 0L

              for hash in 1..1000 do
                  if governor.Admits hash then
                      time <- time + 300L
                      governor.Traced 300L |> ignore
                  else
                      time <- time + 100L
                      governor.Ran 100L |> ignore

              Expect.isLessThan time 110_000L "ticks, of 100,000 directly"
          }

          test "signatures that come twice each are given up too, then" {
              let governor = Governor true
              let twice = Seq.collect (fun hash -> [ hash; hash ]) [ 1..1000 ]
              let found = rulings governor 300L 100L 90L twice
              Expect.equal (List.truncate 2 found) [ Ruling.Bypass 2; Ruling.Bypass 4 ] "rulings"
          }

          test "traces that pay are made at once" {
              let governor = Governor true
              let often = Seq.collect (fun hash -> Seq.replicate 30 hash) [ 1..200 ]
              Expect.isEmpty (rulings governor 300L 100L 50L often) "no ruling"
              Expect.equal governor.Threshold 1 "as before"
          }

          test "traces that cost nothing are made, whether they pay or not" {
              let governor = Governor true
              Expect.isEmpty (rulings governor 100L 100L 50L [ 1..1000 ]) "no ruling"
          }

          test "once replays pay, tracing resumes" {
              let governor = Governor true
              let never, often = [ 1..100 ], Seq.collect (fun hash -> Seq.replicate 12 hash) [ 1001..1200 ]
              let found = rulings governor 300L 100L 20L (Seq.append never often)
              Expect.equal found [ Ruling.Bypass 2; Ruling.Resume ] "rulings"
          }

          test "it can be switched off" {
              let governor = Governor false
              for hash in 1..100 do
                  Expect.isTrue (governor.Admits hash) "admitted"
                  governor.Traced 1000L |> ignore
          }

          test "a function says when it is bypassed, and runs right" {
              let fast = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> x + 1.)
              let said = ResizeArray<Diagnostic>()
              fast.Diagnosed.Add said.Add

              for n in 1..300 do
                  let x = Tensor.full DType.Float64 [ n ] "" 1.
                  Expect.equal (Tensor.toArray<float>(fast.Invoke x)) (Array.create n 2.) "value"

              // Whether it loses is a matter of time; that each call is counted is not.
              Expect.equal (fast.Misses, fast.Hits) (300L, 0L) "calls"
              Expect.equal fast.IsBypassed (said.Count % 2 = 1) "said"
          } ]
