/// The memo by signature: what it keeps, what it counts, and what threads and errors do to it.
module Functional.Tests.Tracing.MemoTests

open System
open System.Threading
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private vector n = Tensor.create [ n ] "" (Array.init n float)
let private floats (t: Tensor) = List.ofArray (Tensor.toArray<float> t)
let private kept size = { AccelerateOptions.Default with CacheSize = size }
let private counts (f: AcceleratedFunction) = f.Misses, f.Hits, f.Count

/// A layer that takes single numbers only.
type private Broken() =
    inherit Layer()
    override _.Predict x = if x.Count = 1 then x else raise (NotSupportedException "broken")
    interface IAcceleratable

/// Calls with vectors of these lengths, in turn.
let private calls (f: AcceleratedFunction<Tensor, Tensor>) lengths =
    for n in lengths do
        f.Invoke(vector n) |> ignore

let private memo =
    testList
        "memo"
        [ test "the least recently used signature goes first" {
              let f = accelerateWith (kept 2) (fun (x: Tensor) -> x + 1.)
              calls f [ 1; 2; 1; 3 ]
              Expect.equal (counts f) (3L, 1L, 2) "after a third"
              calls f [ 1; 3 ]
              Expect.equal (counts f) (3L, 3L, 2) "those used last are kept"
              calls f [ 2 ]
              Expect.equal (counts f) (4L, 3L, 2) "the other is gone"
          }
          test "fifty signatures are kept, one more costs one" {
              // The governor would weigh whether so many traces pay.
              let ungoverned = { AccelerateOptions.Default with Governed = false }
              let f = accelerateWith ungoverned (fun (x: Tensor) -> x + 1.)
              calls f [ 1..50 ]
              calls f [ 1..50 ]
              Expect.equal (f.CacheSize, f.Occupancy, f.HitRate) (50, 100., 50.) "size, occupancy, hit rate"
              calls f [ 51; 2 ]
              Expect.equal (counts f) (51L, 51L, 50) "the second is still there"
              calls f [ 1 ]
              Expect.equal f.Misses 52L "the first is not"
          }
          test "Clear forgets traces and counts" {
              let f = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> x + 1.)
              calls f [ 1; 1; 2 ]
              f.Clear()
              Expect.equal (counts f, f.HitRate, f.Occupancy) ((0L, 0L, 0), 0., 0.) "all gone"
              calls f [ 1 ]
              Expect.equal (counts f) (1L, 0L, 1) "and begun anew"
          }
          test "switched off, calls run the function and the traces stay" {
              let mutable runs = 0
              let f =
                  accelerateWith AccelerateOptions.Default (fun (x: Tensor) ->
                      runs <- runs + 1
                      x + 1.)
              calls f [ 1 ]
              f.Enabled <- false
              calls f [ 1; 1 ]
              f.Enabled <- true
              calls f [ 1 ]
              Expect.equal (runs, f.Count, f.Hits) (3, 1, 1L) "runs, signatures, hits"
          }
          test "a function that throws leaves the memo as it was, and is asked again" {
              let mutable broken = false
              let f =
                  accelerateWith AccelerateOptions.Default (fun (x: Tensor) ->
                      if broken && x.Count > 1 then failwith "broken"
                      x * 2.)
              calls f [ 1 ]
              broken <- true
              for _ in 1..2 do
                  Expect.throwsT<Exception> (fun () -> calls f [ 2 ]) "it throws each time"
              Expect.equal f.Count 1 "signatures"
              calls f [ 1 ]
              broken <- false
              Expect.equal (floats (f.Invoke(vector 2))) [ 0.; 2. ] "and then it does not"
              Expect.equal f.Count 2 "signatures"
          }
          test "a layer that throws leaves the network's memo as it was" {
              let network = Network.Sequential(Relu(), Broken())
              Expect.throwsT<NotSupportedException>
                  (fun () -> network.Predict(vector 2) |> ignore)
                  "the layer's own error"
              Expect.equal network.Cache.Count 0 "signatures"
              Expect.equal (floats (network.Predict(vector 1))) [ 0. ] "and goes on"
              Expect.equal network.Cache.Count 1 "signatures"
          }
          test "NaN and infinity pass through as IEEE has it, by the same trace" {
              let f = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> x / (x - 1.))
              let run values = floats (f.Invoke(Tensor.create [ 3 ] "" values))
              run [| 2.; 3.; 4. |] |> ignore
              let results = run [| nan; infinity; 1. |]
              Expect.isTrue (List.forall Double.IsNaN results[..1] && results[2] = infinity) $"%A{results}"
              Expect.equal f.Misses 1L "misses"
          }
          test "empty tensors have signatures of their own" {
              let f = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> Tensor.sum [ 0 ] x)
              Expect.equal [ for n in [ 0; 3; 0 ] -> floats (f.Invoke(vector n)) ] [ [ 0. ]; [ 3. ]; [ 0. ] ] "sums"
              Expect.equal (counts f) (2L, 1L, 2) "counts"
          } ]

