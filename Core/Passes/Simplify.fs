namespace Functional

open System

/// Laws of scalar functions that hold to the bit: for -0, ∞, subnormal numbers and NaN. Kernels make all NaN alike, so that
/// a law which leaves out all arithmetic asks for an operand that went through it before.
[<RequireQualifiedAccess>]
module internal Simplify =
    /// A power of two whose inverse is a number of the type too.
    let private isPowerOfTwo dtype (c: float) =
        let bits = BitConverter.DoubleToInt64Bits c
        let exponent = int (bits >>> 52) &&& 0x7FF
        let least, most = if dtype = DType.Float32 then 1023 - 126, 1023 + 126 else 1, 2045
        (bits &&& 0xFFFFFFFFFFFFFL) = 0L && exponent >= least && exponent <= most

    let private arithmetic =
        [ symmetric "x * 1 = x" Mul (function
              | x, Number 1. when isSettled x -> Some x
              | _ -> None)
          rule "x / 1 = x" (function
              | Lanes(Div, [ x; Number 1. ]) when isSettled x -> Some x
              | _ -> None)
          rule "x - 0 = x" (function
              | Lanes(Sub, [ x; Number c ]) when equals c 0. && isSettled x -> Some x
              | _ -> None)
          // x + 0 is 0 for x = -0.
          symmetric "x + -0 = x" Add (function
              | x, Number c when equals c -0. && isSettled x -> Some x
              | _ -> None)
          symmetric "n + 0 = n" Add (function
              | n, Number 0. when not (isFloating n) -> Some n
              | _ -> None)
          symmetric "n * 0 = 0" Mul (function
              | n, Number 0. when not (isFloating n) -> Some(filled n 0.)
              | _ -> None)
          rule "n - n = 0" (function
              | Lanes(Sub, [ n; m ]) when same n m && not (isFloating n) -> Some(filled n 0.)
              | _ -> None)
          rule "--x = x" (function
              | Lanes(Neg, [ Term(Lanes(Neg, [ x ])) ]) when isSettled x -> Some x
              | _ -> None)
          // Both are the one number nearest to the same real number.
          rule "x / 2ᵏ = x * 2⁻ᵏ" (function
              | Lanes(Div, [ x; Number c ]) when isFloating x && isPowerOfTwo x.Type.DType c && abs c <> 1. ->
                  Some(lanes Mul [ x; number x (1. / c) ])
              | _ -> None) ]

    let private shape =
        [ rule "abs (abs x) = abs x" (function
              | Lanes(Abs, [ Term(Lanes(Abs, _)) as x ]) -> Some x
              | _ -> None)
          rule "abs -x = abs x" (function
              | Lanes(Abs, [ Term(Lanes(Neg, [ x ])) ]) -> Some(lanes Abs [ x ])
              | _ -> None)
          rule "round (round x) = round x" (function
              | Lanes((Floor | Ceil | Round), [ Term(Lanes((Floor | Ceil | Round), _)) as x ]) -> Some x
              | _ -> None) ]

    let private logic =
        [ rule "not (not x) = x" (function
              | Lanes(Not, [ Term(Lanes(Not, [ x ])) ]) -> Some x
              | _ -> None)
          symmetric "x and true = x" And (function
              | x, Number 1. -> Some x
              | _ -> None)
          symmetric "x and false = false" And (function
              | x, Number 0. -> Some(filled x 0.)
              | _ -> None)
          symmetric "x or false = x" Or (function
              | x, Number 0. -> Some x
              | _ -> None)
          symmetric "x or true = true" Or (function
              | x, Number 1. -> Some(filled x 1.)
              | _ -> None)
          rule "x and x = x or x = x" (function
              | Lanes((And | Or), [ x; y ]) when same x y -> Some x
              | _ -> None) ]

    let private choice =
        [ rule "where c x x = x" (function
              | Lanes(Where, [ _; x; y ]) when same x y && isSettled x -> Some x
              | _ -> None)
          rule "where true x y = x" (function
              | Lanes(Where, [ Number 1.; x; _ ]) when isSettled x -> Some x
              | Lanes(Where, [ Number 0.; _; y ]) when isSettled y -> Some y
              | _ -> None)
          rule "where (not c) x y = where c y x" (function
              | Lanes(Where, [ Term(Lanes(Not, [ c ])); x; y ]) -> Some(lanes Where [ c; y; x ])
              | _ -> None)
          rule "where c (where c x y) z = where c x z" (function
              | Lanes(Where, [ c; Term(Lanes(Where, [ d; x; _ ])); z ]) when same c d -> Some(lanes Where [ c; x; z ])
              | Lanes(Where, [ c; x; Term(Lanes(Where, [ d; _; z ])) ]) when same c d -> Some(lanes Where [ c; x; z ])
              | _ -> None) ]

    /// Whether every value of one type is a value of the other, and casting there keeps it.
    let private widens source target =
        match source, target with
        | a, b when a = b -> true
        | DType.Bool, _
        | DType.Float32, DType.Float64
        | DType.Int32, (DType.Int64 | DType.Float64) -> true
        | _ -> false

    let private casts =
        [ rule "cast to its own type x = x" (function
              | Lanes(Cast target, [ x ]) when x.Type.DType = target && isSettled x -> Some x
              | _ -> None)
          rule "cast (wider x) = cast x" (function
              | Lanes(Cast target, [ Term(Lanes(Cast wide, [ x ])) ]) when widens x.Type.DType wide ->
                  Some(lanes (Cast target) [ x ])
              | _ -> None) ]

    let rules = List.concat [ arithmetic; shape; logic; choice; casts ]

/// Laws of real numbers that change bits: of -0, ∞, NaN, or the last digits. Off unless asked for.
[<RequireQualifiedAccess>]
module internal Relaxed =
    let rules =
        [ symmetric "x + 0 = x" Add (function
              | x, Number 0. -> Some x
              | _ -> None)
          symmetric "x * 1 = x, whatever x" Mul (function
              | x, Number 1. -> Some x
              | _ -> None)
          symmetric "x * 0 = 0" Mul (function
              | x, Number 0. when isFloating x -> Some(filled x 0.)
              | _ -> None)
          symmetric "x * -1 = -x" Mul (function
              | x, Number -1. -> Some(lanes Neg [ x ])
              | _ -> None)
          rule "x - x = 0" (function
              | Lanes(Sub, [ x; y ]) when same x y -> Some(filled x 0.)
              | _ -> None)
          rule "x / c = x * (1 / c)" (function
              | Lanes(Div, [ x; Number c ]) when isFloating x && c <> 0. && not (Double.IsInfinity(1. / c)) ->
                  Some(lanes Mul [ x; number x (1. / c) ])
              | _ -> None)
          rule "(x * c) * d = x * (c * d)" (function
              | Lanes(Mul, [ Term(Lanes(Mul, [ x; Number c ])); Number d ]) when isFloating x ->
                  Some(lanes Mul [ x; number x (c * d) ])
              | _ -> None)
          symmetric "x + -y = x - y" Add (function
              | x, Term(Lanes(Neg, [ y ])) -> Some(lanes Sub [ x; y ])
              | _ -> None)
          rule "x - -y = x + y" (function
              | Lanes(Sub, [ x; Term(Lanes(Neg, [ y ])) ]) -> Some(lanes Add [ x; y ])
              | _ -> None)
          rule "-x * -y = x * y" (function
              | Lanes((Mul | Div) as f, [ Term(Lanes(Neg, [ x ])); Term(Lanes(Neg, [ y ])) ]) -> Some(lanes f [ x; y ])
              | _ -> None) ]
