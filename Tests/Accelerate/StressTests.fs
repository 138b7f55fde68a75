module Functional.Tests.Accelerate.StressTests

open System
open System.Diagnostics
open System.Threading
open Expecto
open Functional
open Functional.FSharp

[<Literal>]
let private Signatures = 200

/// A branch on a value, and a size for each signature. Small whole numbers: any order of summation gives the same bits.
let private f (x: Tensor) =
    let sum = Tensor.sum [] x
    if float sum % 2. = 0. then x * 3. - sum else -x

let private input n (k: int) = Tensor.create [ n ] "" [| for i in 0 .. n - 1 -> float ((i + k) % 3) |]

/// What a stress saw.
type Outcome = { Calls: int; Wrong: int; Traces: int64; Hits: int64; Misses: int64; Kept: int }

/// So many threads call so often each, for so many seconds at most, over 200 signatures with a cache of 50.
let private stress threads callsEach seconds =
    let fast = accelerateWith { AccelerateOptions.Default with CacheSize = 50; Governed = false; Name = "stressed" } f

    let expected = [| for n in 1..Signatures -> [| for k in 0..5 -> Tensor.toArray<float>(f (input n k)) |] |]
    let clock = Stopwatch.StartNew()
    let mutable calls, wrong = 0, 0

    let work thread () =
        let random = System.Random(thread: int)

        let mutable made = 0

        while made < callsEach && clock.Elapsed.TotalSeconds < seconds do
            // Half the calls go to few signatures, which stay in the cache.
            let n = 1 + (if random.Next 2 = 0 then random.Next 20 else random.Next Signatures)
            let k = random.Next 6
            let result = Tensor.toArray<float>(fast.Invoke(input n k))
            if result <> expected[n - 1].[k] then Interlocked.Increment &wrong |> ignore
            Interlocked.Increment &calls |> ignore
            made <- made + 1

    let workers = [ for t in 1..threads -> Thread(work t) ]
    for w in workers do
        w.Start()

    // Generous: it is for a deadlock alone.
    let ended = workers |> List.forall (fun w -> w.Join(TimeSpan.FromSeconds(seconds + 60.)))

    ended,
    { Calls = calls
      Wrong = wrong
      Traces = fast.TracesMade
      Hits = fast.Hits
      Misses = fast.Misses
      Kept = fast.Count }

/// `stress --seconds N`: for as long as is asked.
let run seconds =
    let ended, outcome = stress 8 Int32.MaxValue seconds
    printfn $"%A{outcome}"
    if ended && outcome.Wrong = 0 then 0 else 1

let tests =
    testSequenced
    <| test "8 threads, 10,000 calls each, 200 signatures, 50 kept" {
        let ended, outcome = stress 8 10_000 30.
        Expect.isTrue ended "no deadlock"
        Expect.equal outcome.Wrong 0 "every result is right"
        Expect.equal (outcome.Hits + outcome.Misses) (int64 outcome.Calls) "each call is a hit or a miss"
        Expect.isLessThanOrEqual outcome.Kept 50 "signatures kept"
        Expect.isLessThanOrEqual outcome.Traces outcome.Misses "a trace for a miss at most"
        Expect.isGreaterThan outcome.Hits 0L "hits"
    }
