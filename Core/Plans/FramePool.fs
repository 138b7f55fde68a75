namespace Functional

open System
open System.Threading

/// Frames between runs. A pool keeps at most one for each processor, and all pools together no more than `Limit` bytes.
[<Sealed>]
type internal FramePool(make: unit -> Frame, bytes: int64) =
    static let mutable held = 0L
    let places: (Frame | null) array = Array.zeroCreate Environment.ProcessorCount
    /// Frames that `held` counts: in a place, or out on a run.
    let mutable counted = 0

    /// Bytes that frames of all pools may hold beyond a run.
    static member val Limit = 1L <<< 30 with get, set

    member private _.Forget() =
        Interlocked.Decrement &counted |> ignore
        Interlocked.Add(&held, -bytes) |> ignore

    /// Whether another frame may be kept, which is then counted.
    member private pool.Counts() =
        if Interlocked.Increment &counted > places.Length then
            Interlocked.Decrement &counted |> ignore
            false
        elif Interlocked.Add(&held, bytes) > FramePool.Limit then
            pool.Forget()
            false
        else
            true

    member _.Rent() : Frame =
        let mutable found: Frame | null = null
        let mutable k = 0

        while isNull found && k < places.Length do
            if not (isNull places[k]) then found <- Interlocked.Exchange(&places[k], null)
            k <- k + 1

        match found with
        | null -> make ()
        | frame -> frame

    /// Takes a frame back, or gives it up.
    member pool.Return(frame: Frame) =
        frame.Release()

        if frame.IsKept || pool.Counts() then
            frame.IsKept <- true
            let mutable k = 0
            while k < places.Length && not (isNull (Interlocked.CompareExchange(&places[k], frame, null))) do
                k <- k + 1

            if k = places.Length then pool.Forget()

    override _.Finalize() = Interlocked.Add(&held, -bytes * int64 counted) |> ignore
