module Functional.Tests.Accelerate.CacheTests

open System
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open Expecto
open Functional
open Functional.FSharp

let private f64 (values: float list) = Tensor.create [ values.Length ] "" (Array.ofList values)
let private elements x = Tensor.toArray<float> x
let private options = { AccelerateOptions.Default with Governed = false }
let private ofLength n = f64 [ for k in 1..n -> float k ]

let private bounds =
    testList
        "bounds"
        [ test "the least recently used signature goes first, and hits take no trace" {
              let fast = accelerateWith { options with CacheSize = 3 } (fun (x: Tensor) -> -x)
              for n in [ 1; 2; 3; 1; 4; 1; 3 ] do
                  fast.Invoke(ofLength n) |> ignore
              Expect.equal (fast.Count, fast.TracesMade, fast.Hits, fast.Evictions) (3, 4L, 3L, 1L) "2 had to go"
              fast.Invoke(ofLength 2) |> ignore
              Expect.equal (fast.TracesMade, fast.Evictions) (5L, 2L) "and is traced again"
          }

          test "a limit by bytes" {
              let f (x: Tensor) = x + ofLength x.Count
              let limited = accelerateWith { options with CacheBytes = Some 100_000L } f
              for n in [ 5000; 5001; 5002 ] do
                  limited.Invoke(ofLength n) |> ignore
              Expect.equal limited.Count 2 "two constants of 40,000 bytes fit"
              Expect.isLessThan limited.Bytes 100_001L "bytes"
              Expect.isGreaterThan limited.Bytes 80_000L "bytes"
              limited.Invoke(ofLength 20_000) |> ignore
              Expect.equal limited.Count 0 "what does not fit is not kept, and all that was used earlier goes"
              Expect.equal limited.TracesMade 4L "traces"
          }

          test "bad options are refused" {
              let refused options =
                  Expect.throwsT<ArgumentOutOfRangeException>(fun () ->
                      accelerateWith options (fun (x: Tensor) -> x) |> ignore)

              refused { options with CacheSize = 0 } "cache size"
              refused { options with PathLimit = 0 } "path limit"
              refused { options with CacheBytes = Some -1L } "bytes"
              refused { options with CheckTolerance = -1. } "tolerance"
          } ]

[<MethodImpl(MethodImplOptions.NoInlining)>]
let private dropped () =
    let constant = f64 [ 1.; 2. ]
    let f (x: Tensor) = x + constant
    let fast = accelerateWith options f
    fast.Invoke(f64 [ 3.; 4. ]) |> ignore
    fast.Invoke(f64 [ 3.; 4. ]) |> ignore
    WeakReference fast, WeakReference constant, WeakReference(fast.Traces[0])

let private collect () =
    for _ in 1..3 do
        GC.Collect()
        GC.WaitForPendingFinalizers()

/// A walk goes along with the signature found last, up to where it differs.
let private alike =
    let pick (tensors: Tensor list, factor: float, names: Map<string, Tensor>) =
        factor * List.reduce (+) tensors + Seq.reduce (+) names.Values
    let x, y = f64 [ 1.; 2. ], f64 [ 3. ]
    let single (t: Tensor) = Tensor.cast DType.Float32 t
    let arguments =
        [ [ x ], 2., Map.ofList [ "a", x ]
          [ x; x ], 2., Map.ofList [ "a", x ]
          [ x; x; x ], 2., Map.ofList [ "a", x ]
          [ x; x ], 3., Map.ofList [ "a", x ]
          [ x; x ], -0., Map.ofList [ "a", x ]
          [ x; x ], 0., Map.ofList [ "a", x ]
          [ x; x ], 2., Map.ofList [ "b", x ]
          [ x; x ], 2., Map.ofList [ "a", x; "b", x ]
          [ x; y ], 2., Map.ofList [ "a", x ]
          [ y; x ], 2., Map.ofList [ "a", x ]
          [ x; x ], 2., Map.ofList [ "a", y ]
          [ single x; single x ], 2., Map.ofList [ "a", single x ]
          [ single x ], 2., Map.ofList [ "a", single x ] ]

    testList
        "signatures that begin alike"
        [ test "each has a trace of its own, whichever came before" {
              let fast = accelerateWith options pick
              for argument in arguments do
                  fast.Invoke argument |> ignore
              Expect.equal (int fast.TracesMade) arguments.Length "one trace each"
              for before in arguments do
                  for argument in arguments do
                      fast.Invoke before |> ignore
                      let found, expected = fast.Invoke argument, pick argument
                      Expect.equal (string found, found.Type) (string expected, expected.Type) $"{argument}"
              Expect.equal (int fast.TracesMade) arguments.Length "no other trace"
          }
          test "types that are equal without being the same" {
              let fast = accelerateWith options pick
              for _ in 1..3 do
                  fast.Invoke([ f64 [ 1.; 2. ] ], 2., Map.ofList [ "a", f64 [ 0.; 0. ] ]) |> ignore
              Expect.equal (fast.TracesMade, fast.Hits) (1L, 2L) "one signature"
          } ]

