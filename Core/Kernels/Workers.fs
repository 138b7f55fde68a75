namespace Functional

open System
open System.Collections.Generic
open System.Runtime.ExceptionServices
open System.Threading

/// How many threads the library may compute with, process-wide. Results do not depend on it.
[<AbstractClass; Sealed>]
type Parallelism private () =
    static let mutable threads = Environment.ProcessorCount

    /// The calling thread and at most MaxThreads - 1 workers, which all callers share, compute one op; at first the number
    /// of processors. 1 computes everything on the calling thread. Read at the start of each op.
    /// Throws ArgumentOutOfRangeException below 1.
    static member MaxThreads
        with get () = Volatile.Read &threads
        and set count =
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1)
            Volatile.Write(&threads, count)

/// Where a worker sleeps. One that does, or is about to, has Parked = 1; who sets it back to 0 opens the gate.
[<Sealed>]
type private Bed() =
    [<DefaultValue>]
    val mutable Parked: int

    /// The last job that its worker saw.
    member val Seen = 0L with get, set
    member val Gate = new SemaphoreSlim(0)

    member bed.Wake() =
        if Volatile.Read &bed.Parked = 1 && Interlocked.Exchange(&bed.Parked, 0) = 1 then
            bed.Gate.Release() |> ignore

    member bed.SleepWhile(condition: Func<bool>) =
        Interlocked.Exchange(&bed.Parked, 1) |> ignore
        if condition.Invoke() then bed.Gate.Wait()
        Volatile.Write(&bed.Parked, 0)

/// The threads that work on one job after another. Who waits spins for some 50 µs, then yields, then sleeps.
[<Sealed>]
type private Crew() =
    let beds, callersBed = List<Bed>(), Bed()
    let idle = Action<int>(ignore)

    // The number of the job in the upper half, of its next item in the lower: a claim fails once the job has changed.
    // A job of no open item has `Closed` there.
    let mutable ticket = 0L
    let mutable body = idle
    let mutable count = 0
    let mutable seats = 0
    let mutable finished = 0
    let mutable failure: exn | null = null

    static let closed = int64 Int32.MaxValue

    let await (bed: Bed) (condition: Func<bool>) =
        let mutable tries = 0
        while condition.Invoke() do
            tries <- tries + 1
            if tries < 1000 then Thread.SpinWait 1
            elif tries < 1100 then Thread.Yield() |> ignore
            else bed.SleepWhile condition

    let item (f: Action<int>) n k =
        try
            if isNull (Volatile.Read &failure) then f.Invoke k
        with e ->
            Interlocked.CompareExchange(&failure, e, null) |> ignore
        if Interlocked.Increment &finished = n then callersBed.Wake()

    let claimAll () =
        let mutable more = true
        while more do
            let t = Volatile.Read &ticket
            // Read after the ticket, and of its job if the ticket is still the same when it is claimed.
            let n, f = Volatile.Read &count, Volatile.Read &body
            let k = int (t &&& closed)
            if k >= n then more <- false
            elif Interlocked.CompareExchange(&ticket, t + 1L, t) = t then item f n k

    let work (bed: Bed) k () =
        let unchanged = Func<bool>(fun () -> Volatile.Read &ticket >>> 32 = bed.Seen)
        while true do
            await bed unchanged
            bed.Seen <- Volatile.Read &ticket >>> 32
            if k < Volatile.Read &seats then claimAll ()

    let hire k =
        let bed = Bed()
        beds.Add bed
        Thread(work bed k, 256 * 1024, IsBackground = true, Name = $"Functional worker {k}").UnsafeStart()

    // A delegate, which is made once; a function would be one anew wherever it is given.
    let unfinished = Func<bool>(fun () -> Volatile.Read &finished < Volatile.Read &count)

    /// One caller at a time.
    member _.Run(items, helpers, wake, action: Action<int>) =
        while beds.Count < helpers do
            hire beds.Count
        let job = (ticket >>> 32) + 1L
        Interlocked.Exchange(&ticket, ticket ||| closed) |> ignore
        body <- action
        count <- items
        seats <- helpers
        finished <- 0
        failure <- null
        Interlocked.Exchange(&ticket, job <<< 32) |> ignore
        if wake then
            for k in 0 .. helpers - 1 do
                beds[k].Wake()
        claimAll ()
        await callersBed unfinished
        body <- idle
        match failure with
        | null -> ()
        | e -> ExceptionDispatchInfo.Throw e

/// Shares the items of one job among threads.
[<RequireQualifiedAccess>]
module internal Workers =
    /// Less work than this, in nanoseconds, stays on the calling thread.
    [<Literal>]
    let Least = 2e3

    // Waking a thread costs the caller some microseconds.
    let private worthWaking = 2e4
    let private crew = lazy Crew()
    let mutable private busy = 0

    let private alone items (action: Action<int>) =
        for k in 0 .. items - 1 do
            action.Invoke k

    /// Calls the action once for each of 0 … items - 1, on the calling thread and on idle workers, in any order, and
    /// returns when all calls have. `nanoseconds` is a guess at the whole work on one thread.
    ///
    /// The calls must not depend on each other, nor on the thread or the order in which they run. All runs on the calling
    /// thread, in ascending order, where `threads` is 1, where the work is less than `Least`, and while the workers have
    /// another caller: so an action may call `share` itself, any number of threads may, and no caller waits for an item
    /// that nobody has begun. The first exception of an action is thrown once all calls under way have ended; items not
    /// begun by then are skipped. Allocates nothing.
    let shareAmong threads items nanoseconds (action: Action<int>) =
        let threads = min items threads
        if threads < 2 || nanoseconds < Least || Interlocked.CompareExchange(&busy, 1, 0) <> 0 then
            alone items action
        else
            try
                crew.Value.Run(items, threads - 1, nanoseconds > worthWaking, action)
            finally
                Volatile.Write(&busy, 0)

    /// `shareAmong` as many threads as `Parallelism` allows.
    let share items nanoseconds action = shareAmong Parallelism.MaxThreads items nanoseconds action
