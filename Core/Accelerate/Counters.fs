namespace Functional

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Threading
open Functional.FSharp

/// The state and the counters of an accelerated function.
[<AbstractClass>]
type AcceleratedFunction internal (options: AccelerateOptions) as this =
    let mutable enabled = options.Enabled
    let mutable hits, misses, traces, evictions = 0L, 0L, 0L, 0L
    let mutable isInterpretedSaid = 0
    let byReason = ConcurrentDictionary<string, int64>()
    let recent, notes = Latest<Miss>(), Latest<Diagnostic>()
    let diagnosed = Event<EventHandler<Diagnostic>, Diagnostic>()
    do options.Validate()

    let report problem =
        if Interlocked.Exchange(&isInterpretedSaid, 1) = 0 then this.Say(Diagnostic.Interpreted problem)

    let making = { Function = options.Name; Compilation = { Relaxed = options.Relaxed; Report = report } }

    member internal _.Options = options
    /// How its traces are made ready to run.
    member internal _.Making = making
    /// False: calls run the function directly; the traces are kept.
    member _.Enabled
        with get () = Volatile.Read &enabled
        and set (value: bool) = Volatile.Write(&enabled, value)

    /// The function's name in messages.
    member _.Name = options.Name
    member internal _.Title = if options.Name = "" then "the accelerated function" else options.Name
    /// How many signatures are kept at most.
    member _.CacheSize = options.CacheSize
    /// Calls that were answered by a trace made before.
    member _.Hits = Volatile.Read &hits
    /// Calls that looked for a trace in vain: they made one, or ran directly.
    member _.Misses = Volatile.Read &misses
    /// Traces made.
    member _.TracesMade = Volatile.Read &traces
    /// Signatures that had to go for others.
    member _.Evictions = Volatile.Read &evictions
    /// Hits in percent of all calls that looked for a trace; 0 before the first.
    member this.HitRate =
        let calls = this.Hits + this.Misses in if calls = 0L then 0. else 100. * float this.Hits / float calls
    /// Signatures kept.
    abstract Count: int
    /// Memory held by the traces kept, in bytes, estimated.
    abstract Bytes: int64
    /// True while traces have cost more time than they saved, so that only signatures which come again and again are traced.
    abstract IsBypassed: bool
    /// Signatures kept, in percent of CacheSize.
    member this.Occupancy = 100. * float this.Count / float options.CacheSize
    /// Forgets all traces and sets the counters to 0.
    abstract Clear: unit -> unit
    /// The traces kept, most recently used first: one for each path of each signature.
    abstract Traces: IReadOnlyList<Trace>

    /// Raised where the function has something to say beside its results, on the thread of the call. What a handler throws
    /// reaches the caller.
    [<CLIEvent>]
    member _.Diagnosed = diagnosed.Publish

    /// What became of the calls, and why: for each miss the nearest signature kept and what differs from it.
    member this.Explain() : Explanation =
        let reasons = SortedDictionary<string, int64>(byReason)
        Explanation(
            this.Title,
            this.Hits,
            this.Misses,
            this.TracesMade,
            this.Evictions,
            this.Count,
            this.Bytes,
            recent.All,
            reasons,
            notes.All
        )

    member internal _.Hit() =
        Interlocked.Increment &hits |> ignore
        Instruments.Hit options.Name

    /// A miss, before its reason is known; the number of the call.
    member internal this.Miss() = Interlocked.Increment &misses + this.Hits

    member internal _.Because(reason: MissReason) =
        byReason.AddOrUpdate(reason.Word, 1L, (fun _ count -> count + 1L)) |> ignore
        Instruments.Miss(options.Name, reason.Word)

    member internal _.Traced(miss: Miss, gone: int) =
        Interlocked.Increment &traces |> ignore
        Interlocked.Add(&evictions, int64 gone) |> ignore
        recent.Add miss
        Instruments.Evicted(options.Name, gone)

    member internal _.Say(diagnostic: Diagnostic) =
        notes.Add diagnostic
        diagnosed.Trigger(this, diagnostic)

    member internal _.ResetCounters() =
        Volatile.Write(&hits, 0L)
        Volatile.Write(&misses, 0L)
        Volatile.Write(&traces, 0L)
        Volatile.Write(&evictions, 0L)
        byReason.Clear()
        recent.Clear()
        notes.Clear()

    interface IOccupancy with
        member this.Name = options.Name
        member this.Entries = this.Count
        member this.Bytes = this.Bytes
