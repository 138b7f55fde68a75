namespace Functional

open System
open Functional.FSharp

/// Finds out whether replays of one signature take longer than the function itself. Once a signature has come again and
/// again, some calls run directly, in turn with replays, and the median times are compared: one call where replays are much
/// faster. A signature that loses runs directly, and is tried again later.
[<Sealed>]
type internal Trial(isOn: bool) =
    /// So many replays come first: of a signature that comes seldom nothing is to be gained.
    static let patience = 128
    static let pairs = 8
    /// Times faster, and one pair is enough.
    static let clear = 4L
    /// A little slower is not worth giving up.
    static let margin = 1.1
    /// A direct call is counted and explained as a miss, which takes longer than a replay of next to nothing: one microsecond
    /// is to be gained at least.
    static let least = float Diagnostics.Stopwatch.Frequency / 1e6
    /// So many direct calls later a signature that lost is tried again.
    static let pause = 1024

    let replays, directs = Array.zeroCreate<int64> pairs, Array.zeroCreate<int64> pairs
    let mutable replayed, direct = 0, 0
    let mutable isOver, isLost = not isOn, false
    let mutable waited = 0

    let median (times: int64 array) = let sorted = Array.sort times in sorted[sorted.Length / 2]

    /// Where a direct call is known to give something else, there is no trial: a frozen path or draw is replayed for ever.
    static member For(options: AccelerateOptions, trace: Trace) =
        let isPlainDraw (t: Tensor) =
            match t.Interpreter with
            | :? Frozen as frozen -> frozen.Kind = ConstantKind.PlainDraw
            | _ -> false

        Trial(
            options.Governed
            && options.Branches = BranchPolicy.Guard
            && not (Array.exists isPlainDraw trace.Constants)
        )

    /// Whether the signature is to run directly from now on.
    member _.IsLost = isLost

    /// Whether the call after so many replays is to run directly, for the time it takes.
    member _.WantsDirect(replaysBefore: int) =
        not isOver && replaysBefore >= patience && direct <= replayed && direct < pairs

    /// Whether the call after so many replays is to be timed.
    member _.WantsReplay(replaysBefore: int) = not isOver && replaysBefore >= patience && replayed < pairs

    member _.Replayed(ticks: int64) =
        if not isOver && replayed < min pairs direct then
            replays[replayed] <- ticks
            replayed <- replayed + 1

    /// A call ran directly, and took so many ticks.
    member _.Ran(ticks: int64) =
        if isLost then
            waited <- waited + 1

            if waited = pause then
                replayed <- 0
                direct <- 0
                waited <- 0
                isLost <- false
                isOver <- false
        elif not isOver && direct < pairs then
            directs[direct] <- ticks
            direct <- direct + 1

    /// Whether the signature has just lost: to be asked after each call that was timed.
    member _.Judge() : bool =
        if isOver || replayed = 0 || replayed < direct then
            false
        elif replayed = 1 && clear * replays[0] < directs[0] then
            isOver <- true
            false
        elif replayed < pairs then
            false
        else
            isOver <- true
            let replay, direct = float (median replays), float (median directs)
            isLost <- replay > margin * direct && replay - direct > least
            isLost

    /// The median time of a replay, and of a direct call.
    member _.Replay = Diagnostics.Stopwatch.GetElapsedTime(0L, median replays)
    member _.Direct = Diagnostics.Stopwatch.GetElapsedTime(0L, median directs)
