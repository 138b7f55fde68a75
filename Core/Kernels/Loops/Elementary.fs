namespace Functional

open System

/// The elementary functions as lane instructions: one definition of each for both floating-point types, vectors of any
/// width and the interpreter. Bounds are of the distance to the true value in units in the last place, over all numbers;
/// NaN gives NaN, and infinities and zeros give what Math's functions give.
[<RequireQualifiedAccess>]
module internal Elementary =
    let private inverseLn2, inverseHalfPi = 1. / Math.Log 2., 2. / Math.PI
    let private halfLn2, inverseHalfLn2 = Math.Log 2. / 2., 2. / Math.Log 2.

    /// A polynomial p as 2 · p(2r), by its coefficients.
    let private doubled (coefficients: float list) = [ for k, c in List.indexed coefficients -> Math.ScaleB(c, k + 1) ]

    open Lanewise.Operators
    open FloatBits

    /// x · factor to the nearest integer, as a floating-point number and as an integer, for |x · factor| < 2²¹.
    let private nearest (x: LaneValue) (factor: float) =
        let shifted = Lanewise.fma x (x.Number factor) (x.Number(magic x))
        shifted -. magic x, Lanewise.bits (integers x) shifted - magicBits x

    /// x between two numbers; NaN stays.
    let private clamp (low: float) (high: float) (x: LaneValue) = Lanewise.atLeast low (Lanewise.atMost high x)

    /// -n · (high + low) + x, where high + low is a constant to twice the precision (Cody and Waite, 1980): the first
    /// difference is exact.
    let private reduce (parts: float list) (n: LaneValue) (x: LaneValue) =
        parts |> List.fold (fun x part -> Lanewise.fma n (n.Number -part) x) x

    let private ln2 x = choose x [ 0.693147182; -1.90465421e-9 ] [ 0.6931471805599453; 2.3190468138462996e-17 ]

    /// (eʳ - 1 - r) / r² on |r| ≤ ln 2 / 2: minimax polynomials (Remez) for the relative error of eʳ; 3e-9 and 4e-18.
    let private exponential x =
        choose
            x
            [ 0.499999934478; 0.166665206322; 0.0416683880722; 0.00836871685026; 0.001381459647 ]
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

    /// eˣ within 1 ulp: eˣ = 2ⁿ · eʳ.
    let exp (x: LaneValue) =
        let x = clamp (choose x -104. -746.) (choose x 89. 710.) x
        let n, _ = nearest x inverseLn2
        let r = reduce (ln2 x) n x
        let value = if isSingle x then Lanewise.polynomial (1. :: 1. :: exponential x) r else reducedExponential r +. 1.
        Lanewise.scale n value

    /// eˣ - 1 within 2 ulp: 2 · (2ⁿ⁻¹ · (eʳ - 1) + (2ⁿ⁻¹ - ½)).
    let expm1 (x: LaneValue) =
        let inner = clamp (choose x -30. -50.) (choose x 89. 710.) x
        let n, i = nearest inner inverseLn2
        let scale = power x (i - whole x 1L)
        let half = Lanewise.fma scale (reducedExponential (reduce (ln2 x) n inner)) (scale -. 0.5)
        let tiny = Lanewise.less (Lanewise.abs x) (x.Number(choose x 1e-8 1e-17))
        Lanewise.select tiny x (half + half)

    /// A number m in ¾ … 1½ and an integer k with x = m · 2ᵏ.
    let private split (x: LaneValue) =
        let m = Lanewise.mantissa x
        m, Lanewise.exponent x m

    /// k · ln 2 + ln(1 + f) + c, for f in -¼ … ½ and a correction c: in Float32 f - f²/2 + f³ · R(f); in Float64 by way of
    /// s = f / (2 + f), as in FreeBSD's e_log.c (Sun Microsystems, 1993). Minimax polynomials (Remez), relative errors 3e-10
    /// and 2e-17.
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
                    [ 0.333333246424
                      -0.249999884432
                      0.200008553677
                      -0.166685125179
                      0.142606169854
                      -0.124233337292
                      0.113494242969
                      -0.111056174392
                      0.0929281558782
                      -0.040065847484 ]
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
                    [ 0.666666666666677091222
                      0.3999999999817702156589
                      0.2857142910977566542048
                      0.2222215770122242632235
                      0.1818568975577300085515
                      0.152617253795246805877
                      0.1528929148268942933311 ]
                    z
            let half = f * f *. 0.5
            let small = s * (half + r)
            let small = c |> Option.fold (fun sum c -> sum + c) small
            Lanewise.fma k (f.Number high) (f - (half - rest small))

    /// ln x within 1 ulp.
    let log (x: LaneValue) =
        let m, k = split x
        Lanewise.logarithmic x (logarithm k (m -. 1.) None)

    /// ln(1 + x) within 2 ulp: as ln of the rounded sum u, and what the rounding left out, over u.
    let log1p (x: LaneValue) =
        let u = x +. 1.
        let m, k = split u
        // Exact either way (Fast2Sum: Dekker, 1971).
        let left = Lanewise.select (Lanewise.less (x.Number 1.) x) (x.Number 1. - (u - x)) (x - (u -. 1.))
        let direct = Lanewise.equal k (x.Number 0.)
        let f = Lanewise.select direct x (m -. 1.)
        let c = Lanewise.select direct (x.Number 0.) (left / u)
        let value = Lanewise.logarithmic u (logarithm k f (Some c))
        let tiny = Lanewise.less (Lanewise.abs x) (x.Number(choose x 1e-8 1e-17))
        Lanewise.select tiny x value

    /// x · P(x²) / Q(x²) up to a limit of |x|, 1 at most; 1 beyond.
    let private saturating (limit: float) numerator denominator (x: LaneValue) =
        let size = Lanewise.atMost limit (Lanewise.abs x)
        let y = size * size
        let value = size * Lanewise.polynomial numerator y / Lanewise.polynomial denominator y
        // Near 1 to a few ulp is not enough where 1 is subtracted again, and the rest multiplied by x.
        let whole = Lanewise.select (Lanewise.equal size (x.Number limit)) (x.Number 1.) value
        Lanewise.bitOr (signOf x) (Lanewise.atMost 1. whole)

    /// tanh x within 3 ulp: h / (h + 1) for h = ½ (e²ˣ - 1) = 2ⁿ · ½ (e²ʳ - 1) + ½ (2ⁿ - 1). It is 1 from 10 on, in Float64
    /// from 20 on. What a reduction by a constant of single precision leaves out is below the last place.
    let tanh (x: LaneValue) =
        let size = Lanewise.atMost (choose x 10. 20.) (Lanewise.abs x)
        let shifted = Lanewise.fma size (x.Number inverseHalfLn2) (x.Number(magic x))
        let r = Lanewise.fma (shifted -. magic x) (x.Number -halfLn2) size
        let rest = Lanewise.polynomial (doubled (exponential x)) r
        // The number that makes it round is gone with the upper bits.
        let n = Lanewise.shiftLeft (mantissaBits x) (Lanewise.bits (integers x) shifted)
        let scale = Lanewise.bits x.DType (n + oneBits x)
        let h = Lanewise.fma (Lanewise.fma (r * r) rest r) scale (Lanewise.fma scale (x.Number 0.5) (x.Number -0.5))
        Lanewise.bitOr (signOf x) (h / (h +. 1.))

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
