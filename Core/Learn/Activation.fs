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

    /// x where it is positive, else α · (eˣ - 1); α is 1 as a rule (Clevert, Unterthiner and Hochreiter, 2016).
    let elu (alpha: float) (x: Tensor) : Tensor =
        // Of a large x, which is not exponentiated here, the derivative would be 0 · ∞.
        let low = select (isLow x) x (zero x)
        select (isLow x) (alpha * Elementwise.lift Expm1 [ low ]) x

    /// x · sigmoid(x).
    let silu (x: Tensor) : Tensor = x * Define.apply Activations.sigmoid [ x ]

    /// x · Φ(x), Φ the distribution function of the normal distribution (Hendrycks and Gimpel, 2016).
    let gelu (x: Tensor) : Tensor = 0.5 * x * (1. + Elementwise.lift Erf [ x * sqrt 0.5 ])

    /// The same with Φ by a hyperbolic tangent: ½ x · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
    let geluTanh (x: Tensor) : Tensor = 0.5 * x * (1. + tanh (sqrt (2. / System.Math.PI) * (x + 0.044715 * x * x * x)))

    /// x where it is positive, else slope · x; the slopes, which are learned, are one number or [channels] (He, Zhang, Ren
    /// and Sun, 2015).
    /// Throws ShapeException for other slopes, DimensionException for several of them where there are no channels.
    let parametricRelu (slope: Tensor) (x: Tensor) : Tensor =
        let slope, x = given "ParametricRelu" slope, given "ParametricRelu" x
        let slope = if slope.Rank = 0 then slope else Channels.along "ParametricRelu" "slope" x slope
        select (isLow x) (slope * x) x

    /// λ · x where it is positive, else λ · α · (eˣ - 1): it keeps mean 0 and variance 1 (Klambauer et al., 2017).
    let selu (x: Tensor) : Tensor =
        let low = select (isLow x) x (zero x)
        1.0507009873554804934193349852946
        * select (isLow x) (1.6732632423543772848170429916717 * Elementwise.lift Expm1 [ low ]) x

    /// x · tanh(softplus x) (Misra, 2019).
    let mish (x: Tensor) : Tensor = x * tanh (Define.apply Activations.softplus [ x ])

    let private between low high (Given "Clamp" x) =
        Elementwise.lift Min [ Elementwise.lift Max [ x; Tensor.Literal(x.DType, low) ]; Tensor.Literal(x.DType, high) ]

    /// x / 6 + ½ between 0 and 1, which it does not leave. The derivative at its ends is halved.
    let hardSigmoid (x: Tensor) : Tensor = between 0. 1. (x / 6. + 0.5)

    /// x between -1 and 1, which it does not leave. The derivative at its ends is halved.
    let hardTanh (x: Tensor) : Tensor = between -1. 1. x

    /// x · hardSigmoid x (Howard et al., 2019).
    let hardSilu (x: Tensor) : Tensor = x * hardSigmoid x

    /// The first half of the channels times the sigmoid of the second (Dauphin et al., 2017).
    /// Throws ShapeException for an odd number of channels, DimensionException where there are none.
    let glu (x: Tensor) : Tensor =
        let x = given "Glu" x
        let dim = Channels.dimension "Glu" x.Type
        if x.Shape[dim] % 2 <> 0 then
            Labels.shapeError
                "Glu"
                [ x.Type ]
                $"{x.Shape[dim]} channels have no halves"
                "give an even number of channels"
        match Arranging.chunk dim 2 x with
        | [ a; b ] -> a * Define.apply Activations.sigmoid [ b ]
        | _ -> x

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

    /// The nearest probabilities along the channels, by squares: max(xᵢ - τ, 0), where τ makes them add up to 1. What is far
    /// from the greatest gets 0 (Martins and Astudillo, 2016).
    /// Throws DimensionException for a formatted tensor without C, or one without dimensions.
    let sparsemax (x: Tensor) : Tensor =
        let shifted, dim = shifted "Sparsemax" x
        let spread = Channels.spread dim x.Type
        let threshold (isSupport: Tensor) (values: Tensor) =
            let kept = select isSupport values (zero values)
            (Channels.sum dim kept - 1.) / Channels.sum dim (Elementwise.lift (Cast x.DType) [ isSupport ])

        // In descending order the support comes first: as long as 1 + k · x exceeds the total of the k greatest.
        let sorted, _ = Sorting.sort true dim (Movement.hold shifted)
        let count = 1. + Channels.numbers dim x.Type x.DType
        let isFirst = Elementwise.lift Less [ Scans.cumulativeSum false false dim sorted; 1. + count * sorted ]
        let isSupport = Elementwise.lift Less [ spread (threshold isFirst sorted); shifted ]
        // The derivative is that of τ over a support that does not change.
        Define.apply Activations.relu [ shifted - spread (threshold isSupport shifted) ]
