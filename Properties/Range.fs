namespace Functional.Properties

open System
open Functional

/// All numbers that a lane may hold when each inexact scalar function is off by a few units in the last place: an
/// interval, and whether NaN is among them. Whole numbers are held as real ones.
[<Struct>]
type internal Range = { Low: float; High: float; Nan: bool }

/// Interval arithmetic. Rounding to nearest is monotone, so the bounds are computed as a kernel computes its lanes,
/// and stored as the element type stores them.
[<RequireQualifiedAccess>]
module internal Range =
    let private anything = { Low = -infinity; High = infinity; Nan = true }
    let private truth = { Low = 0.; High = 1.; Nan = false }

    let private number lane =
        match lane with
        | Real x -> x
        | Whole n -> float n

    let point lane =
        let x = number lane
        if Double.IsNaN x then
            { Low = infinity; High = -infinity; Nan = true }
        else
            { Low = x; High = x; Nan = false }

    let private isPoint r = r.Low = r.High && not r.Nan
    let private isNan r = r.Low > r.High

    let contains lane r =
        let x = number lane
        if Double.IsNaN x then r.Nan else r.Low <= x && x <= r.High

    let private hull a b = { Low = min a.Low b.Low; High = max a.High b.High; Nan = a.Nan || b.Nan }

    /// How many units in the last place a kernel and the oracle may be apart: the bound that `Elementary` states, or for
    /// what kernels take from Math the 1 ulp or so of its functions on every platform and a rounding; the oracle's own 1
    /// ulp; and a rounding. 0: correctly rounded, so equal.
    let ulps scalar =
        match scalar with
        | Erf -> 9.
        | Tanh -> 5.
        | Exp
        | Log
        | Log1p
        | Expm1
        | Sin
        | Cos
        | Pow
        | Atan2
        | Hypot
        | Tan
        | Asin
        | Acos
        | Atan
        | Sinh
        | Cosh
        | Asinh
        | Acosh
        | Atanh -> 4.
        | _ -> 0.

    /// The distance to the next number; that of infinity is 0.
    let private ulp dtype (x: float) =
        if Double.IsInfinity x then 0.
        elif dtype = DType.Float32 then float (MathF.BitIncrement(float32 (abs x)) - float32 (abs x))
        else Math.BitIncrement(abs x) - abs x

    /// Bounds as the element type stores them, n units in the last place apart.
    let private widen dtype n r =
        // At the edge of overflow one of the two may still be finite.
        let largest = if dtype = DType.Float32 then float Single.MaxValue else Double.MaxValue
        let down x = if x = infinity then largest else x - n * ulp dtype x
        let up x = if x = -infinity then -largest else x + n * ulp dtype x
        if n = 0. || isNan r then r else { r with Low = down r.Low; High = up r.High }

    let private stored dtype x =
        match Scalars.store dtype (Real x) with
        | Real y -> y
        | Whole n -> float n

    /// The function at the ends of its operands, given that it is monotone in each.
    let private corners scalar (ranges: Range list) =
        let rec ends ranges =
            match ranges with
            | [] -> [ [] ]
            | r :: rest ->
                [ for tail in ends rest do
                      for x in List.distinct [ r.Low; r.High ] -> x :: tail ]

        let values =
            [ for operands in ends ranges ->
                  match Scalars.eval scalar (List.map Real operands) with
                  | Real x -> x
                  | Whole n -> float n ]

        match List.exists Double.IsNaN values, List.forall isPoint ranges with
        | true, true -> { Low = infinity; High = -infinity; Nan = true }
        | true, false -> anything
        | _ -> { Low = List.min values; High = List.max values; Nan = false }

    let private straddles r = r.Low < 0. && r.High > 0.

    /// Even functions, rising to both sides of 0.
    let private even scalar r =
        let ends = corners scalar [ r ]
        if straddles r then hull ends (corners scalar [ { r with Low = 0.; High = 0. } ]) else ends

    let private compare scalar a b =
        let know b = { Low = (if b then 1. else 0.); High = (if b then 1. else 0.); Nan = false }

        if isNan a || isNan b then
            know false
        elif a.Nan || b.Nan then
            truth
        else
            match scalar with
            | Less ->
                if a.High < b.Low then know true
                elif a.Low >= b.High then know false
                else truth
            | LessEqual ->
                if a.High <= b.Low then know true
                elif a.Low > b.High then know false
                else truth
            | _ ->
                if isPoint a && isPoint b then know (a.Low = b.Low)
                elif a.High < b.Low || b.High < a.Low then know false
                else truth

    let private exactly scalar (ranges: Range list) =
        match scalar, ranges with
        | (Less | LessEqual | Equal), [ a; b ] -> compare scalar a b
        | Where, [ c; a; b ] -> if isPoint c then (if c.Low <> 0. then a else b) else hull a b
        | Cast _, [ a ] -> a
        | _ when ranges |> List.forall (fun r -> isPoint r || isNan r) ->
            point (Scalars.eval scalar [ for r in ranges -> Real(if isNan r then nan else r.Low) ])
        | _ when ranges |> List.exists (fun r -> r.Nan) -> anything
        | (Abs | Cosh), [ a ] -> even scalar a
        | Hypot, [ a; b ] -> corners Hypot [ even Abs a; even Abs b ]
        // Sin and cos move by no more than their operand does.
        | (Sin | Cos), [ a ] when a.High - a.Low < 1. ->
            let low, width = corners scalar [ { a with High = a.Low } ], a.High - a.Low
            { low with Low = low.Low - width; High = low.High + width }
        | Div, [ _; b ] when b.Low <= 0. && b.High >= 0. -> anything
        | Pow, [ a; _ ] when a.Low <= 0. -> anything
        | Tan, [ a ] when a.High - a.Low > 1. || floor (a.High / Math.PI + 0.5) <> floor (a.Low / Math.PI + 0.5) ->
            anything
        | Xor, _ -> truth
        | Not, [ a ] -> { a with Low = 1. - a.High; High = 1. - a.Low }
        | And, [ a; b ] -> { Low = min a.Low b.Low; High = min a.High b.High; Nan = false }
        | Or, [ a; b ] -> { Low = max a.Low b.Low; High = max a.High b.High; Nan = false }
        | (Sin | Cos | Rem | Atan2), _ -> anything
        | _ -> corners scalar ranges

    /// A scalar function on ranges, each with its data type as far as it has one; the result is stored in `dtype`.
    let apply scalar dtype (ranges: Range list) =
        let result = exactly scalar ranges
        let kept = { result with Low = stored dtype result.Low; High = stored dtype result.High }

        if Scalars.isFloating dtype then (if isNan result then result else widen dtype (ulps scalar) kept)
        elif isNan result then { Low = 0.; High = 0.; Nan = false }
        else { kept with Nan = false }

    /// A formula on lanes.
    let formula (types: DType list) (lanes: Lane list) formula =
        let rec go formula =
            match formula with
            | Arg i -> Some types[i], point lanes[i]
            | Literal c -> None, point (Real c)
            | Self -> invalidOp "the value of an op stands in no formula but its slope's"
            | Apply(f, args) ->
                let args = List.map go args
                let known =
                    (if f = Where then args.Tail else args) |> List.tryPick fst |> Option.defaultValue types.Head

                let operands =
                    [ for t, r in args ->
                          match t with
                          | None -> { r with Low = stored known r.Low; High = stored known r.High }
                          | Some _ -> r ]

                let dtype =
                    match f with
                    | Less
                    | LessEqual
                    | Equal -> DType.Bool
                    | Cast dtype -> dtype
                    | _ -> known

                Some dtype, apply f dtype operands

        snd (go formula)
