namespace Functional

/// Compositions that are ops of their own, because the reverse rule of the composition overflows, or gives another slope
/// than the field's.
[<RequireQualifiedAccess>]
module internal Activations =
    let private f scalar x = Formula.Apply(scalar, [ x ])
    let private f2 scalar x y = Formula.Apply(scalar, [ x; y ])
    let private x, dy = Arg 0, Arg 1
    let private zero, one = Formula.Literal 0., Formula.Literal 1.

    let private op name formula pull = Elementwise.make name 1 formula |> Elementwise.withPulls [ lazy Some pull ]

    /// 1 / (1 + exp(-x)), for negative x as exp(x) / (1 + exp(x)): the exponential never overflows, and small values keep
    /// their digits. Of the kinks of |x|, which cancel, the slope knows nothing.
    let sigmoid =
        let e = f Exp -(f Abs x)
        op "Sigmoid" (Formula.Apply(Where, [ f2 Less x zero; e; one ]) / (one + e)) (dy * Self * (one - Self))

    /// ln(1 + eˣ) without overflow; of the kinks of |x| and max(x, 0), which cancel, the slope knows nothing.
    let softplus = op "Softplus" (f2 Max x zero + f Log1p (f Exp -(f Abs x))) (dy / (one + f Exp -x))

    /// The slope at 0 is 0, as in the field; that of the maximum is ½.
    let relu = op "Relu" (f2 Max x zero) (Formula.Apply(Where, [ f2 Less zero x; dy; zero ]))

    /// The slope needs no second root: -y / 2x.
    let rsqrt = op "Rsqrt" (one / f Sqrt x) (dy * Formula.Literal -0.5 * Self / x)

    let private entry (op: Op) domain range summary =
        { Name = op.Name
          Family = "elementwise"
          Summary = summary
          Sample = fun _ t -> if Scalars.admits domain t.DType then Some(op, [ Operand.smooth range t ]) else None }

    let entries =
        [ entry sigmoid Scalars.Floating (-4., 4.) "1 / (1 + exp(-x))."
          entry softplus Scalars.Floating (-4., 4.) "ln(1 + eˣ), as max(x, 0) + ln(1 + exp(-|x|))."
          entry relu Scalars.Numeric (0.1, 2.) "max(x, 0); NaN where x is."
          entry rsqrt Scalars.Floating (0.1, 3.) "1 / √x; NaN below 0." ]
