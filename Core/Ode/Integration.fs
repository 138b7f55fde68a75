namespace Functional

open System
open Functional.FSharp

/// A step that was accepted. The slopes are those that the continuous extension takes.
[<NoEquality; NoComparison>]
type internal OdeStep<'V> =
    {
        From: float
        Size: float
        State: 'V array
        Slopes: 'V array
        After: 'V array
        /// The times asked for that it reaches, with the part of it that each is at; 1 exactly at its end.
        Reached: (int * float) list
    }

/// The traces of a system made ready to run.
[<NoEquality; NoComparison>]
type internal OdeBodies<'V> = { Start: 'V array -> 'V array; Step: 'V array -> 'V array }

/// From the first of the times to the last, by steps of controlled size.
[<RequireQualifiedAccess>]
module internal Integration =
    /// Tolerances below what the data type can tell apart would never be met.
    let attainable (options: OdeOptions) (system: OdeSystem) =
        let unit = if (OdeSystem.timeType system).DType = DType.Float32 then 1.1920929e-7 else 2.220446049250313e-16
        { options with RelativeTolerance = max options.RelativeTolerance (100. * unit) }

    let private refuse types time problem remedy = raise (OdeException("Ode.Solve45", types, time, problem, remedy))

    /// Each time is finite, and follows the one before in the direction of all.
    let private check types (times: float array) =
        let follows k = (times[k] - times[k - 1]) * (times[1] - times[0]) > 0.

        match times |> Array.tryFind (fun t -> not (Double.IsFinite t)) with
        | Some t -> refuse types t $"time {t} is not finite" "give times that are"
        | None -> ()

        match Seq.tryFind (fun k -> not (follows k)) [ 1 .. times.Length - 1 ] with
        | Some k ->
            refuse
                types
                times[k]
                $"time {k} is {times[k]:R}, and that before it {times[k - 1]:R}"
                "give times that all ascend, or all descend"
        | None -> ()

    let private notFinite types t =
        refuse
            types
            t
            $"its state or slope is not finite from t = {t:R} on"
            "end before it, start elsewhere, or see where the function divides, takes roots or overflows"

    let private vanished types t (size: float) =
        refuse
            types
            t
            $"at t = {t:R} a step of {size:R} is still too long"
            "end before it, as the solution may have a pole or a jump there, or permit larger errors"

    let private tooMany types t count =
        refuse
            types
            t
            $"{count} steps were tried, and t = {t:R} reached"
            "permit more steps (MaxSteps) or larger errors; a stiff equation needs another method, or another scale of time"

    /// The times asked for that a step reaches, from number `next` on.
    let private reached (times: float array) next from until =
        let isReached t = (t - from) * (until - from) > 0. && abs (t - from) <= abs (until - from)

        [ for k in Seq.takeWhile (fun k -> isReached times[k]) (seq { next .. times.Length - 1 }) ->
              k, (if times[k] = until then 1. else (times[k] - from) / (until - from)) ]

    /// Calls `accepted` with each step. Without one, which `accepted` must not keep, steps are only taken.
    let run
        (medium: Medium<'V>)
        (system: OdeSystem)
        (options: OdeOptions)
        (bodies: OdeBodies<'V>)
        types
        (times: float array)
        (start: 'V array)
        (captured: 'V array)
        (accepted: OdeStep<'V> -> unit)
        =
        check types times
        let last = Array.last times
        let direction = float (sign (last - times[0]))
        let largest = StepControl.largest options times[0] last
        let dtype = (OdeSystem.timeType system).DType
        let clock t = medium.Number dtype t
        let measure (results: 'V array) = (medium.Numbers (TensorType(DType.Float64, [])) (Array.last results))[0]
        let begun = bodies.Start(Array.concat [ [| clock times[0] |]; start; captured ])
        if not (Double.IsFinite(measure begun)) then notFinite types times[0]

        let mutable t, state, slope = times[0], start, Array.take system.State begun
        let mutable proposed, next, tried = StepControl.first options largest (measure begun), 1, 0

        while t <> last do
            let mutable size, failures, isTaken = min proposed largest, 0, false

            while not isTaken do
                tried <- tried + 1
                if tried > options.MaxSteps then tooMany types t options.MaxSteps
                let least = StepControl.smallest t
                size <- max size least
                // A last step that would leave a sliver is stretched.
                let until = if 1.1 * size >= abs (last - t) then last else t + direction * size
                let h = until - t
                let results = bodies.Step(Array.concat [ [| clock t; clock h |]; state; slope; captured ])
                let error = measure results

                if error <= 1. then
                    let after = Array.take system.State results
                    let slopes = Array.append slope results[system.State .. results.Length - 2]
                    let found = reached times next t until
                    accepted { From = t; Size = h; State = state; Slopes = slopes; After = after; Reached = found }
                    next <- next + found.Length
                    proposed <- if failures = 0 then StepControl.grown (abs h) error else abs h
                    t <- until
                    state <- after
                    slope <- slopes[slopes.Length - system.State ..]
                    isTaken <- true
                else
                    if abs h <= least then if Double.IsFinite error then vanished types t (abs h) else notFinite types t

                    failures <- failures + 1
                    size <- StepControl.reduced (abs h) failures error
