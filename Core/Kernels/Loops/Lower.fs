namespace Functional

/// Scalar functions as lane instructions.
[<RequireQualifiedAccess>]
module internal Lower =
    open Lanewise.Operators

    let private isFloating (x: LaneValue) = Scalars.isFloating x.DType

    let private toBool (x: LaneValue) = Lanewise.bitNot (Lanewise.equal x (x.Number 0.))

    /// Saturating, by way of Int64, which holds more than Int32 does.
    let private toInt32 (x: LaneValue) =
        let wide = Lanewise.convert DType.Int64 x
        let high, low = wide.Number(float System.Int32.MaxValue), wide.Number(float System.Int32.MinValue)
        let wide = Lanewise.select (Lanewise.less high wide) high wide
        Lanewise.convert DType.Int32 (Lanewise.select (Lanewise.less wide low) low wide)

    /// The nearest value of another type.
    let private cast target (x: LaneValue) =
        match x.DType, target with
        | source, target when source = target -> x
        | DType.Bool, _ -> Lanewise.select x (x.Code.Number(target, 1.)) (x.Code.Number(target, 0.))
        | _, DType.Bool -> toBool x
        | DType.Float32, DType.Int64 -> Lanewise.convert DType.Int64 (Lanewise.convert DType.Float64 x)
        | DType.Float64, DType.Int32 -> toInt32 x
        | DType.Int32, DType.Float64 -> Lanewise.convert DType.Float64 (Lanewise.convert DType.Int64 x)
        // By way of Float64 it would be rounded twice.
        | DType.Int64, DType.Float32 -> x.Code.Apply(LaneOp.Call(Cast DType.Float32), [ x ], DType.Float32)
        | _ -> Lanewise.convert target x

    let private sign (x: LaneValue) =
        let zero = x.Number 0.
        let below = Lanewise.select (Lanewise.less x zero) (x.Number -1.) x
        Lanewise.select (Lanewise.less zero x) (x.Number 1.) below

    /// The functions that are not one instruction each.
    let private composed f (args: LaneValue list) =
        let x = args.Head
        match f with
        | Abs when not (isFloating x) -> Lanewise.select (Lanewise.less x (x.Number 0.)) (Lanewise.negate x) x
        | Abs -> Lanewise.abs x
        | Sign -> sign x
        | Exp -> Elementary.exp x
        | Expm1 -> Elementary.expm1 x
        | Log -> Elementary.log x
        | Log1p -> Elementary.log1p x
        | Sin -> Elementary.sin x
        | Cos -> Elementary.cos x
        | Tanh -> Elementary.tanh x
        | Erf -> Elementary.erf x
        | Cast target -> cast target x
        | Equal when x.DType = DType.Bool -> Lanewise.bitNot (Lanewise.bitXor x args[1])
        | Equal -> Lanewise.equal x args[1]
        | _ -> Lanewise.call f args

    /// A scalar function on operands of one type (of `Where` the last two).
    let scalar f (args: LaneValue list) : LaneValue =
        match f, args with
        | Add, [ a; b ] -> a + b
        | Sub, [ a; b ] -> a - b
        | Mul, [ a; b ] -> a * b
        | Div, [ a; b ] when isFloating a -> a / b
        | Neg, [ a ] -> Lanewise.negate a
        | Max, [ a; b ] -> Lanewise.max a b
        | Min, [ a; b ] -> Lanewise.min a b
        | Less, [ a; b ] -> Lanewise.less a b
        | LessEqual, [ a; b ] -> Lanewise.lessEqual a b
        | And, [ a; b ] -> Lanewise.bitAnd a b
        | Or, [ a; b ] -> Lanewise.bitOr a b
        | Xor, [ a; b ] -> Lanewise.bitXor a b
        | Not, [ a ] -> Lanewise.bitNot a
        | Floor, [ a ] -> Lanewise.floor a
        | Ceil, [ a ] -> Lanewise.ceil a
        | Round, [ a ] -> Lanewise.round a
        | Sqrt, [ a ] -> Lanewise.sqrt a
        | Where, [ c; a; b ] -> Lanewise.select c a b
        | _ -> composed f args

    /// One NaN for all: which of two goes on differs between machines, and between two compilations of one program.
    let settle (x: LaneValue) = if isFloating x then Lanewise.settle x else x
