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

    /// <summary>x where it is positive, else eˣ - 1.</summary>
    public static Tensor Elu(Tensor x) => F.elu(x);

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
}
