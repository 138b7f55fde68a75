module Functional.Tests.Kernels.WorkersTests

open System
open System.Threading
open Expecto
open Functional

/// Long enough to be shared, and to wake workers.
let private long = 1e9

let private share threads items nanoseconds (action: int -> unit) =
    Workers.shareAmong threads items nanoseconds (Action<int> action)

let private counts threads items =
    let calls = Array.zeroCreate<int> items
    share threads items long (fun k -> Interlocked.Increment(&calls[k]) |> ignore)
    List.ofArray calls

let private once =
    testList
        "each item once"
        [ for threads in [ 1; 2; 3; 8 ] ->
              test $"{threads} threads" {
                  for items in [ 0; 1; 2; 7; 1000 ] do
                      for _ in 1..20 do
                          Expect.equal (counts threads items) (List.replicate items 1) $"{items} items"
              } ]

let private nested = test "an action may share again" {
    let total = ref 0
    share 3 10 long (fun _ -> share 3 10 long (fun k -> Interlocked.Add(total, k) |> ignore))
    Expect.equal total.Value 450 "sum"
}

let private callers = test "several callers at once" {
    let results = Array.create 4 []
    let call k = Thread(fun () -> results[k] <- List.concat [ for _ in 1..50 -> counts 3 20 ])
    let threads = Array.init 4 call
    for t in threads do
        t.Start()
    for t in threads do
        t.Join()
    for result in results do
        Expect.equal result (List.replicate 1000 1) "calls"
}

let private sleeping = test "workers that sleep are woken" {
    for _ in 1..3 do
        Thread.Sleep 30
        Expect.equal (counts 3 50) (List.replicate 50 1) "calls"
}

let private failing = test "the exception of an action arrives, and the next job runs" {
    let fail () = share 3 20 long (fun k -> if k = 7 then raise (InvalidOperationException "seven"))
    for _ in 1..20 do
        Expect.throwsT<InvalidOperationException> fail "thrown"
        Expect.equal (counts 3 20) (List.replicate 20 1) "calls"
}

let private divided = test "each thread begins with its own part" {
    /// The threads that compute the first and the 51st of 100 items. They wait for each other, so that neither is taken over;
    /// in vain, while the workers have another caller.
    let rec threads attempts =
        let seen = Array.zeroCreate<int> 100
        use both = new Barrier 2
        let met = ref true
        share 2 100 long (fun k ->
            if (k = 0 || k = 50) && not (both.SignalAndWait 200) then met.Value <- false
            seen[k] <- Environment.CurrentManagedThreadId)
        if met.Value || attempts = 1 then seen[0], seen[50] else threads (attempts - 1)
    let first, second = threads 50
    Expect.equal first Environment.CurrentManagedThreadId "the first part is the caller's"
    Expect.notEqual second first "the second is the worker's"
}

let private short = test "little work stays on the calling thread, in order" {
    let seen = Collections.Generic.List<int * int>()
    share 4 5 (Workers.Least / 2.) (fun k -> seen.Add(k, Environment.CurrentManagedThreadId))
    Expect.equal (List.ofSeq seen) [ for k in 0..4 -> k, Environment.CurrentManagedThreadId ] "calls"
}

let private setting = test "at least one thread" {
    Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Parallelism.MaxThreads <- 0) "0"
    Expect.isGreaterThan Parallelism.MaxThreads 0 "unchanged"
}

let tests = testList "Workers" [ once; nested; callers; sleeping; failing; divided; short; setting ]
