namespace Functional

/// What each scalar function takes, gives and means for one lane; and its reverse rule.
[<RequireQualifiedAccess>]
module internal Scalars =
    type Domain =
        | Floating
        /// Floating and integers.
        | Numeric
        | Logical
        /// Everything, Bool included.
        | Any

    let isFloating dtype = dtype = DType.Float32 || dtype = DType.Float64

    /// Whether elements of a data type can be this number; floating-point ones are the nearest to any.
    let holds dtype (x: float) =
        match dtype with
        | DType.Int32 -> x = floor x && abs (x + 0.5) <= 2147483647.5
        | DType.Int64 -> x = floor x && x >= -9223372036854775808. && x < 9223372036854775808.
        | DType.Bool -> x = 0. || x = 1.
        | _ -> true

    let admits domain dtype =
        match domain with
        | Floating -> isFloating dtype
        | Numeric -> dtype <> DType.Bool
        | Logical -> dtype = DType.Bool
        | Any -> true

    let domain scalar =
        match scalar with
        | Add
        | Sub
        | Mul
        | Div
        | Rem
        | Neg
        | Abs
        | Sign
        | Max
        | Min
        | Less
        | LessEqual -> Numeric
        | And
        | Or
        | Xor
        | Not -> Logical
        | Equal
        | Where
        | Cast _ -> Any
        | _ -> Floating

    let arity scalar =
        match scalar with
        | Add
        | Sub
        | Mul
        | Div
        | Rem
        | Pow
        | Atan2
        | Hypot
        | Max
        | Min
        | Less
        | LessEqual
        | Equal
        | And
        | Or
        | Xor -> 2
        | Where -> 3
        | _ -> 1

    let private roundEven (x: float) = System.Math.Round(x, System.MidpointRounding.ToEven)

    let private truth b = Whole(if b then 1L else 0L)

    let private real scalar (a: float) =
        match scalar with
        | Neg -> -a
        | Abs -> abs a
        | Sign ->
            if a > 0. then 1.
            elif a < 0. then -1.
            else a
        | Floor -> floor a
        | Ceil -> ceil a
        | Round -> roundEven a
        | Sqrt -> sqrt a
        | Exp -> exp a
        | Expm1 ->
            if abs a < 1e-5 then a * (1. + a / 2. + a * a / 6.)
            elif abs a < 1. then 2. * sinh (a / 2.) * exp (a / 2.)
            else exp a - 1.
        | Log -> log a
        | Log1p -> if abs a < 0.5 then 2. * System.Math.Atanh(a / (2. + a)) else log (1. + a)
        | Sin -> sin a
        | Cos -> cos a
        | Tan -> tan a
        | Asin -> asin a
        | Acos -> acos a
        | Atan -> atan a
        | Sinh -> sinh a
        | Cosh -> cosh a
        | Tanh -> tanh a
        | Asinh -> System.Math.Asinh a
        | Acosh -> System.Math.Acosh a
        | Atanh -> System.Math.Atanh a
        // MathNet's loses the sign of 0.
        | Erf -> if a = 0. then a else MathNet.Numerics.SpecialFunctions.Erf a
        | _ -> invalidOp $"{scalar} takes more than one number"

    let private real2 scalar (a: float) (b: float) =
        match scalar with
        | Add -> Real(a + b)
        | Sub -> Real(a - b)
        | Mul -> Real(a * b)
        | Div -> Real(a / b)
        | Rem -> Real(a % b)
        | Pow -> Real(System.Math.Pow(a, b))
        | Atan2 -> Real(atan2 a b)
        | Hypot -> Real(System.Double.Hypot(a, b))
        | Max -> Real(System.Math.Max(a, b))
        | Min -> Real(System.Math.Min(a, b))
        | Less -> truth (a < b)
        | LessEqual -> truth (a <= b)
        | Equal -> truth (a = b)
        | _ -> invalidOp $"{scalar} does not take two real numbers"

    let private whole2 scalar (a: int64) (b: int64) =
        match scalar with
        | Add -> Whole(a + b)
        | Sub -> Whole(a - b)
        | Mul -> Whole(a * b)
        | Div ->
            Whole(
                if b = 0L then 0L
                elif b = -1L then -a
                else a / b
            )
        | Rem -> Whole(if b = 0L || b = -1L then 0L else a % b)
        | Max -> Whole(max a b)
        | Min -> Whole(min a b)
        | Less -> truth (a < b)
        | LessEqual -> truth (a <= b)
        | Equal -> truth (a = b)
        | And -> Whole(a &&& b)
        | Or -> Whole(a ||| b)
        | Xor -> Whole(a ^^^ b)
        | _ -> invalidOp $"{scalar} does not take two integers"

    /// As the element type stores it: rounded, or wrapped around. A real number becomes an integer towards zero,
    /// saturating, NaN as 0.
    let store dtype lane =
        match dtype, lane with
        | DType.Float32, Real x -> Real(float (float32 x))
        | DType.Float64, Real x -> Real x
        | DType.Float32, Whole n -> Real(float (float32 n))
        | DType.Float64, Whole n -> Real(float n)
        | DType.Int32, Whole n -> Whole(int64 (int32 n))
        | DType.Int32, Real x -> Whole(int64 (System.Int32.CreateSaturating x))
        | DType.Int64, Real x -> Whole(System.Int64.CreateSaturating x)
        | DType.Bool, Real x -> truth (x <> 0.)
        | DType.Bool, Whole n -> truth (n <> 0L)
        | _, lane -> lane

    /// The oracle's meaning of a scalar function. Integer division and remainder by zero give 0.
    let eval scalar lanes =
        match scalar, lanes with
        | Cast dtype, [ a ] -> store dtype a
        | Where, [ Whole c; a; b ] -> if c <> 0L then a else b
        | Not, [ Whole a ] -> Whole(1L - a)
        | Neg, [ Whole a ] -> Whole -a
        | Abs, [ Whole a ] -> Whole(if a < 0L then -a else a)
        | Sign, [ Whole a ] -> Whole(int64 (sign a))
        | _, [ Real a ] -> Real(real scalar a)
        | _, [ Real a; Real b ] -> real2 scalar a b
        | _, [ Whole a; Whole b ] -> whole2 scalar a b
        | _ -> invalidOp $"{scalar} does not take %A{lanes}"

    /// The total of lanes in their order. It starts from the first, so that of nothing but -0 it is -0; of nothing it is 0.
    let sum (lanes: Lane seq) =
        if Seq.isEmpty lanes then
            Real 0.
        else
            lanes |> Seq.reduce (fun total lane -> eval Add [ total; lane ])

    /// The cotangent of operand i, given operands, value and cotangent of the value; None where it is zero everywhere.
    /// At a tie Max and Min halve it; at a kink Abs gives 0.
    let pull scalar i (args: Formula list) (y: Formula) (dy: Formula) : Formula option =
        let f scalar a = Apply(scalar, [ a ])
        let f2 scalar a b = Apply(scalar, [ a; b ])
        let select c a b = Apply(Where, [ c; a; b ])
        let zero, one = Literal 0., Literal 1.
        let a = List.head args
        let b = if args.Length > 1 then args[1] else a

        match scalar, i with
        | Add, _
        | Sub, 0 -> Some dy
        | Sub, _
        | Neg, _ -> Some(-dy)
        | Mul, 0 -> Some(dy * b)
        | Mul, _ -> Some(dy * a)
        | Div, 0 -> Some(dy / b)
        | Div, _ -> Some(-(dy / b * y))
        | Rem, 0 -> Some dy
        // y = a - b·trunc(a / b), and the quotient (a - y) / b is that integer up to rounding.
        | Rem, _ -> Some(-(dy * f Round ((a - y) / b)))
        // b = 0 is apart, or a = 0 would give 0 · ∞; likewise a = 0 below.
        | Pow, 0 -> Some(select (f2 Equal b zero) zero (dy * b * f2 Pow a (b - one)))
        | Pow, _ -> Some(select (f2 Equal a zero) zero (dy * y * f Log a))
        // a² + b² overflows long before the slope vanishes; the radius does not.
        | Atan2, 0 -> let r = f2 Hypot a b in Some(dy * (b / r) / r)
        | Atan2, _ -> let r = f2 Hypot a b in Some(-(dy * (a / r) / r))
        // The slope at the origin, 0 / 0, is taken as 0.
        | Hypot, 0 -> Some(select (f2 Equal y zero) zero (dy * (a / y)))
        | Hypot, _ -> Some(select (f2 Equal y zero) zero (dy * (b / y)))
        | (Max | Min), _ ->
            let this, other = if i = 0 then a, b else b, a
            let wins = if scalar = Max then f2 Less other this else f2 Less this other
            Some(select wins dy (select (f2 Equal a b) (dy * Literal 0.5) zero))
        | Abs, _ -> Some(dy * f Sign a)
        | Sqrt, _ -> Some(dy * Literal 0.5 / y)
        | Exp, _ -> Some(dy * y)
        | Expm1, _ -> Some(dy * (y + one))
        | Log, _ -> Some(dy / a)
        | Log1p, _ -> Some(dy / (one + a))
        | Sin, _ -> Some(dy * f Cos a)
        | Cos, _ -> Some(-(dy * f Sin a))
        | Tan, _ -> Some(dy * (one + y * y))
        // (1 - a)(1 + a) keeps the digits that 1 - a² loses near 1.
        | Asin, _ -> Some(dy / f Sqrt ((one - a) * (one + a)))
        | Acos, _ -> Some(-(dy / f Sqrt ((one - a) * (one + a))))
        | Atan, _ -> Some(dy / (one + a * a))
        | Sinh, _ -> Some(dy * f Cosh a)
        | Cosh, _ -> Some(dy * f Sinh a)
        | Tanh, _ -> Some(dy * ((one - y) * (one + y)))
        | Asinh, _ -> Some(dy / f2 Hypot a one)
        // Two roots: the product under one would overflow.
        | Acosh, _ -> Some(dy / (f Sqrt (a - one) * f Sqrt (a + one)))
        | Atanh, _ -> Some(dy / ((one - a) * (one + a)))
        | Erf, _ -> Some(dy * Literal(2. / sqrt System.Math.PI) * f Exp (-(a * a)))
        | Where, 1 -> Some(select a dy zero)
        | Where, 2 -> Some(select a zero dy)
        | _ -> None
