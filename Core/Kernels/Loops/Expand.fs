namespace Functional

open System

/// Instructions that are short for others, which not all registers have: their definitions.
[<RequireQualifiedAccess>]
module internal Expand =
    open Lanewise.Operators
    open FloatBits

    let private settle (x: LaneValue) = Lanewise.select (Lanewise.equal x x) x (x.Number nan)

    /// In two factors, so that results that underflow are rounded once.
    let private scale (x: LaneValue) (n: LaneValue) =
        let i = Lanewise.bits (integers x) (n +. magic x) - magicBits x
        let half = Lanewise.shiftRight 1 i
        x * power x half * power x (i - half)

    /// Of a subnormal number, which is scaled by 2 to the number of bits of the mantissa.
    let private isSubnormal (x: LaneValue) = Lanewise.less x (x.Number(choose x 1.17549435e-38 2.2250738585072014e-308))
    let private digits x = float (mantissaBits x)

    /// The bits of a normal number less those of ¾: the number of its binade in the upper part, counted from there.
    let private binade (x: LaneValue) =
        let normal = Lanewise.select (isSubnormal x) (x *. Math.Pow(2., digits x)) x
        let least = whole x (LaneCode.BitsOf(x.DType, 0.75))
        Lanewise.bits (integers x) normal - least, least

    let private mantissa (x: LaneValue) =
        let i, least = binade x
        let fraction = Lanewise.bitAnd i (whole x (choose x 0x7FFFFFL 0xFFFFFFFFFFFFFL))
        Lanewise.bits x.DType (fraction + least)

    let private exponent (x: LaneValue) =
        let i, _ = binade x
        let k = Lanewise.bits x.DType (Lanewise.shiftRight (mantissaBits x) i + magicBits x) -. magic x
        k - Lanewise.select (isSubnormal x) (x.Number(digits x)) (x.Number 0.)

    let private logarithmic (x: LaneValue) value =
        let zero = x.Number 0.
        let inside = Lanewise.select (Lanewise.less x (x.Number infinity)) value x
        let edge = Lanewise.select (Lanewise.equal x zero) (x.Number -infinity) (x.Number nan)
        Lanewise.select (Lanewise.lessEqual x zero) edge inside

    /// The same sweep without instructions that are short for others.
    let sweep (sweep: Sweep) : Sweep =
        let code = LaneCode()
        let values = Array.zeroCreate<LaneValue> sweep.Code.Length

        sweep.Code
        |> Array.iteri (fun k i ->
            values[k] <-
                match i.Op, [ for a in i.Args -> values[a] ] with
                | LaneOp.Load operand, _ -> code.Load(operand, i.Type)
                | LaneOp.Constant bits, _ -> code.Bits(i.Type, bits)
                | LaneOp.Settle, [ x ] -> settle x
                | LaneOp.Scale, [ x; n ] -> scale x n
                | LaneOp.Mantissa, [ x ] -> mantissa x
                | LaneOp.Exponent, [ x; _ ] -> exponent x
                | LaneOp.Logarithmic, [ x; value ] -> logarithmic x value
                | op, args -> code.Apply(op, args, i.Result))

        let output o =
            match o with
            | SweepOutput.Stored k -> SweepOutput.Stored values[k].Index
            | SweepOutput.Folded(reduction, k) -> SweepOutput.Folded(reduction, values[k].Index)

        let outputs = Array.map output sweep.Outputs
        { sweep with Code = code.Instructions; Outputs = outputs }
