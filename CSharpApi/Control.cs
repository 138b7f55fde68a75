using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>
/// Structured control flow: branches and loops that are part of a trace, whatever values they depend on. Without it a
/// condition in the host language, <c>if</c> or <c>while</c>, makes a trace for each path.
/// </summary>
/// <remarks>
/// A body is a function of structures (tuples, records, lists … of tensors). It is recorded once for each call, from types
/// alone, so it may not read values; it may use tensors from outside, draw, differentiate, and contain control flow. Draws
/// like its tensors are new in each iteration, and the same in direct and accelerated calls. All throw
/// <see cref="ControlFlowException"/> where branches or iterations differ in structure or types.
/// </remarks>
public static class Control
{
    /// <summary>
    /// One of two functions of x, by a Bool of one element; the other does not run. Unlike <c>Tensor.Where</c>, which chooses
    /// element by element and computes both.
    /// </summary>
    public static TR Cond<T, TR>(Tensor predicate, Func<T, TR> whenTrue, Func<T, TR> whenFalse, T x) =>
        Structured.cond(predicate, FSharp(whenTrue), FSharp(whenFalse), x);

    /// <summary>Repeats the body as long as the condition, a Bool of one element, holds.</summary>
    /// <param name="start">What the first iteration is given.</param>
    /// <param name="condition">Whether there is another iteration.</param>
    /// <param name="body">What an iteration leaves to the next.</param>
    /// <param name="maxIterations">
    /// The greatest number of iterations; null for any. Only with a number has the loop a gradient, which keeps room for that
    /// many iterations of what is carried.
    /// </param>
    /// <exception cref="ControlFlowException">A gradient is taken of a loop without a greatest number of iterations.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of iterations is negative.</exception>
    public static T WhileLoop<T>(T start, Func<T, Tensor> condition, Func<T, T> body, int? maxIterations = null) =>
        Structured.whileLoop(
            maxIterations is { } count ? FSharpOption<int>.Some(count) : FSharpOption<int>.None, FSharp(condition), FSharp(body), start);

    /// <summary>Repeats the body a number of times; it is given the number of the iteration, Int64 from 0 on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number of iterations is negative.</exception>
    public static T Repeat<T>(int iterations, T start, Func<Tensor, T, T> body) =>
        Structured.repeat(iterations, FSharp(body), start);

    /// <summary>
    /// From slice to slice along a dimension: carry and slice → next carry, and an output. The carry at last, and the outputs
    /// stacked along that dimension (or their last, where they have fewer), with its label if they have any. The gradient
    /// keeps the carry of each iteration, and computes the body two times more.
    /// </summary>
    /// <param name="start">What the first iteration is given.</param>
    /// <param name="xs">Tensors of the same size along the dimension.</param>
    /// <param name="body">Carry and slice → next carry, and an output.</param>
    /// <param name="dim">The dimension of each tensor, a negative one from the end.</param>
    /// <param name="backward">From the last slice to the first; each output stays with its slice.</param>
    /// <exception cref="DimensionException">A tensor has no such dimension.</exception>
    public static (TCarry Carry, TOutput Outputs) Scan<TCarry, T, TOutput>(
        TCarry start, T xs, Func<TCarry, T, (TCarry, TOutput)> body, int dim = 0, bool backward = false) =>
        Structured.scan(backward, Along(dim), Pairs(body), start, xs).ToValueTuple();

    /// <summary>The same along the dimension with a label: <c>'T'</c> goes through time.</summary>
    /// <param name="start">What the first iteration is given.</param>
    /// <param name="xs">Tensors of the same size along the dimension.</param>
    /// <param name="body">Carry and slice → next carry, and an output.</param>
    /// <param name="label">The label of the dimension.</param>
    /// <param name="backward">From the last slice to the first; each output stays with its slice.</param>
    /// <exception cref="DimensionException">A tensor has no dimension with the label, or several.</exception>
    public static (TCarry Carry, TOutput Outputs) Scan<TCarry, T, TOutput>(
        TCarry start, T xs, Func<TCarry, T, (TCarry, TOutput)> body, char label, bool backward = false) =>
        Structured.scan(backward, Over(label), Pairs(body), start, xs).ToValueTuple();

    /// <summary>A scan without outputs.</summary>
    /// <param name="start">What the first iteration is given.</param>
    /// <param name="xs">Tensors of the same size along the dimension.</param>
    /// <param name="body">Carry and slice → next carry.</param>
    /// <param name="dim">The dimension of each tensor, a negative one from the end.</param>
    /// <param name="backward">From the last slice to the first.</param>
    /// <exception cref="DimensionException">A tensor has no such dimension.</exception>
    public static TCarry Fold<TCarry, T>(TCarry start, T xs, Func<TCarry, T, TCarry> body, int dim = 0, bool backward = false) =>
        Structured.scan(backward, Along(dim), Pairs(body), start, xs).Item1;

    /// <summary>The same along the dimension with a label.</summary>
    /// <param name="start">What the first iteration is given.</param>
    /// <param name="xs">Tensors of the same size along the dimension.</param>
    /// <param name="body">Carry and slice → next carry.</param>
    /// <param name="label">The label of the dimension.</param>
    /// <param name="backward">From the last slice to the first.</param>
    /// <exception cref="DimensionException">A tensor has no dimension with the label, or several.</exception>
    public static TCarry Fold<TCarry, T>(TCarry start, T xs, Func<TCarry, T, TCarry> body, char label, bool backward = false) =>
        Structured.scan(backward, Over(label), Pairs(body), start, xs).Item1;

    /// <summary>
    /// A function whose draws, like tensors that depend on x, are a pure function of a key: the same key, the same numbers, in
    /// direct and accelerated calls. <c>Tensor.Key</c> makes keys, <c>Tensor.SplitKey</c> more of one; as arguments of an
    /// accelerated function they are explicit generators.
    /// </summary>
    /// <exception cref="ControlFlowException">The key is no Int64 of one element.</exception>
    public static TR WithKey<T, TR>(Tensor key, Func<T, TR> function, T x) => Structured.keyed(key, FSharp(function), x);

    private static FSharpFunc<TensorType, int> Along(int dim) => FSharp((TensorType type) => Structured.dimension(dim, type));

    private static FSharpFunc<TensorType, int> Over(char label) => FSharp((TensorType type) => Structured.labelled(label, type));

    private static FSharpFunc<T, TR> FSharp<T, TR>(Func<T, TR> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return FuncConvert.FromFunc(function);
    }

    private static FSharpFunc<T1, FSharpFunc<T2, TR>> FSharp<T1, T2, TR>(Func<T1, T2, TR> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return FuncConvert.FromFunc(function);
    }

    private static FSharpFunc<TCarry, FSharpFunc<T, Tuple<TCarry, TOutput>>> Pairs<TCarry, T, TOutput>(
        Func<TCarry, T, (TCarry, TOutput)> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return FSharp((TCarry carry, T x) => body(carry, x).ToTuple());
    }

    private static FSharpFunc<TCarry, FSharpFunc<T, Tuple<TCarry, Tensor[]>>> Pairs<TCarry, T>(Func<TCarry, T, TCarry> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return FSharp((TCarry carry, T x) => Tuple.Create(body(carry, x), Array.Empty<Tensor>()));
    }
}
