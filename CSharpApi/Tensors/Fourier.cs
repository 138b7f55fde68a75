namespace Functional;

/// <summary>
/// Discrete Fourier transforms along a dimension. Complex tensors are pairs of real ones of one type, real and imaginary parts;
/// Float32 and Float64, Float32 being computed in Float64 and rounded once. Any length; powers of two are fastest. A row with an
/// element that is not finite is NaN everywhere. All have gradients, of any order. All throw <see cref="DTypeException"/> for other
/// data types, <see cref="ShapeException"/> for parts that are not alike, <see cref="DimensionException"/> for a dimension that is
/// not there.
/// </summary>
public static class Fourier
{
    /// <summary>Y[k] = Σ X[j] e^(-2πi jk/n), times what the norm says.</summary>
    public static (Tensor Re, Tensor Im) Fft(Tensor re, Tensor im, int dim = -1, FourierNorm norm = FourierNorm.Backward) =>
        FourierTransforms.transform(false, norm, dim, re, im);

    /// <summary>The inverse of <see cref="Fft"/> with this norm.</summary>
    public static (Tensor Re, Tensor Im) Ifft(Tensor re, Tensor im, int dim = -1, FourierNorm norm = FourierNorm.Backward) =>
        FourierTransforms.transform(true, norm, dim, re, im);

    /// <summary><see cref="Fft"/> along several dimensions.</summary>
    public static (Tensor Re, Tensor Im) Fftn(
        Tensor re, Tensor im, IEnumerable<int> dims, FourierNorm norm = FourierNorm.Backward) =>
        dims.Aggregate((re, im), (x, dim) => Fft(x.re, x.im, dim, norm));

    /// <summary><see cref="Ifft"/> along several dimensions.</summary>
    public static (Tensor Re, Tensor Im) Ifftn(
        Tensor re, Tensor im, IEnumerable<int> dims, FourierNorm norm = FourierNorm.Backward) =>
        dims.Aggregate((re, im), (x, dim) => Ifft(x.re, x.im, dim, norm));

    /// <summary>
    /// The first half of a real tensor's transform, ⌊n/2⌋ + 1 numbers; the others are the conjugates of these.
    /// </summary>
    public static (Tensor Re, Tensor Im) Rfft(Tensor x, int dim = -1, FourierNorm norm = FourierNorm.Backward) =>
        FourierTransforms.ofReal(norm, dim, x);

    /// <summary>
    /// The real tensor, of this length along the dimension, of which <see cref="Rfft"/> gives these numbers; imaginary parts that a
    /// real tensor's transform cannot have do not count.
    /// </summary>
    /// <exception cref="ShapeException">There are not ⌊length/2⌋ + 1 numbers.</exception>
    public static Tensor Irfft(Tensor re, Tensor im, int length, int dim = -1, FourierNorm norm = FourierNorm.Backward) =>
        FourierTransforms.toReal(norm, length, dim, re, im);

    /// <summary>
    /// The frequency of each number of a transform of n: k / (n·spacing) for k from 0 up, then from below up to -1; Float64.
    /// </summary>
    public static Tensor Frequencies(int n, double spacing = 1) =>
        Tensor.Create<double>(FourierTransforms.frequencies(n, spacing), [n]);

    /// <summary>The frequency 0 moves to the middle.</summary>
    public static Tensor Shift(Tensor x, int dim = -1) => FSharp.Fourier.shift(dim, x);

    /// <summary>The frequency 0 moves back to the beginning.</summary>
    public static Tensor Unshift(Tensor x, int dim = -1) => FSharp.Fourier.unshift(dim, x);
}
