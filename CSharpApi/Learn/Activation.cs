using F = Functional.FSharp.Activation;

namespace Functional;

/// <summary>
/// Functions that stand between layers: element by element, or over the channels, which are the dimension labelled C, the
/// last one of unformatted tensors. For floating-point tensors; NaN gives NaN.
/// </summary>
public static class Activation
{
    /// <summary>x where it is positive, else slope · x. The derivative at 0 is the slope.</summary>
    public static Tensor LeakyRelu(Tensor x, double slope = 0.01) => F.leakyRelu(slope, x);

    /// <summary>x where it is positive, else α · (eˣ - 1).</summary>
    public static Tensor Elu(Tensor x, double alpha = 1) => F.elu(alpha, x);

    /// <summary>x · sigmoid(x).</summary>
    public static Tensor Silu(Tensor x) => F.silu(x);

    /// <summary>x · Φ(x), Φ the distribution function of the normal distribution.</summary>
    public static Tensor Gelu(Tensor x) => F.gelu(x);

    /// <summary>e^xᵢ / Σⱼ e^xⱼ along the channels, without overflow.</summary>
    /// <exception cref="DimensionException">A formatted tensor has no C, or the tensor no dimension.</exception>
    public static Tensor Softmax(Tensor x) => F.softmax(x);

    /// <summary>xᵢ - log Σⱼ e^xⱼ along the channels, without overflow and for vanishing probabilities too.</summary>
    /// <exception cref="DimensionException">A formatted tensor has no C, or the tensor no dimension.</exception>
    public static Tensor LogSoftmax(Tensor x) => F.logSoftmax(x);

    /// <summary>The same with Φ by a hyperbolic tangent: ½ x · (1 + tanh(√(2/π) · (x + 0.044715 x³))).</summary>
    public static Tensor GeluTanh(Tensor x) => F.geluTanh(x);

    /// <summary>
    /// x where it is positive, else slope · x; the slopes, which are learned, are one number or [channels].
    /// </summary>
    /// <exception cref="ShapeException">The slopes have other sizes.</exception>
    /// <exception cref="DimensionException">There are several slopes, and no channels.</exception>
    public static Tensor ParametricRelu(Tensor slope, Tensor x) => F.parametricRelu(slope, x);

    /// <summary>λ · x where it is positive, else λ · α · (eˣ - 1): it keeps mean 0 and variance 1.</summary>
    public static Tensor Selu(Tensor x) => F.selu(x);

    /// <summary>x · tanh(softplus x).</summary>
    public static Tensor Mish(Tensor x) => F.mish(x);

    /// <summary>x / 6 + ½ between 0 and 1, which it does not leave. The derivative at its ends is halved.</summary>
    public static Tensor HardSigmoid(Tensor x) => F.hardSigmoid(x);

    /// <summary>x between -1 and 1, which it does not leave. The derivative at its ends is halved.</summary>
    public static Tensor HardTanh(Tensor x) => F.hardTanh(x);

    /// <summary>x · hardSigmoid x.</summary>
    public static Tensor HardSilu(Tensor x) => F.hardSilu(x);

    /// <summary>The first half of the channels times the sigmoid of the second.</summary>
    /// <exception cref="ShapeException">The number of channels is odd.</exception>
    /// <exception cref="DimensionException">There are no channels.</exception>
    public static Tensor Glu(Tensor x) => F.glu(x);

    /// <summary>
    /// The nearest probabilities along the channels, by squares: max(xᵢ - τ, 0), where τ makes them add up to 1.
    /// </summary>
    /// <exception cref="DimensionException">A formatted tensor has no C, or the tensor no dimension.</exception>
    public static Tensor Sparsemax(Tensor x) => F.sparsemax(x);
}
