namespace Functional.FSharp

open System

/// Learning rates by the number of the step, from 0 on.
[<RequireQualifiedAccess>]
module Schedule =
    let private positive (steps: int64) = ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1L, nameof steps)

    /// The part of so many steps that is over: 1 from the last of them on.
    let private part (steps: int64) (n: int64) = float (min n steps) / float steps

    /// The same for all steps.
    let constant (rate: float) : int64 -> float = fun _ -> rate

    /// rate · factor^⌊n / steps⌋.
    let step (rate: float) (factor: float) (steps: int64) : int64 -> float =
        positive steps
        fun n -> rate * Math.Pow(factor, float (n / steps))

    /// rate · factorⁿ.
    let exponential (rate: float) (factor: float) : int64 -> float = fun n -> rate * Math.Pow(factor, float n)

    /// rate / (1 + decay · n).
    let inverseTime (rate: float) (decay: float) : int64 -> float = fun n -> rate / (1. + decay * float n)

    /// A first rate, and others from some steps on, in any order.
    let piecewise (rate: float) (changes: (int64 * float) list) : int64 -> float =
        let changes = List.sortBy fst changes
        fun n -> (rate, changes) ||> List.fold (fun rate (from, next) -> if n >= from then next else rate)

    /// From one rate to another in so many steps: last + (first - last) · (1 - n / steps)^power.
    let polynomial (first: float) (last: float) (power: float) (steps: int64) : int64 -> float =
        positive steps
        fun n -> last + (first - last) * Math.Pow(1. - part steps n, power)

    /// From one rate to another in so many steps, along half a cosine (Loshchilov and Hutter, 2017, eq. 5).
    let cosine (first: float) (last: float) (steps: int64) : int64 -> float =
        positive steps
        fun n -> last + (first - last) * (1. + Math.Cos(Math.PI * part steps n)) / 2.

    /// So many steps on which the first rate of another schedule is reached, in equal parts, and then that schedule.
    let warmup (steps: int64) (schedule: int64 -> float) : int64 -> float =
        positive steps
        fun n -> if n < steps then schedule 0L * float (n + 1L) / float steps else schedule (n - steps)
