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

/// Calls of one signature, as its trial decides: direct ones take so many ticks (of a nanosecond), replays as many; how many ran directly, and
/// after which call it lost.
let private tried (trial: Trial) replay direct calls =
    let mutable replays, directs = 0, 0

    let losses =
        [ for call in 1..calls do
              if trial.IsLost || trial.WantsDirect replays then
                  directs <- directs + 1
                  trial.Ran direct
              else
                  replays <- replays + 1
                  trial.Replayed(replay call)
              if trial.Judge() then call ]

    directs, losses

let private trials =
    testList
        "Trial"
        [ test "replays that are much faster cost one direct call" {
              Expect.equal (tried (Trial true) (fun _ -> 10000L) 100000L 10000) (1, []) "direct calls"
          }

          test "replays that are somewhat faster cost eight" {
              Expect.equal (tried (Trial true) (fun _ -> 50000L) 100000L 10000) (8, []) "direct calls"
          }

          test "a little slower is not given up" {
              Expect.equal (tried (Trial true) (fun _ -> 109000L) 100000L 10000) (8, []) "direct calls"
          }

          test "what would gain less than a microsecond is not given up" {
              Expect.equal (tried (Trial true) (fun _ -> 900L) 10L 10000) (8, []) "direct calls"
          }

          test "replays that are slower are given up" {
              Expect.equal
                  (tried (Trial true) (fun _ -> 120000L) 100000L 1000)
                  (8 + 1000 - 144, [ 144 ])
                  "after 128 and 8 pairs"
          }

          test "single calls that were disturbed do not decide" {
              let replay call = if call % 5 = 0 then 10000000L else 50000L
              Expect.equal (tried (Trial true) replay 100000L 10000) (8, []) "direct calls"
          }

          test "a signature that lost is tried again" {
              let trial = Trial true
              let directs, losses = tried trial (fun call -> if call < 1000 then 120000L else 20000L) 100000L 3000
              Expect.equal losses [ 144 ] "lost once"
              Expect.equal directs (8 + 1024 + 1) "then replays pay"
          }

          test "a signature that comes seldom is left alone" {
              Expect.equal (tried (Trial true) (fun _ -> 1000000L) 100000L 128) (0, []) "direct calls"
          }

          test "it can be switched off" {
              Expect.equal (tried (Trial false) (fun _ -> 1000000L) 100000L 1000) (0, []) "direct calls"
          }

          test "what is frozen is not tried: a direct call would give something else" {
              let x = Tensor.full DType.Float64 [ 2 ] "" 1.
              let frozen = { AccelerateOptions.Default with Branches = BranchPolicy.Freeze }

              for options, f in
                  [ frozen, (fun (x: Tensor) -> if Tensor.op_Explicit (x[0] .> 0.) then x + 1. else x)
                    AccelerateOptions.Default, (fun x -> x + Tensor.uniform DType.Float64 [ 2 ] "") ] do
                  let fast = accelerateWith options f
                  let results = [ for _ in 1..300 -> Tensor.toArray<float>(fast.Invoke x) ]
                  Expect.equal (List.distinct results).Length 1 "results"
                  Expect.equal fast.Hits 299L "hits"
          }

          test "a function whose replays lose says so, and runs right" {
              // A clock that goes on by 10,000 whenever it is looked at, and back by 9,000 where the function itself runs.
              let mutable now = 0L
              let fast =
                  accelerateWith AccelerateOptions.Default (fun (x: Tensor) ->
                      now <- now - 9000L
                      x + 1.)
              fast.Clock <-
                  fun () ->
                      now <- now + 10000L
                      now
              let said = ResizeArray<Diagnostic>()
              fast.Diagnosed.Add said.Add

              for n in 1..200 do
                  let x = Tensor.full DType.Float64 [ 2 ] "" (float n)
                  Expect.equal (Tensor.toArray<float>(fast.Invoke x)) (Array.create 2 (float n + 1.)) "value"

              match List.ofSeq said with
              | [ Diagnostic.ReplayLost(inputs, replay, direct) ] ->
                  Expect.equal (List.ofSeq inputs) [ TensorType(DType.Float64, [ 2 ]) ] "the signature"
                  Expect.isGreaterThan replay direct "times"
              | other -> failtest $"said %A{other}"

              Expect.equal (fast.TracesMade, fast.Hits, fast.Misses) (1L, 136L, 64L) "calls"
          } ]

let private governor =
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

let tests = testList "Governed" [ trials; governor ]