let private memory =
    testSequenced
    <| testList
        "memory"
        [ test "a function that is dropped goes with its traces" {
              let fast, constant, trace = dropped ()
              collect ()
              Expect.equal (fast.IsAlive, constant.IsAlive, trace.IsAlive) (false, false, false) "collected"
          }

          test "100,000 functions made, called and dropped hold no memory" {
              let x = f64 [ 1. ]

              let make count =
                  for k in 1..count do
                      let number = float k
                      let fast = accelerateWith options (fun (x: Tensor) -> x + number)
                      fast.Invoke x |> ignore

              make 1_000
              collect ()
              let before = GC.GetTotalMemory true
              make 100_000
              collect ()
              let grown = GC.GetTotalMemory true - before
              // A function with its trace holds some kilobytes: 100,000 of them would hold hundreds of megabytes.
              Expect.isLessThan grown 8_000_000L "bytes that stay"
          } ]

exception private Mine of string

let private failures =
    testList
        "failures"
        [ for name, thrown in
              [ "an exception", Mine "mine"
                "cancellation", OperationCanceledException()
                "no memory left", OutOfMemoryException() ] do
              test $"{name} while tracing leaves the cache as it was" {
                  let mutable fails = false
                  let f (x: Tensor) =
                      let y = x * x
                      if fails && Tensor.toScalar<bool>(Tensor.sum [] y .> 10.) then raise thrown
                      y + 1.

                  let fast = accelerateWith options f
                  fast.Invoke(f64 [ 1. ]) |> ignore
                  fails <- true
                  let caught = Expect.throwsC (fun () -> fast.Invoke(f64 [ 4.; 1. ]) |> ignore) id
                  Expect.isTrue (obj.ReferenceEquals(caught, thrown)) "it passes through as it is"
                  Expect.equal (fast.Count, fast.TracesMade, Scopes.Depth) (1, 1L, 0) "nothing is kept"
                  fails <- false
                  Expect.equal (elements (fast.Invoke(f64 [ 4.; 1. ]))) [| 17.; 2. |] "and it can be called again"
                  Expect.equal fast.TracesMade 2L "traced"
              }

          test "a new path that fails leaves the paths known" {
              let mutable fails = true

              let f (x: Tensor) =
                  if Tensor.toScalar<bool>(Tensor.sum [] x .> 0.) then x
                  elif fails then raise (Mine "mine")
                  else -x

              let fast = accelerateWith options f
              fast.Invoke(f64 [ 1. ]) |> ignore
              Expect.throwsT<Mine> (fun () -> fast.Invoke(f64 [ -1. ]) |> ignore) "the new path"
              Expect.equal (elements (fast.Invoke(f64 [ 2. ]))) [| 2. |] "the known path"
              Expect.equal (fast.TracesMade, fast.Hits) (1L, 1L) "by its trace"
              fails <- false
              Expect.equal (elements (fast.Invoke(f64 [ -1. ]))) [| 1. |] "then it is traced"
          }

          test "a recursion without end is an error, not the end of the process" {
              let rec f (x: Tensor) : Tensor = f (x + 1.) + x
              let error = Expect.throwsC (fun () -> (accelerateWith options f).Invoke(f64 [ 1. ]) |> ignore) id
              Expect.isTrue (error :? RecursionException) $"{error.GetType()}"
              let direct = Expect.throwsC (fun () -> f (f64 [ 1. ]) |> ignore) id
              Expect.isTrue (direct :? RecursionException) $"{direct.GetType()}"
          }

          test "a structure nested without end is an error" {
              let mutable nest: obj = f64 [ 1. ]
              for _ in 1..200_000 do
                  nest <- [| nest |]
              let fast = accelerateWith options (fun (x: obj) -> x)
              let error = Expect.throwsC (fun () -> fast.Invoke nest |> ignore) id
              Expect.isTrue (error :? RecursionException) $"{error.GetType()}"
          } ]

let private parallelCalls count (call: int -> unit) =
    let threads = [ for k in 1..count -> Thread((fun () -> call k), 1 <<< 20) ]
    for t in threads do
        t.Start()
    for t in threads do
        Expect.isTrue (t.Join 60_000) "a thread ends"

