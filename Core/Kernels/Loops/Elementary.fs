namespace Functional

open System

/// The elementary functions as lane instructions: one definition of each for both floating-point types, vectors of any
/// width and the interpreter. Bounds are of the distance to the true value in units in the last place, over all numbers;
/// NaN gives NaN, and infinities and zeros give what Math's functions give.
[<RequireQualifiedAccess>]
module internal Elementary =
    let private inverseLn2, inverseHalfPi = 1. / Math.Log 2., 2. / Math.PI

    open Lanewise.Operators

    let private isSingle (x: LaneValue) = x.DType = DType.Float32
    let private integers (x: LaneValue) = if isSingle x then DType.Int32 else DType.Int64
    let private mantissa x = if isSingle x then 23 else 52
    let private choose x single double = if isSingle x then single else double

    let private whole (x: LaneValue) (n: int64) = x.Code.Bits(integers x, n)

    let private signBit (x: LaneValue) =
        x.Code.Bits(x.DType, (if isSingle x then int64 Int32.MinValue else Int64.MinValue))

    let private signOf x = Lanewise.bitAnd x (signBit x)

    /// Numbers from this one to its double are one apart, so that adding it rounds to an integer, in the lowest bits.
    let private magic x = choose x 12582912. 6755399441055744.

    let private magicBits x =
        whole
            x
            (choose
                x
                (int64 (BitConverter.SingleToInt32Bits 12582912f))
                (BitConverter.DoubleToInt64Bits 6755399441055744.))

    /// x · factor to the nearest integer, as a floating-point number and as an integer, for |x · factor| < 2²¹.
    let private nearest (x: LaneValue) (factor: float) =
        let shifted = Lanewise.fma x (x.Number factor) (x.Number(magic x))
        shifted -. magic x, Lanewise.bits (integers x) shifted - magicBits x

    /// 2ⁿ for an exponent of normal numbers.
    let private power (x: LaneValue) (n: LaneValue) =
        Lanewise.bits x.DType (Lanewise.shiftLeft (mantissa x) (n + whole x (choose x 127L 1023L)))

    /// x between two numbers; NaN stays.
    let private clamp (low: float) (high: float) (x: LaneValue) =
        let x = Lanewise.select (Lanewise.less (x.Number high) x) (x.Number high) x
        Lanewise.select (Lanewise.less x (x.Number low)) (x.Number low) x

    /// -n · (high + low) + x, where high + low is a constant to twice the precision (Cody and Waite, 1980): the first
    /// difference is exact.
    let private reduce (parts: float list) (n: LaneValue) (x: LaneValue) =
        parts |> List.fold (fun x part -> Lanewise.fma n (n.Number -part) x) x

    let private ln2 x = choose x [ 0.693147182; -1.90465421e-9 ] [ 0.6931471805599453; 2.3190468138462996e-17 ]

    /// (eʳ - 1 - r) / r² on |r| ≤ ln 2 / 2: minimax polynomials (Remez) for the relative error of eʳ; 5e-11 and 4e-18.
    let private exponential x =
        choose
            x
            [ 0.500000006783956017
              0.166666658671483189
              0.0416662943652444596
              0.00833349733070590514
              0.00139447035390072660
              0.000197903167000901638 ]
            [ 0.500000000000001066824
              0.16666666666666411512
              0.0416666666665297326698
              0.00833333333349498006903
              0.00138888889437587881887
              0.00019841269505760469029
              0.0000248014929508056215453
              0.00000275575868188163702469
              2.76303058592769259095e-7
              2.50000138307128868794e-8 ]

    /// eʳ - 1 for a reduced argument.
    let private reducedExponential r = Lanewise.fma (r * r) (Lanewise.polynomial (exponential r) r) r

    /// eˣ within 1 ulp: eˣ = 2ⁿ · eʳ, the power in two halves, so that results that underflow are rounded once.
    let exp (x: LaneValue) =
        let x = clamp (choose x -104. -746.) (choose x 89. 710.) x
        let n, i = nearest x inverseLn2
        let value = reducedExponential (reduce (ln2 x) n x) +. 1.
        let half = Lanewise.shiftRight 1 i
        value * power x half * power x (i - half)

    /// eˣ - 1 within 2 ulp: 2 · (2ⁿ⁻¹ · (eʳ - 1) + (2ⁿ⁻¹ - ½)).
    let expm1 (x: LaneValue) =
        let inner = clamp (choose x -30. -50.) (choose x 89. 710.) x
        let n, i = nearest inner inverseLn2
        let scale = power x (i - whole x 1L)
        let half = Lanewise.fma scale (reducedExponential (reduce (ln2 x) n inner)) (scale -. 0.5)
        let tiny = Lanewise.less (Lanewise.abs x) (x.Number(choose x 1e-8 1e-17))
        Lanewise.select tiny x (half + half)

    /// A number m in √½ … √2 and an integer k with x = m · 2ᵏ, for normal numbers.
    let private split (x: LaneValue) =
        let least =
            choose
                x
                (int64 (BitConverter.SingleToInt32Bits 0.707106769f))
                (BitConverter.DoubleToInt64Bits 0.7071067811865476)
        let i = Lanewise.bits (integers x) x - whole x least
        let fraction = Lanewise.bitAnd i (whole x (choose x 0x7FFFFFL 0xFFFFFFFFFFFFFL))
        let k = Lanewise.bits x.DType (Lanewise.shiftRight (mantissa x) i + magicBits x) -. magic x
        Lanewise.bits x.DType (fraction + whole x least), k

    /// k · ln 2 + ln(1 + f) + c, for f in √½ - 1 … √2 - 1 and a correction c: in Float32 f - f²/2 + f³ · R(f), R a minimax
    /// polynomial (Remez; relative error 7e-10); in Float64 after FreeBSD's e_log.c (Sun Microsystems, 1993).
    let private logarithm (k: LaneValue) (f: LaneValue) (c: LaneValue option) =
        let high, low =
            if isSingle f then
                0.693145752, 1.42860677e-6
            else
                6.93147180369123816490e-01, 1.90821492927058770002e-10
        let rest = Lanewise.fma k (f.Number low)

        if isSingle f then
            let r =
                Lanewise.polynomial
                    [ 0.333333104427848543
                      -0.249999865601758399
                      0.200022265716517578
                      -0.16669252892029516
                      0.142186581963124195
                      -0.123843118540278633
                      0.118729521985796898
                      -0.117900243713741425
                      0.0691566779698421256 ]
                    f
            let small = (f * f) * Lanewise.fma f r (f.Number -0.5)
            let small = c |> Option.fold (fun sum c -> sum + c) small
            Lanewise.fma k (f.Number high) (f + rest small)
        else
            let s = f / (f +. 2.)
            let z = s * s
            let r =
                z
                * Lanewise.polynomial
                    [ 6.666666666666735130e-01
                      3.999999999940941908e-01
                      2.857142874366239149e-01
                      2.222219843214978396e-01
                      1.818357216161805012e-01
                      1.531383769920937332e-01
                      1.479819860511658591e-01 ]
                    z
            let half = f * f *. 0.5
            let small = s * (half + r)
            let small = c |> Option.fold (fun sum c -> sum + c) small
            Lanewise.fma k (f.Number high) (f - (half - rest small))

    /// Where a logarithm of x has no value of its own: -∞ at 0, NaN below, x itself at ∞ and NaN.
    let private logarithmic (x: LaneValue) value =
        let zero = x.Number 0.
        let inside = Lanewise.select (Lanewise.less x (x.Number infinity)) value x
        let edge = Lanewise.select (Lanewise.equal x zero) (x.Number -infinity) (x.Number nan)
        Lanewise.select (Lanewise.lessEqual x zero) edge inside

    /// ln x within 1 ulp.
    let log (x: LaneValue) =
        let bits = float (mantissa x)
        let subnormal = Lanewise.less x (x.Number(choose x 1.17549435e-38 2.2250738585072014e-308))
        let m, k = split (Lanewise.select subnormal (x *. Math.Pow(2., bits)) x)
        let k = k - Lanewise.select subnormal (x.Number bits) (x.Number 0.)
        logarithmic x (logarithm k (m -. 1.) None)

    /// ln(1 + x) within 2 ulp: as ln of the rounded sum u, and what the rounding left out, over u.
    let log1p (x: LaneValue) =
        let u = x +. 1.
        let m, k = split u
        // Exact either way (Fast2Sum: Dekker, 1971).
        let left = Lanewise.select (Lanewise.less (x.Number 1.) x) (x.Number 1. - (u - x)) (x - (u -. 1.))
        let direct = Lanewise.equal k (x.Number 0.)
        let f = Lanewise.select direct x (m -. 1.)
        let c = Lanewise.select direct (x.Number 0.) (left / u)
        let value = logarithmic u (logarithm k f (Some c))
        let tiny = Lanewise.less (Lanewise.abs x) (x.Number(choose x 1e-8 1e-17))
        Lanewise.select tiny x value

    /// x · P(x²) / Q(x²) where |x| is less than a limit, 1 at most; ±1 beyond, which is 2 ulp off at most.
    let private saturating (limit: float) numerator denominator (x: LaneValue) =
        let size, one = Lanewise.abs x, x.Number 1.
        let y = x * x
        let inner = size * Lanewise.polynomial numerator y / Lanewise.polynomial denominator y
        let inner = Lanewise.select (Lanewise.less one inner) one inner
        let beyond = Lanewise.less (x.Number limit) size
        Lanewise.bitOr (Lanewise.select beyond one inner) (signOf x)

    /// tanh of |x| < 0.625, after Cephes' tanhf.c and tanh.c (Moshier, 1989).
    let private smallTanh (size: LaneValue) =
        let y = size * size
        let rest =
            if isSingle size then
                Lanewise.polynomial
                    [ -3.33332819422e-1; 1.33314422036e-1; -5.37397155531e-2; 2.06390887954e-2; -5.70498872745e-3 ]
                    y
            else
                let p =
                    Lanewise.polynomial
                        [ -1.61468768441708447952e3; -9.92877231001918586564e1; -9.64399179425052238628e-1 ]
                        y
                let q =
                    Lanewise.polynomial
                        [ 4.84406305325125486048e3; 2.23548839060100448583e3; 1.12811678491632931402e2; 1. ]
                        y
                p / q
        Lanewise.fma (size * y) rest size

    /// tanh x within 2 ulp: above 0.625 as 1 - 2 / (e²ˣ + 1), which is 1 from 20 on.
    let tanh (x: LaneValue) =
        let size = Lanewise.abs x
        let twice = size + size
        let twice = Lanewise.select (Lanewise.less (x.Number 40.) twice) (x.Number 40.) twice
        let n, i = nearest twice inverseLn2
        let value = reducedExponential (reduce (ln2 x) n twice) +. 1.
        let large = x.Number 1. - x.Number 2. / Lanewise.fma value (power x i) (x.Number 1.)
        let isSmall = Lanewise.less size (x.Number 0.625)
        Lanewise.bitOr (Lanewise.select isSmall (smallTanh size) large) (signOf x)

    /// erf x within 7 ulp in Float32: a minimax rational function, relative error 1e-8.
    let erf (x: LaneValue) =
        if isSingle x then
            saturating
                3.76
                [ 1.1283791671
                  0.18464192952
                  0.052142583665
                  0.00355641449419
                  0.000287089637803
                  2.19037407099e-6 ]
                [ 1.0; 0.496967771274; 0.111867445213; 0.0145506572814; 0.00112423876921; 3.96456669248e-5 ]
                x
        else
            Lanewise.call Erf [ x ]

    let private halfPi x =
        choose
            x
            [ 1.57079637; -4.37113883e-8; -1.71512449e-15 ]
            [ 1.5707963267948966; 6.123233995736766e-17; -1.4973849048591833e-33 ]

    /// Sine and cosine on |r| ≤ π/4: minimax polynomials (Remez), relative error 4e-9 and 1e-10, 3e-18 and 5e-20.
    let private sineOf (r: LaneValue) y =
        let s =
            choose
                r
                [ -0.166666549086529652; 0.0083321758465961145; -0.000195169774451966696 ]
                [ -0.166666666666666318605
                  0.00833333333332236998326
                  -0.000198412698297711778676
                  0.00000275573136786713495895
                  -2.50507559624123507367e-8
                  1.5896666566992095262e-10 ]
        Lanewise.fma (r * y) (Lanewise.polynomial s y) r

    let private cosineOf (r: LaneValue) y =
        let c =
            choose
                r
                [ 0.0416666468075905518; -0.00138873645026542639; 0.0000244380926912736413 ]
                [ 0.0416666666666665991617
                  -0.00138888888888740661424
                  0.0000248015872894441731026
                  -2.75573143408392267323e-7
                  2.08757216459822664268e-9
                  -1.13595603903973012289e-11 ]
        Lanewise.fma (y * y) (Lanewise.polynomial c y) (Lanewise.fma y (r.Number -0.5) (r.Number 1.))

    /// The sine of |x| + quarter · π/2, its sign turned over where a sign bit is set; large arguments, which need more
    /// digits of π, are left to Math's function.
    let private circular f quarter (sign: LaneValue option) (x: LaneValue) =
        let size = Lanewise.abs x
        let n, i = nearest size inverseHalfPi
        let r = reduce (halfPi x) n size
        let y = r * r
        let i = if quarter = 0 then i else i + whole x 1L
        let top, below = if isSingle x then 31, 30 else 63, 62
        let odd = Lanewise.less (Lanewise.shiftLeft top i) (whole x 0L)
        let value = Lanewise.select odd (cosineOf r y) (sineOf r y)
        let turned = Lanewise.bitAnd (Lanewise.bits x.DType (Lanewise.shiftLeft below i)) (signBit x)
        let turned = sign |> Option.fold Lanewise.bitXor turned
        Lanewise.callWhere
            f
            (Lanewise.less (x.Number(choose x 65536. 1073741824.)) size)
            x
            (Lanewise.bitXor value turned)

    /// sin x within 2 ulp.
    let sin (x: LaneValue) = circular Sin 0 (Some(signOf x)) x

    /// cos x within 2 ulp.
    let cos (x: LaneValue) = circular Cos 1 None x
