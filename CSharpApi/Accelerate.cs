using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>
/// Makes functions of structures of tensors fast: traced once for each signature of their arguments, replayed from then on.
/// </summary>
/// <remarks>
/// An argument or a result is a tensor, or any nesting of tuples, records, arrays, lists and dictionaries with tensors at
/// the leaves. The values of other leaves (numbers, strings, enums) belong to the signature: a new value makes a new trace.
/// Accelerated and direct calls give the same bits. The function must be pure: what it reads from elsewhere is a constant
/// of the trace, what it writes is written while tracing only.
/// </remarks>
public static class Accelerate
{
    /// <summary>Accelerates a function of one argument.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T, TR> Function<T, TR>(
        Func<T, TR> function, AccelerationOptions? options = null) =>
        new(FuncConvert.FromFunc(Required(function)), (options ?? new()).ToCore());

    /// <summary>Accelerates a function of two arguments.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T1, T2, TR> Function<T1, T2, TR>(
        Func<T1, T2, TR> function, AccelerationOptions? options = null) =>
        new(Required(function), options ?? new());

    /// <summary>Accelerates a function of three arguments.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T1, T2, T3, TR> Function<T1, T2, T3, TR>(
        Func<T1, T2, T3, TR> function, AccelerationOptions? options = null) =>
        new(Required(function), options ?? new());

    /// <summary>Accelerates a function of four arguments.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T1, T2, T3, T4, TR> Function<T1, T2, T3, T4, TR>(
        Func<T1, T2, T3, T4, TR> function, AccelerationOptions? options = null) =>
        new(Required(function), options ?? new());

    /// <summary>Accelerates a function of five arguments.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T1, T2, T3, T4, T5, TR> Function<T1, T2, T3, T4, T5, TR>(
        Func<T1, T2, T3, T4, T5, TR> function, AccelerationOptions? options = null) =>
        new(Required(function), options ?? new());

    /// <summary>Accelerates a function of six arguments.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T1, T2, T3, T4, T5, T6, TR> Function<T1, T2, T3, T4, T5, T6, TR>(
        Func<T1, T2, T3, T4, T5, T6, TR> function, AccelerationOptions? options = null) =>
        new(Required(function), options ?? new());

    /// <summary>Accelerates a function of seven arguments.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T1, T2, T3, T4, T5, T6, T7, TR> Function<T1, T2, T3, T4, T5, T6, T7, TR>(
        Func<T1, T2, T3, T4, T5, T6, T7, TR> function, AccelerationOptions? options = null) =>
        new(Required(function), options ?? new());

    /// <summary>Accelerates a function of eight arguments.</summary>
    /// <param name="function">The function; it runs now and again to be traced, and where acceleration is off.</param>
    /// <param name="options">How traces are kept; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The function is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The cache size is less than 1.</exception>
    public static AcceleratedFunction<T1, T2, T3, T4, T5, T6, T7, T8, TR> Function<T1, T2, T3, T4, T5, T6, T7, T8, TR>(
        Func<T1, T2, T3, T4, T5, T6, T7, T8, TR> function, AccelerationOptions? options = null) =>
        new(Required(function), options ?? new());

    private static TFunction Required<TFunction>(TFunction? function, [CallerArgumentExpression(nameof(function))] string name = "")
        where TFunction : Delegate
    {
        ArgumentNullException.ThrowIfNull(function, name);
        return function;
    }
}
