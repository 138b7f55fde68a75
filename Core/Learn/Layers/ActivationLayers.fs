namespace Functional

open Functional.FSharp

/// A layer without parameters that does the same in training and in prediction.
[<AbstractClass; AllowNullLiteral(false)>]
type ActivationLayer() =
    inherit Layer()
    interface IAcceleratable

/// x where it is positive, else 0.
[<Sealed>]
type Relu() =
    inherit ActivationLayer()
    override _.Predict x = Define.apply Activations.relu [ x ]

/// x where it is positive, else slope · x.
[<Sealed>]
type LeakyRelu(slope: float) =
    inherit ActivationLayer()
    /// A slope of 0.01.
    new() = LeakyRelu 0.01
    /// The factor of what is not positive.
    member _.Slope = slope
    override _.Predict x = Activation.leakyRelu slope x

/// x where it is positive, else slope · x, a slope for each channel, which is learned (He, Zhang, Ren and Sun, 2015). It is null
/// until the layer is initialised.
[<Sealed; AllowNullLiteral(false)>]
type ParametricRelu(initialSlope: float, slope: Tensor | null) =
    inherit Layer()
    /// The slopes before training.
    new(initialSlope: float) = ParametricRelu(initialSlope, null)
    /// Slopes of ¼ before training.
    new() = ParametricRelu 0.25
    /// [channels]; null until the layer is initialised.
    member _.Slope = slope

    override _.Predict(x: Tensor) : Tensor =
        match slope with
        | NonNull slope -> Activation.parametricRelu slope x
        | _ -> Channels.notInitialised "ParametricRelu" x

    /// The layer with slopes. Parameters at hand are kept.
    override this.Initialize input =
        if isNull slope then
            ParametricRelu(initialSlope, Initial.forChannels input (Initialiser.Constant initialSlope))
        else
            this

    interface IAcceleratable

/// x where it is positive, else α · (eˣ - 1).
[<Sealed>]
type Elu(alpha: float) =
    inherit ActivationLayer()
    /// An α of 1.
    new() = Elu 1.
    /// α, the negative of the value far below 0.
    member _.Alpha = alpha
    override _.Predict x = Activation.elu alpha x

/// λ · x where it is positive, else λ · α · (eˣ - 1): it keeps mean 0 and variance 1.
[<Sealed>]
type Selu() =
    inherit ActivationLayer()
    override _.Predict x = Activation.selu x

/// 1 / (1 + e⁻ˣ).
[<Sealed>]
type Sigmoid() =
    inherit ActivationLayer()
    override _.Predict x = Define.apply Activations.sigmoid [ x ]

/// The hyperbolic tangent.
[<Sealed>]
type Tanh() =
    inherit ActivationLayer()
    override _.Predict x = tanh x

/// log(1 + eˣ).
[<Sealed>]
type Softplus() =
    inherit ActivationLayer()
    override _.Predict x = Define.apply Activations.softplus [ x ]

/// x · sigmoid(x).
[<Sealed>]
type Silu() =
    inherit ActivationLayer()
    override _.Predict x = Activation.silu x

/// x · Φ(x), Φ the distribution function of the normal distribution.
[<Sealed>]
type Gelu() =
    inherit ActivationLayer()
    override _.Predict x = Activation.gelu x

/// x · Φ(x), Φ by a hyperbolic tangent.
[<Sealed>]
type GeluTanh() =
    inherit ActivationLayer()
    override _.Predict x = Activation.geluTanh x

/// x · tanh(softplus x).
[<Sealed>]
type Mish() =
    inherit ActivationLayer()
    override _.Predict x = Activation.mish x

/// x / 6 + ½ between 0 and 1.
[<Sealed>]
type HardSigmoid() =
    inherit ActivationLayer()
    override _.Predict x = Activation.hardSigmoid x

/// x between -1 and 1.
[<Sealed>]
type HardTanh() =
    inherit ActivationLayer()
    override _.Predict x = Activation.hardTanh x

/// x · hardSigmoid x.
[<Sealed>]
type HardSilu() =
    inherit ActivationLayer()
    override _.Predict x = Activation.hardSilu x

/// The first half of the channels times the sigmoid of the second.
[<Sealed>]
type Glu() =
    inherit ActivationLayer()
    override _.Predict x = Activation.glu x

/// The nearest probabilities along the channels, by squares.
[<Sealed>]
type Sparsemax() =
    inherit ActivationLayer()
    override _.Predict x = Activation.sparsemax x

/// Positive numbers that add up to 1 along the channels: e^xᵢ / Σⱼ e^xⱼ.
[<Sealed>]
type Softmax() =
    inherit ActivationLayer()
    override _.Predict x = Activation.softmax x

/// The logarithms of a softmax along the channels.
[<Sealed>]
type LogSoftmax() =
    inherit ActivationLayer()
    override _.Predict x = Activation.logSoftmax x
