namespace Functional.Tests.Peers

open System
open Functional

/// How far apart the greatest differences are: absolute, and relative by a tolerance's scale.
type Deviation =
    { Absolute: float
      Relative: float }

    static member None = { Absolute = 0.; Relative = 0. }

[<RequireQualifiedAccess>]
module Deviation =
    /// ε: the distance from 1 to the next number.
    let epsilon dtype = if dtype = DType.Float64 then Math.ScaleB(1., -52) else Math.ScaleB(1., -23)

    let greater a b = { Absolute = max a.Absolute b.Absolute; Relative = max a.Relative b.Relative }

    /// Of two elements: equal ones, infinities and NaN among them, do not deviate; one of these and a number do without bound.
    let private ofElements scale (ours: float) (theirs: float) =
        if ours = theirs || Double.IsNaN ours && Double.IsNaN theirs then
            Deviation.None
        elif not (Double.IsFinite ours && Double.IsFinite theirs) then
            { Absolute = infinity; Relative = infinity }
        else
            let absolute = abs (ours - theirs)
            { Absolute = absolute; Relative = absolute / scale theirs }

    /// Of two tensors, element by element.
    let elements scale (ours: float array) (theirs: float array) =
        let greatest = theirs |> Seq.filter Double.IsFinite |> Seq.map abs |> Seq.fold max 0.
        let divisor =
            match scale with
            | Own -> abs
            | Element -> fun theirs -> max (abs theirs) (min 1. greatest)
            | Greatest -> fun _ -> greatest
        Array.map2 (ofElements divisor) ours theirs

    let greatest (deviations: Deviation array) = Array.fold greater Deviation.None deviations
