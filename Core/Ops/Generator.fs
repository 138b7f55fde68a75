namespace Functional

open System
open System.Threading

/// A function set `Generator.Current` while it was traced, and drew like a traced tensor from it or left it so: a replay
/// would not.
[<Sealed>]
type GeneratorException internal (op, operands, problem, remedy) =
    inherit FunctionalException(op, operands, problem, remedy)

/// A stream of random draws: each draw is a pure function of the seed and of its position in the stream. The current
/// generator belongs to the flow of execution (as AsyncLocal does); flows that were given none share one of seed 0.
[<Sealed; AllowNullLiteral>]
type Generator(seed: uint64) =
    static let ambient = AsyncLocal<Generator>()
    static let shared = Generator 0UL
    let mutable position = 0L

    [<ThreadStatic; DefaultValue>]
    static val mutable private recording: Recording | null

    new() = Generator 0UL
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

    /// The trace being recorded on this thread; null for none.
    static member internal Recording
        with get (): Recording | null = Generator.recording
        and set (recording: Recording | null) = Generator.recording <- recording

    /// The next draw of the current generator.
    static member internal Next() =
        let generator = Generator.Current
        let draw = generator.Reserve 1

        let rec note (recording: Recording | null) =
            match recording with
            | null -> ()
            | recording ->
                recording.Note(generator, draw)
                note recording.Outer

        note Generator.recording
        draw

/// The draws of a trace being recorded, plain and like-random in one sequence. Those of a generator that the function made
/// current by itself are none of them: a replay takes none from it.
and [<Sealed; AllowNullLiteral(false)>] internal Recording(generator: Generator, outer: Recording | null) =
    let draws = ResizeArray<Draw>()
    member _.Outer = outer
    member _.Draws = draws
    /// Whether draws come from the generator that was current when the recording began.
    member _.IsCurrent = obj.ReferenceEquals(Generator.Current, generator)
    member _.Note(from: Generator, draw) = if obj.ReferenceEquals(from, generator) then draws.Add draw
