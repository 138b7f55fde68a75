namespace Functional

open System
open System.Threading

/// Frames for one run after another. A pool keeps at most one for each processor, and all pools together no more than `Limit`
/// bytes.
[<Sealed>]
type internal FramePool(make: unit -> Frame, bytes: int64) =
    static let mutable held, limit = 0L, 1L <<< 30
    /// Frames that are kept, from the first place on.
    let places: (Frame | null) array = Array.zeroCreate Environment.ProcessorCount
    /// How many of them `held` counts.
    let mutable counted = 0

    /// Whether another frame may be kept, which is then counted.
    let counts () =
        if Interlocked.Increment &counted > places.Length then
            Interlocked.Decrement &counted |> ignore
            false
        elif Interlocked.Add(&held, bytes) > limit then
            Interlocked.Decrement &counted |> ignore
            Interlocked.Add(&held, -bytes) |> ignore
            false
        else
            true

    /// A frame that is taken, and has a place where it may be kept.
    let another () =
        let frame = make ()
        frame.TryTake() |> ignore
        if counts () then
            let mutable k = 0
            while not (isNull (Interlocked.CompareExchange(&places[k], frame, null))) do
                k <- k + 1
        frame

    /// Bytes that frames of all pools may hold beyond a run.
    static member Limit
        with get () = limit
        and set bytes = limit <- bytes

    member _.Rent() : Frame =
        let mutable found: Frame | null = null
        let mutable k = 0

        while isNull found && k < places.Length do
            match places[k] with
            | null -> k <- places.Length
            | frame when frame.TryTake() -> found <- frame
            | _ -> k <- k + 1

        match found with
        | null -> another ()
        | frame -> frame

    /// Takes a frame back; one without a place is given up.
    member _.Return(frame: Frame) = frame.Release()

    override _.Finalize() = Interlocked.Add(&held, -bytes * int64 counted) |> ignore
