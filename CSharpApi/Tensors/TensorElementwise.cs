using Microsoft.FSharp.Collections;

namespace Functional;

/// <summary>
/// Functions of each lane by itself. Operands align by label, unformatted ones by position from the last dimension; sizes
/// are equal or 1. NaN gives NaN where nothing else is said. Functions of real numbers throw
/// <see cref="DTypeException"/> for integers and Bool; operands that do not align, <see cref="ShapeException"/> or
/// <see cref="TensorFormatException"/>.
/// </summary>
public static class TensorElementwise
{
    private static Tensor Lift(Scalar function, params Tensor[] operands) =>
        Elementwise.lift(function, ListModule.OfArray(operands));

    private static Tensor Apply(Op op, Tensor x) => Define.apply(op, ListModule.OfArray([x]));

    private static Tensor Number(Tensor like, double value) => Tensor.Literal(Operands.given("Number", like).DType, value);

    extension(Tensor)
    {
        /// <summary>a where the condition is true, b elsewhere. A derivative flows to the one chosen.</summary>
        /// <exception cref="DTypeException">The condition is not Bool, or a and b differ in data type.</exception>
        public static Tensor Where(Tensor condition, Tensor a, Tensor b) => Lift(Scalar.Where, condition, a, b);

        /// <inheritdoc cref="Where(Tensor, Tensor, Tensor)"/>
        public static Tensor Where(Tensor condition, Tensor a, double b) => Lift(Scalar.Where, condition, a, Number(a, b));

        /// <inheritdoc cref="Where(Tensor, Tensor, Tensor)"/>
        public static Tensor Where(Tensor condition, double a, Tensor b) => Lift(Scalar.Where, condition, Number(b, a), b);

        /// <summary>Bool: a = b lane by lane; false where either is NaN.</summary>
        public static Tensor Equal(Tensor a, Tensor b) => Lift(Scalar.Equal, a, b);

        /// <inheritdoc cref="Equal(Tensor, Tensor)"/>
        public static Tensor Equal(Tensor a, double b) => Lift(Scalar.Equal, a, Number(a, b));

        /// <summary>Bool: a ≠ b lane by lane; true where either is NaN.</summary>
        public static Tensor NotEqual(Tensor a, Tensor b) => !Lift(Scalar.Equal, a, b);

        /// <inheritdoc cref="NotEqual(Tensor, Tensor)"/>
        public static Tensor NotEqual(Tensor a, double b) => !Lift(Scalar.Equal, a, Number(a, b));

        /// <summary>The greater of two; NaN where either is, and -0 &lt; 0. At a tie the derivative is halved.</summary>
        public static Tensor Max(Tensor a, Tensor b) => Lift(Scalar.Max, a, b);

        /// <inheritdoc cref="Max(Tensor, Tensor)"/>
        public static Tensor Max(Tensor a, double b) => Lift(Scalar.Max, a, Number(a, b));

        /// <summary>The less of two; NaN where either is, and -0 &lt; 0. At a tie the derivative is halved.</summary>
        public static Tensor Min(Tensor a, Tensor b) => Lift(Scalar.Min, a, b);

        /// <inheritdoc cref="Min(Tensor, Tensor)"/>
        public static Tensor Min(Tensor a, double b) => Lift(Scalar.Min, a, Number(a, b));

        /// <summary>min(max(x, low), high).</summary>
        public static Tensor Clamp(Tensor x, double low, double high) => Tensor.Min(Tensor.Max(x, low), high);

        /// <summary>√(x² + y²) without overflow on the way. The derivative at the origin is 0.</summary>
        public static Tensor Hypot(Tensor x, Tensor y) => Lift(Scalar.Hypot, x, y);

        /// <summary>x / |x|; x itself where it is 0 or NaN. The derivative is 0.</summary>
        public static Tensor Sign(Tensor x) => Lift(Scalar.Sign, x);

        /// <summary>eˣ - 1, accurate near 0.</summary>
        public static Tensor ExpM1(Tensor x) => Lift(Scalar.Expm1, x);

        /// <summary>ln(1 + x), accurate near 0; NaN below -1.</summary>
        public static Tensor LogP1(Tensor x) => Lift(Scalar.Log1p, x);

        /// <summary>The inverse hyperbolic sine.</summary>
        public static Tensor Asinh(Tensor x) => Lift(Scalar.Asinh, x);

        /// <summary>The inverse hyperbolic cosine; NaN below 1.</summary>
        public static Tensor Acosh(Tensor x) => Lift(Scalar.Acosh, x);

        /// <summary>The inverse hyperbolic tangent; NaN outside -1 … 1.</summary>
        public static Tensor Atanh(Tensor x) => Lift(Scalar.Atanh, x);

        /// <summary>The error function, 2/√π ∫₀ˣ exp(-t²) dt.</summary>
        public static Tensor Erf(Tensor x) => Lift(Scalar.Erf, x);

        /// <summary>1 / √x; NaN below 0.</summary>
        public static Tensor ReciprocalSqrt(Tensor x) => Apply(Activations.rsqrt, x);

        /// <summary>1 / (1 + exp(-x)).</summary>
        public static Tensor Sigmoid(Tensor x) => Apply(Activations.sigmoid, x);

        /// <summary>ln(1 + eˣ) without overflow.</summary>
        public static Tensor Softplus(Tensor x) => Apply(Activations.softplus, x);

        /// <summary>max(x, 0). The derivative at 0 is 0.</summary>
        public static Tensor Relu(Tensor x) => Apply(Activations.relu, x);

        /// <summary>The operand, to derivatives a constant.</summary>
        public static Tensor StopGradient(Tensor x) => Movement.hold(x);
    }

    extension(Tensor x)
    {
        /// <summary>
        /// The nearest values of another data type: to integers towards zero, saturating, NaN to 0; from Int64 to Int32
        /// the low bits; to Bool x ≠ 0.
        /// </summary>
        public Tensor Cast(DType dtype) => Operands.given("Cast", x).DType == dtype ? x : Lift(Scalar.NewCast(dtype), x);
    }
}
