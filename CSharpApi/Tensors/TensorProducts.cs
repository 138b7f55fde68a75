using Microsoft.FSharp.Collections;

namespace Functional;

/// <summary>
/// Sums of products. Dimensions that meet have equal sizes (<see cref="ShapeException"/>), operands one data type and not
/// Bool (<see cref="DTypeException"/>). Labels stay with their dimensions; where a result would have C, B or T twice,
/// <see cref="TensorFormatException"/>.
/// </summary>
public static class TensorProducts
{
    extension(Tensor)
    {
        /// <summary>
        /// The matrix product of the last two dimensions, [… ; n; k] × [… ; k; m] → [… ; n; m]. Leading dimensions are kept
        /// side by side, at equal sizes or 1. A vector is a row on the left and a column on the right, and that dimension
        /// disappears. By position.
        /// </summary>
        public static Tensor MatMul(Tensor a, Tensor b) => Contractions.matmul(a, b);

        /// <summary>
        /// The sum of products over the dimensions with these labels; dimensions of other labels that both have are kept
        /// side by side. Result: those, the left's rest, the right's rest.
        /// </summary>
        /// <exception cref="DimensionException">A label is not there, or not equally often.</exception>
        public static Tensor Contract(string labels, Tensor a, Tensor b) => Contractions.byLabel(labels, a, b);

        /// <summary>
        /// Sums of products by subscripts, a letter for each dimension of each operand: "bij,bjk->bik". Letters that the
        /// result lacks are summed over; without "->" the result has the letters that stand once, in alphabetical order.
        /// Operands are contracted from the left.
        /// </summary>
        /// <exception cref="ShapeException">The subscripts do not fit, or one operand has a letter twice.</exception>
        public static Tensor Einsum(string subscripts, params ReadOnlySpan<Tensor> operands) =>
            Functional.Einsum.apply(subscripts, ListModule.OfArray(operands.ToArray()));

        /// <summary>Σ aᵢ bᵢ of two vectors.</summary>
        public static Tensor Dot(Tensor a, Tensor b) => Contractions.dot(a, b);

        /// <summary>Every element of one times every element of the other: [m…] × [n…] → [m…; n…].</summary>
        public static Tensor Outer(Tensor a, Tensor b) => Contractions.outer(a, b);
    }
}
