namespace Functional

open System.Threading

/// What the governor has decided.
[<RequireQualifiedAccess; Struct>]
type internal Ruling =
    | Unchanged
    /// Only signatures that come at least so often are traced from now on.
    | Bypass of sightings: int
    /// Signatures are traced at their first call again.
    | Resume

/// So many calls, and the ticks that they took.
[<Sealed>]
type internal Tally() =
    let mutable count, ticks = 0L, 0L
    member _.Count = Volatile.Read &count
    member t.Mean = if t.Count = 0L then 0. else float (Volatile.Read &ticks) / float t.Count

    member _.Add(time: int64, calls: int) =
        Interlocked.Add(&ticks, time * int64 calls) |> ignore
        Interlocked.Add(&count, int64 calls) |> ignore

    member _.Reset() =
        Volatile.Write(&ticks, 0L)
        Volatile.Write(&count, 0L)

/// Weighs what traces cost against what replays save, and keeps a function from tracing what does not come again. Time is
/// compared between calls that were traced, replayed and run directly. A window of traces that loses doubles the number of
/// times that a signature must come before it is traced; one that wins halves it.
[<Sealed>]
type internal Governor(isOn: bool) =
    /// Traces to a window.
    static let window = 16L
    /// Direct calls that a decision needs, to know what they take.
    static let probes = 4L
    /// A window with so many hits to a trace is not weighed.
    static let plenty = 16L
    /// The first traces of a function pay for the start of everything, and tell nothing.
    static let warmUp = 2L
    static let most = 1 <<< 16
    static let slots = 256

    let gate = obj ()
    let mutable threshold = 1
    let mutable started = 0L
    let traced, direct, replayed = Tally(), Tally(), Tally()
    let hashes = Array.zeroCreate<int> slots
    let counts = Array.zeroCreate<int> slots

    let reset () =
        for tally in [ traced; direct; replayed ] do
            tally.Reset()

    let isFull () = traced.Count >= window

    /// How often a signature has come, this time included; forgotten when another takes its place.
    let sighting (hash: int) =
        let slot = hash &&& (slots - 1)
        counts[slot] <- if hashes[slot] = hash then counts[slot] + 1 else 1
        hashes[slot] <- hash
        counts[slot]

    let decide () =
        if not (isFull ()) then
            Ruling.Unchanged
        elif replayed.Count >= plenty * traced.Count then
            reset ()
            Ruling.Unchanged
        elif direct.Count < probes then
            Ruling.Unchanged
        else
            let cost = float traced.Count * (traced.Mean - direct.Mean)
            let gain = float replayed.Count * (direct.Mean - replayed.Mean)
            let before = threshold
            threshold <- if gain < cost then min most (2 * threshold) else max 1 (threshold / 2)
            reset ()

            if threshold > before then Ruling.Bypass threshold
            elif threshold < before && threshold = 1 then Ruling.Resume
            else Ruling.Unchanged

    /// How often a signature must come before it is traced.
    member _.Threshold = Volatile.Read &threshold

    /// Whether a signature that is not kept may be traced now. If not, the call is to run directly and to be timed.
    member _.Admits(hash: int) = not isOn || lock gate (fun () -> sighting hash >= threshold && not (isFull ()))

    /// A call made a trace, and took so many ticks.
    member _.Traced(ticks: int64) =
        lock gate (fun () ->
            started <- started + 1L
            if started > warmUp then traced.Add(ticks, 1)
            decide ())

    /// A call ran directly.
    member _.Ran(ticks: int64) =
        lock gate (fun () ->
            direct.Add(ticks, 1)
            decide ())

    /// So many calls were answered by a trace; one of them took so many ticks. Takes no lock.
    member _.Replayed(ticks: int64, calls: int) = replayed.Add(ticks, calls)