let private threads =
    testList
        "threads"
        [ test "first calls of one signature at once make one trace, and none waits" {
              use together = new Barrier 4
              use insideTrace = new Barrier 4

              let f (x: Tensor) =
                  // All four are in the function at once: one traces, the others run directly.
                  insideTrace.SignalAndWait()
                  x * x

              let fast = accelerateWith options f
              let results = Array.zeroCreate 5

              parallelCalls 4 (fun k ->
                  together.SignalAndWait()
                  results[k] <- elements (fast.Invoke(f64 [ float k ])))

              for k in 1..4 do
                  Expect.equal results[k] [| float (k * k) |] "value"
              Expect.equal (fast.TracesMade, fast.Misses, fast.Hits) (1L, 4L, 0L) "calls"
          }

          test "different signatures are traced at once" {
              use inside = new Barrier 3

              let f (x: Tensor) =
                  inside.SignalAndWait()
                  -x

              let fast = accelerateWith options f
              parallelCalls 3 (fun k -> fast.Invoke(ofLength k) |> ignore)
              Expect.equal (fast.TracesMade, fast.Count) (3L, 3) "traces"
          }

          test "a function that waits for another thread's call of itself" {
              let self = ref (fun (x: Tensor) -> x)

              let f (x: Tensor) =
                  let other = if x.Count = 2 then Task.Run(fun () -> self.Value(f64 [ 5.; 6. ])).Result else x
                  x + 1. + 0. * Tensor.sum [] other

              let fast = accelerateWith options (fun (x: Tensor) -> if x.Count < 2 then x else f x)
              let mutable depth = 0

              self.Value <-
                  fun x ->
                      // One level of the recursion through the other thread.
                      if Interlocked.Increment &depth > 1 then x else fast.Invoke x

              Expect.equal (elements (fast.Invoke(f64 [ 1.; 2. ]))) [| 2.; 3. |] "no deadlock"
          }

          test "two functions that wait for each other's calls" {
              let first, second = ref (fun (x: Tensor) -> x), ref (fun (x: Tensor) -> x)
              let mutable calls = 0

              let calling (other: (Tensor -> Tensor) ref) (x: Tensor) =
                  if Interlocked.Increment &calls < 20 then Task.Run(fun () -> other.Value(f64 [ 1. ])).Wait()
                  x + 1.

              let a = accelerateWith options (calling second)
              let b = accelerateWith options (calling first)
              first.Value <- a.Invoke
              second.Value <- b.Invoke
              Expect.equal (elements (a.Invoke(f64 [ 1. ]))) [| 2. |] "no deadlock"
          }

          test "a call of itself becomes part of the trace" {
              let self: AcceleratedFunction<Tensor * int, Tensor> option ref = ref None

              let f (x: Tensor, n: int) = if n = 0 then x else self.Value.Value.Invoke(2. * x, n - 1)

              let fast = accelerateWith options f
              self.Value <- Some fast
              Expect.equal (elements (fast.Invoke(f64 [ 1. ], 5))) [| 32. |] "value"
              Expect.equal (fast.Count, fast.TracesMade) (1, 1L) "one trace"
          }

          test "a traced tensor on another thread is not taken for a value" {
              let inner = accelerateWith options (fun (x: Tensor) -> x * 3.)
              let f (x: Tensor) = Task.Run(fun () -> inner.Invoke x).Result + 1.
              let fast = accelerateWith options f
              Expect.equal (elements (fast.Invoke(f64 [ 1. ]))) [| 4. |] "first call"
              Expect.equal (elements (fast.Invoke(f64 [ 2. ]))) [| 7. |] "replay"
              Expect.equal inner.Count 0 "the inner function runs inside"
          }

          testTask "asynchronous callers each draw from their own generator" {
              let f (x: Tensor) = x + Tensor.uniformLike x
              let fast = accelerateWith options f

              let call (f: Tensor -> Tensor) (seed: int) = task {
                  Generator.Current <- Generator(uint64 seed)
                  let results = ResizeArray()

                  for k in 1..5 do
                      do! Task.Yield()
                      results.Add(elements (f (f64 [ float k; 0. ])))

                  return List.ofSeq results
              }

              let! accelerated = Task.WhenAll [ for seed in 1..8 -> call fast.Invoke seed ]
              let! direct = Task.WhenAll [ for seed in 1..8 -> call f seed ]
              Expect.equal accelerated direct "the same draws"
              Expect.equal fast.TracesMade 1L "one trace"
          } ]

let tests = testList "Cache" [ bounds; alike; memory; failures; threads ]
