namespace Functional

open System
open Functional.FSharp

/// Which step is tried next, as in MATLAB's ode45 (Shampine and Reichelt, "The MATLAB ODE suite", 1997). Only arithmetic that
/// every machine rounds alike decides, so that the steps are the same everywhere.
[<RequireQualifiedAccess>]
module internal StepControl =
    /// The fifth root of a positive number, to a few ulp, by Newton's iteration.
    let fifthRoot (x: float) =
        if x = 0. || not (Double.IsFinite x) then
            x
        else
            let better (r: float) = (4. * r + x / (r * r * r * r)) / 5.
            // A power of two above the root, by a factor of two at most; from above the iteration does not overshoot.
            let start = Math.ScaleB(1., 1 + int (floor (float (Math.ILogB x) / 5.)))
            Seq.init 9 id |> Seq.fold (fun r _ -> better r) start

    /// How close to each other two times may be.
    let smallest (t: float) = 16. * (Math.BitIncrement(abs t) - abs t)

    /// The greatest step between two times.
    let largest (options: OdeOptions) first last =
        let span = abs (last - first)
        options.MaxStep |> Option.fold min (if options.MaxStep.IsSome then span else 0.1 * span)

    /// The first step; `rate` is by how much, in units of the tolerated error, the state changes in a unit of time.
    let first (options: OdeOptions) largest rate =
        let limit = options.InitialStep |> Option.fold min largest
        let suggested = 0.8 * fifthRoot options.RelativeTolerance / (rate * options.RelativeTolerance)
        if suggested < limit then suggested else limit

    /// The step after one whose error, in units of the tolerated one, was this.
    let grown step error =
        let shrink = 1.25 * fifthRoot error
        if shrink > 0.2 then step / shrink else 5. * step

    /// The next try after one or more of the same step have failed.
    let reduced step failures error =
        if failures > 1 then 0.5 * step
        elif Double.IsFinite error then step * max 0.1 (0.8 / fifthRoot error)
        else 0.1 * step
