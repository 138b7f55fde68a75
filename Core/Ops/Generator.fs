namespace Functional

open System
open System.Threading

/// A stream of random draws: each draw is a pure function of the seed and of its position in the stream. The current
/// generator belongs to the flow of execution (as AsyncLocal does); flows that were given none share one of seed 0.
[<Sealed; AllowNullLiteral>]
type Generator(seed: uint64) =
    static let ambient = AsyncLocal<Generator>()
    static let shared = Generator 0UL
    let mutable position = 0L

    [<ThreadStatic; DefaultValue>]
    static val mutable private recording: ResizeArray<Draw> | null

    new() = Generator 0UL

    /// A generator whose draws start here.
    static member internal From(start: Draw) =
        let generator = Generator start.Key
        generator.MoveTo start.Position
        generator

    member private _.MoveTo(place: uint64) = Volatile.Write(&position, int64 place)
    member _.Seed = seed

    /// How many draws were taken so far.
    member _.Position = uint64 (Volatile.Read &position)

    member internal _.Reserve(count: int) : Draw =
        { Key = seed; Position = uint64 (Interlocked.Add(&position, int64 count) - int64 count) }

    /// The draws that follow, left where they are.
    member internal _.Peek() : Draw = { Key = seed; Position = uint64 (Volatile.Read &position) }

    /// Takes draws if none were taken since `start` was looked at.
    member internal _.TryReserve(start: Draw, count: int) =
        count = 0
        || Interlocked.CompareExchange(&position, int64 start.Position + int64 count, int64 start.Position) =
            int64 start.Position

    /// The generator that draws of this flow of execution take from. Set it to start over with a seed.
    static member Current
        with get () =
            match ambient.Value with
            | null -> shared
            | g -> g
        and set (generator: Generator) = ambient.Value <- generator

    /// The draws of the trace being recorded on this thread, plain and like-random in one sequence; null for none.
    static member internal Recording
        with get () = Generator.recording
        and set draws = Generator.recording <- draws

    /// The next draw of the current generator.
    static member internal Next() =
        let draw = Generator.Current.Reserve 1
        match Generator.recording with
        | null -> ()
        | draws -> draws.Add draw

        draw
