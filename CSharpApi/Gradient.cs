using Functional.FSharp;
using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>Derivatives of functions of structures of tensors; the result has the structure of the argument.</summary>
/// <remarks>
/// Leaves of integers and Bool are held fixed, with zeros in the gradient. A comparison, a rounding, or an op on integers
/// passes nothing on; at a tie the maximum and the minimum halve, at its kink the absolute value gives 0. Derivatives
/// nest, and are traced inside an accelerated function.
/// </remarks>
public static class Gradient
{
    /// <summary>The gradient of a scalar function at a point.</summary>
    /// <exception cref="ShapeException">The result is no floating-point tensor of one element.</exception>
    public static T Of<T>(Func<T, Tensor> function, T at) => Gradients.grad(FSharp(function), at);

    /// <summary>The value of a scalar function at a point, and its gradient there.</summary>
    /// <exception cref="ShapeException">The result is no floating-point tensor of one element.</exception>
    public static (Tensor Value, T Gradient) ValueAndGradient<T>(Func<T, Tensor> function, T at) =>
        Gradients.valueAndGrad(FSharp(function), at).ToValueTuple();

    /// <summary>
    /// The value of a scalar function at a point, what the function returns besides, and the gradient of the value.
    /// </summary>
    /// <exception cref="ShapeException">The value is no floating-point tensor of one element.</exception>
    public static (Tensor Value, TAuxiliary Auxiliary, T Gradient) ValueAndGradient<T, TAuxiliary>(
        Func<T, (Tensor Value, TAuxiliary Auxiliary)> function, T at)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Gradients.valueAuxAndGrad(FSharp<T, Tuple<Tensor, TAuxiliary>>(x => function(x).ToTuple()), at).ToValueTuple();
    }

    /// <summary>
    /// The result at a point, and the vector–Jacobian product: the map from a cotangent of the result to that of the
    /// argument.
    /// </summary>
    /// <exception cref="ShapeException">The map is given a cotangent of another type than the result's.</exception>
    public static (TR Value, Func<TR, T> Pull) Vjp<T, TR>(Func<T, TR> function, T at)
    {
        var (value, pull) = Gradients.vjp(FSharp(function), at);
        return (value, pull.Invoke);
    }

    /// <summary>The result at a point, and the Jacobian–vector product: how the result changes along a tangent.</summary>
    /// <exception cref="ShapeException">The tangent has other types than the argument.</exception>
    public static (TR Value, TR Tangent) Jvp<T, TR>(Func<T, TR> function, T at, T tangent) =>
        Gradients.jvp(FSharp(function), at, tangent).ToValueTuple();

    /// <summary>
    /// All first derivatives: each leaf becomes a tensor with the sizes of the result followed by its own, unformatted.
    /// Costs one reverse pass for each element of the result.
    /// </summary>
    public static T Jacobian<T>(Func<T, Tensor> function, T at) => Gradients.jacobian(FSharp(function), at);

    /// <summary>
    /// A function with a gradient of its own in the place of the derived one. What the rule computes is differentiated where a
    /// higher derivative is taken; so it is right where the rule is.
    /// </summary>
    /// <param name="function">What it computes.</param>
    /// <param name="pull">
    /// Argument, result and the result's cotangent → the argument's. Floating-point tensors of the argument have cotangents,
    /// others are passed over.
    /// </param>
    /// <exception cref="StructureException">
    /// Where a gradient is taken: the rule gives other types than the argument's, or the function uses other tensors that are
    /// differentiated too.
    /// </exception>
    public static Func<T, TR> CustomVjp<T, TR>(Func<T, TR> function, Func<T, TR, TR, T> pull)
    {
        var (f, rule) = (FSharp(function), FuncConvert.FromFunc(pull));
        return x => Gradients.customVjp(f, rule, x);
    }

    /// <summary>The tensors of a structure, to derivatives constants.</summary>
    public static T StopGradient<T>(T x) => Gradients.stopGradient(x);

    /// <summary>All second derivatives of a scalar function of one tensor: its sizes twice, unformatted.</summary>
    /// <exception cref="ShapeException">The result is no floating-point tensor of one element.</exception>
    public static Tensor Hessian(Func<Tensor, Tensor> function, Tensor at) => Gradients.hessian(FSharp(function), at);

    /// <summary>
    /// All second derivatives of a scalar function of a structure: block [i][j] belongs to its floating-point leaves i
    /// and j, and has the sizes of i followed by those of j.
    /// </summary>
    /// <exception cref="ShapeException">The result is no floating-point tensor of one element.</exception>
    public static IReadOnlyList<IReadOnlyList<Tensor>> HessianBlocks<T>(Func<T, Tensor> function, T at) =>
        [.. Gradients.hessianBlocks(FSharp(function), at)];

    /// <summary>The sum of second derivatives of a scalar function by each element: the trace of the Hessian.</summary>
    /// <exception cref="ShapeException">The result is no floating-point tensor of one element.</exception>
    public static Tensor Laplacian<T>(Func<T, Tensor> function, T at) => Gradients.laplacian(FSharp(function), at);

    /// <summary>The sum of ∂fᵢ/∂xᵢ over all elements of a vector field: the trace of the Jacobian.</summary>
    /// <exception cref="ShapeException">The results have other types than the argument, or no floating-point element.</exception>
    public static Tensor Divergence<T>(Func<T, T> function, T at) => Gradients.divergence(FSharp(function), at);

    private static FSharpFunc<T, TR> FSharp<T, TR>(Func<T, TR> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return FuncConvert.FromFunc(function);
    }
}
