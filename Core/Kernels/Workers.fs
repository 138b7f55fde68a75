namespace Functional

open System
open System.Threading

/// Tasks that do not depend on each other, taken one by one by whoever has time.
[<Sealed; AllowNullLiteral>]
type private Job(body: int -> unit, count: int) =
    let mutable next, finished = -1, 0
    let mutable failure: exn voption = ValueNone

    /// Takes tasks until none is left.
    member _.Work() =
        let mutable k = Interlocked.Increment &next
        while k < count do
            try
                body k
            with e ->
                failure <- ValueSome e
            Interlocked.Increment &finished |> ignore
            k <- Interlocked.Increment &next

    /// Waits for tasks that others have taken.
    member _.Finish() =
        let mutable spin = SpinWait()
        while Volatile.Read &finished < count do
            spin.SpinOnce -1
        match failure with
        | ValueSome e -> raise e
        | ValueNone -> ()

/// Threads for kernels. They spin for a short while, then yield, then sleep until there is work again. A call that finds
/// them busy does its work alone, so that several callers do not wait for each other. What is computed does not depend on
/// how many there are: only tasks that do not depend on each other are shared out.
[<RequireQualifiedAccess>]
module internal Workers =
    let private spins, yields = 2000, 50
    let private work = new SemaphoreSlim(0)
    let mutable private current: Job = null
    let mutable private published, sleeping, started, busy = 0, 0, 0, 0

    /// How many threads take part in a call, the caller's included.
    let mutable parallelism = Environment.ProcessorCount

    let private waitFor seen =
        let mutable tries = 0
        while Volatile.Read &published = seen && tries < spins + yields do
            if tries < spins then Thread.SpinWait 8 else Thread.Yield() |> ignore
            tries <- tries + 1
        if Volatile.Read &published = seen then
            Interlocked.Increment &sleeping |> ignore
            if Volatile.Read &published = seen then work.Wait()
            Interlocked.Decrement &sleeping |> ignore

    let private live () =
        let mutable seen = 0
        while true do
            waitFor seen
            seen <- Volatile.Read &published
            let job = Volatile.Read &current
            if not (isNull job) then job.Work()

    let private start count =
        while started < count do
            started <- started + 1
            Thread(live, IsBackground = true, Name = $"Functional {started}").Start()

    let private share (job: Job) others =
        start others
        Volatile.Write(&current, job)
        Interlocked.Increment &published |> ignore
        let asleep = Volatile.Read &sleeping
        if asleep > 0 then work.Release(min asleep others) |> ignore
        job.Work()
        Volatile.Write(&current, null)
        job.Finish()

    /// Runs task 0 … count - 1.
    let run count (body: int -> unit) =
        let others = min (parallelism - 1) (count - 1)
        if others > 0 && Interlocked.CompareExchange(&busy, 1, 0) = 0 then
            try
                share (Job(body, count)) others
            finally
                Volatile.Write(&busy, 0)
        else
            for k in 0 .. count - 1 do
                body k