let private nesting =
    let cube = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> x * x * x)

    testList
        "nesting"
        [ test "an accelerated function inside another becomes part of its trace" {
              let f = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> cube.Invoke x + 1.)
              Expect.equal [ for _ in 1..2 -> floats (f.Invoke(vector 3)) ] [ for _ in 1..2 -> [ 1.; 2.; 9. ] ] "values"
              Expect.equal (counts f, cube.Count) ((1L, 1L, 1), 0) "only the outer one has a trace"
          }
          test "gradients inside an accelerated function, and of one, to the third order" {
              let sum = Tensor.sum []
              let slope (x: Tensor) = grad (fun x -> sum (cube.Invoke x)) x
              let third (x: Tensor) = grad (fun x -> sum (grad (fun x -> sum (slope x)) x)) x
              for derivative, expected in [ slope, [ 0.; 3.; 12. ]; third, [ 6.; 6.; 6. ] ] do
                  let f = accelerateWith AccelerateOptions.Default derivative
                  let results = [ for _ in 1..2 -> floats (f.Invoke(vector 3)) ]
                  Expect.equal results [ floats (derivative (vector 3)); expected ] "direct, replayed"
                  Expect.equal (counts f) (1L, 1L, 1) "counts"
          }
          test "the gradient of a function that holds an accelerated function of an outer operand" {
              let f (x: Tensor) = grad (fun (y: Tensor) -> Tensor.sum [] (y * cube.Invoke x + cube.Invoke y * x)) x
              let fast = accelerate f
              Expect.equal [ for _ in 1..2 -> floats (fast (vector 3)) ] [ for _ in 1..2 -> floats (f (vector 3)) ] ""
          } ]

/// What every thread made of its calls.
let private together count (body: int -> 'R) : 'R list =
    let results = Array.zeroCreate<Result<'R, exn>> count
    use start = new Barrier(count)
    let threads =
        [ for k in 0 .. count - 1 ->
              Thread(
                  (fun () ->
                      start.SignalAndWait()
                      results[k] <- Compare.attempt (fun () -> body k)),
                  16 <<< 20
              ) ]
    for t in threads do
        t.Start()
    for t in threads do
        t.Join()
    [ for r in results ->
          match r with
          | Ok r -> r
          | Error e -> raise (AggregateException e) ]

let private threads =
    testList
        "threads"
        [ test "at first calls together one trace is made" {
              let mutable runs = 0
              let f =
                  accelerateWith AccelerateOptions.Default (fun (x: Tensor) ->
                      Interlocked.Increment &runs |> ignore
                      Thread.Sleep 20
                      tanh x * x)
              let expected = floats (tanh (vector 9) * vector 9)
              let results = together 8 (fun _ -> floats (f.Invoke(vector 9)))
              Expect.allEqual results expected "the same bits"
              Expect.equal (f.TracesMade, f.Count, f.Misses + f.Hits) (1L, 1, 8L) "one trace, eight calls"
              Expect.equal (int64 runs) f.Misses "those that came meanwhile did not wait, but ran directly"
          }
          test "many signatures, more than are kept, from many threads" {
              let f = accelerateWith (kept 5) (fun (x: Tensor) -> Tensor.cumsum 0 (exp x))
              let order k = [ for i in 0..99 -> 1 + (i * (2 * k + 1)) % 11 ]
              let results = together 6 (fun k -> [ for n in order k -> floats (f.Invoke(vector n)) ])
              for k, result in List.indexed results do
                  Expect.equal result [ for n in order k -> floats (Tensor.cumsum 0 (exp (vector n))) ] $"thread {k}"
              Expect.equal (f.Count, f.Hits + f.Misses) (5, 600L) "signatures and calls"
          }
          test "draws of threads with generators of their own are those of direct calls" {
              let f (x: Tensor) = x + Tensor.normalLike x
              let fast = accelerateWith AccelerateOptions.Default f
              let run (f: Tensor -> Tensor) k =
                  Functions.seeded (uint64 k) (fun () -> [ for _ in 1..20 -> floats (f (vector 3)) ])
              Expect.equal (together 6 (run fast.Invoke)) [ for k in 0..5 -> run f k ] "numbers"
          } ]

let tests = testList "Memo" [ memo; nesting; threads ]
