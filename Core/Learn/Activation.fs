namespace Functional.FSharp

open Functional

/// Functions that stand between layers: element by element, or over the channels, which are the dimension labelled C, the
/// last one of unformatted tensors. For floating-point tensors; NaN gives NaN.
[<RequireQualifiedAccess>]
module Activation =
    let private zero (x: Tensor) = Tensor.Literal(x.DType, 0.)
    let private select condition a b = Elementwise.lift Where [ condition; a; b ]
    let private isLow (x: Tensor) = Tensor.op_LessThanOrEqual (x, 0.)

    /// x where it is positive, else slope · x. The derivative at 0 is the slope (Maas, Hannun and Ng, 2013).
    let leakyRelu (slope: float) (x: Tensor) : Tensor = select (isLow x) (slope * x) x

    /// x where it is positive, else eˣ - 1 (Clevert, Unterthiner and Hochreiter, 2016).
    let elu (x: Tensor) : Tensor =
        // Of a large x, which is not exponentiated here, the derivative would be 0 · ∞.
        let low = select (isLow x) x (zero x)
        select (isLow x) (Elementwise.lift Expm1 [ low ]) x

    /// x · sigmoid(x).
    let silu (x: Tensor) : Tensor = x * Define.apply Activations.sigmoid [ x ]

    /// x · Φ(x), Φ the distribution function of the normal distribution (Hendrycks and Gimpel, 2016).
    let gelu (x: Tensor) : Tensor = 0.5 * x * (1. + Elementwise.lift Erf [ x * sqrt 0.5 ])

    /// The values less their greatest along the channels, and the dimension. A shift changes no softmax, so that its
    /// derivative, which is 0, is not taken.
    let private shifted op (Given op x) =
        let dim = Channels.dimension op x.Type
        x - Channels.spread dim x.Type (Movement.hold (Channels.max dim x)), dim

    /// e^xᵢ / Σⱼ e^xⱼ along the channels, without overflow.
    /// Throws DimensionException for a formatted tensor without C, or one without dimensions.
    let softmax (x: Tensor) : Tensor =
        let shifted, dim = shifted "Softmax" x
        let e = exp shifted
        e / Channels.spread dim x.Type (Channels.sum dim e)

    /// xᵢ - log Σⱼ e^xⱼ along the channels, without overflow and for vanishing probabilities too.
    /// Throws DimensionException for a formatted tensor without C, or one without dimensions.
    let logSoftmax (x: Tensor) : Tensor =
        let shifted, dim = shifted "LogSoftmax" x
        shifted - Channels.spread dim x.Type (log (Channels.sum dim (exp shifted)))
