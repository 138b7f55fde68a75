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

/// x where it is positive, else eˣ - 1.
[<Sealed>]
type Elu() =
    inherit ActivationLayer()
    override _.Predict x = Activation.elu x

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
