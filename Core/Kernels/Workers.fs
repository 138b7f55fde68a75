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
    member val Seen = 0 with get, set
    member val Gate = new SemaphoreSlim(0)

    member bed.Wake() =
        if Volatile.Read &bed.Parked = 1 && Interlocked.Exchange(&bed.Parked, 0) = 1 then
            bed.Gate.Release() |> ignore

    member bed.SleepWhile(condition: Func<bool>) =
        Interlocked.Exchange(&bed.Parked, 1) |> ignore
        if condition.Invoke() then bed.Gate.Wait()
        Volatile.Write(&bed.Parked, 0)

/// The threads that work on one job after another. Who waits spins for some 50 µs, then yields, then sleeps.
///
/// The items of a job are divided into runs, one for each thread, in order: what one job has written, the thread that reads it
/// in the next one mostly finds in its own cache. Who is done with its own run takes over items of the others'.
[<Sealed>]
type private Crew() =
    let beds, callersBed = List<Bed>(), Bed()
    let idle = Action<int>(ignore)

    /// For each run the number of its job in the upper half, of its next item in the lower: a claim fails once the job has
    /// changed, or where `closed` is there. Each is on cache lines of its own.
    let mutable runs: int64 array = [||]
    let mutable job = 0
    let mutable body = idle
    let mutable count = 0
    let mutable seats = 0
    let mutable finished = 0
    let mutable failure: exn | null = null

    static let closed = int64 Int32.MaxValue
    static let apart = 16

    let await (bed: Bed) (condition: Func<bool>) =
        let mutable tries = 0
        while condition.Invoke() do
            tries <- tries + 1
            if tries < 1000 then Thread.SpinWait 1
            elif tries < 1100 then Thread.Yield() |> ignore
            else bed.SleepWhile condition

    let item (f: Action<int>) k =
        try
            if isNull (Volatile.Read &failure) then f.Invoke k
        with e ->
            Interlocked.CompareExchange(&failure, e, null) |> ignore

    /// How many items of a run were open, and are done.
    let claim (next: byref<int64>) run job =
        let mutable made = 0
        let mutable more = true
        while more do
            let t = Volatile.Read &next
            // Read after `next`, and of the same job if that is still the same when an item is claimed.
            let n, runs, f = Volatile.Read &count, Volatile.Read &seats, Volatile.Read &body
            let k, last = int (t &&& closed), int (int64 n * int64 (run + 1) / int64 runs)
            if int (t >>> 32) <> job || k >= last then
                more <- false
            elif Interlocked.CompareExchange(&next, t + 1L, t) = t then
                item f k
                made <- made + 1
        made

    let claimAll seat job =
        // In this order: there are at least so many.
        let seats = Volatile.Read &seats
        let all = Volatile.Read &runs
        let mutable made = 0
        for k in 0 .. seats - 1 do
            let run = (seat + k) % seats
            made <- made + claim &all[(run + 1) * apart] run job
        // All at once, since it is the other threads' cache line, too. Who has claimed nothing may be late, and in another job.
        if made > 0 && Interlocked.Add(&finished, made) = Volatile.Read &count then callersBed.Wake()

    let work (bed: Bed) seat () =
        let unchanged = Func<bool>(fun () -> Volatile.Read &job = bed.Seen)
        while true do
            await bed unchanged
            bed.Seen <- Volatile.Read &job
            if seat < Volatile.Read &seats then claimAll seat bed.Seen

    let hire k =
        let bed = Bed()
        beds.Add bed
        Thread(work bed (k + 1), 256 * 1024, IsBackground = true, Name = $"Functional worker {k}").UnsafeStart()

    // A delegate, which is made once; a function would be one anew wherever it is given.
    let unfinished = Func<bool>(fun () -> Volatile.Read &finished < Volatile.Read &count)

    let close () =
        for run in 1 .. runs.Length / apart - 1 do
            Interlocked.Exchange(&runs[run * apart], closed) |> ignore

    let openFor job =
        for run in 0 .. seats - 1 do
            let first = int64 count * int64 run / int64 seats
            Interlocked.Exchange(&runs[(run + 1) * apart], (int64 (job: int) <<< 32) ||| first) |> ignore

    /// One caller at a time.
    member _.Run(items, helpers, wake, action: Action<int>) =
        while beds.Count < helpers do
            hire beds.Count
        close ()
        if runs.Length < (helpers + 2) * apart then runs <- Array.create ((helpers + 2) * apart) closed
        body <- action
        count <- items
        seats <- helpers + 1
        finished <- 0
        failure <- null
        openFor (job + 1)
        Volatile.Write(&job, job + 1)
        if wake then
            for k in 0 .. helpers - 1 do
                beds[k].Wake()
        claimAll 0 job
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
