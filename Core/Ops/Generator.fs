namespace Functional

open System
open System.Collections.Generic
open System.Threading

/// A function set `Generator.Current` while it was traced, and drew like a traced tensor from it or left it so: a replay
/// would not.
[<Sealed>]
type GeneratorException internal (op, operands, problem, remedy) =
    inherit FunctionalException(op, operands, problem, remedy)

/// A stream of random draws: each draw is a pure function of the seed and of its position in the stream. The current
/// generator belongs to the flow of execution (as AsyncLocal does); flows that were given none share one of seed 0. Any
/// number of threads may draw from one generator: no two draws are the same, but which thread gets which is left to chance.
/// Where that matters, give each flow a generator of its own, by `Split` or `FoldIn`.
[<Sealed; AllowNullLiteral>]
type Generator(seed: uint64) =
    static let ambient = AsyncLocal<Generator>()
    static let shared = Generator 0UL
    let mutable position = 0L

    [<ThreadStatic; DefaultValue>]
    static val mutable private recording: Recording | null

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

    /// A generator of its own, whose draws have nothing to do with this one's. Each call takes one draw, and splits off
    /// another.
    member this.Split() = Generator(Philox.derive (Generator.Next this) Philox.Split 0L)

    /// As many generators of their own, at the cost of one draw.
    /// Throws ArgumentOutOfRangeException for a number below 0.
    member this.Split(count: int) : Generator array =
        ArgumentOutOfRangeException.ThrowIfNegative count
        let draw = Generator.Next this
        Array.init count (fun n -> Generator(Philox.derive draw Philox.Split (int64 n)))

    /// The generator that belongs to a number, such as that of a worker or an epoch: of the seed and the number alone,
    /// whatever was drawn. Takes no draw.
    member _.FoldIn(n: int64) = Generator(Philox.derive { Key = seed; Position = 0UL } Philox.FoldIn n)

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

    /// The next draw of a generator.
    static member internal Next(generator: Generator) =
        let draw = generator.Reserve 1

        let rec note (recording: Recording | null) =
            match recording with
            | null -> ()
            | recording ->
                recording.Note(generator, draw)
                note recording.Outer

        note Generator.recording
        draw

    /// The next draw of the current generator.
    static member internal Next() = Generator.Next Generator.Current

/// What a trace being recorded has to know of the calls that go past it: the draws, plain and like-random in one sequence,
/// and the tensors that are computed at once. Draws of a generator that the function made current by itself, or names, are
/// none of its own: a replay takes none from it.
and [<Sealed; AllowNullLiteral(false)>] internal Recording(generator: Generator, outer: Recording | null) =
    let draws = ResizeArray<Draw>()
    let made = Dictionary<Tensor, bool>(HashIdentity.Reference)
    member _.Outer = outer
    member _.Draws = draws
    /// Whether draws come from the generator that was current when the recording began.
    member _.IsCurrent = obj.ReferenceEquals(Generator.Current, generator)
    member _.Note(from: Generator, draw) = if obj.ReferenceEquals(from, generator) then draws.Add draw
    /// A tensor was computed at once, and so is a constant; drawn, or of what was drawn.
    member _.Made(t: Tensor, isDrawn) = made[t] <- isDrawn
    member _.WasMade t = made.ContainsKey t
    member _.WasDrawn t =
        match made.TryGetValue t with
        | true, isDrawn -> isDrawn
        | _ -> false
