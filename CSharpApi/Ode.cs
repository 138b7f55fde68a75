using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>
/// Ordinary differential equations, y' = f(t, y, parameters). State and parameters are structures (tuples, records, lists … of
/// tensors).
/// </summary>
/// <remarks>
/// <para>
/// The function is recorded once for each call, from types alone, so it may not read values; it may use tensors from outside,
/// which are differentiated like parameters. The time that it is given is a scalar of the data type of the state's first
/// tensor. Derivatives of any order are taken by state, parameters and times.
/// </para>
/// <para>
/// Times are two or more. For two the result is the state at the second; for more the states at all but the first, stacked
/// along a new dimension 0, labelled T where the state has labels.
/// </para>
/// </remarks>
public static class Ode
{
    /// <summary>
    /// By the pair of Runge–Kutta methods of orders 5 and 4 of Dormand and Prince (1980), with steps of controlled size;
    /// between steps the continuous extension of order 4 is read. The size of steps depends on values alone, so an
    /// accelerated call takes the very steps of a direct one, without a new trace.
    /// </summary>
    /// <param name="function">Time, state and parameters → the slope of the state.</param>
    /// <param name="times">A vector, which ascends or descends throughout.</param>
    /// <param name="start">The state at the first time.</param>
    /// <param name="parameters">What the slope depends on besides.</param>
    /// <param name="options">
    /// Tolerances (relative ones below 100 ulp of the state's data type are taken as that), sizes of steps, the mode of the
    /// gradient; null for the defaults.
    /// </param>
    /// <exception cref="OdeException">
    /// Times do not follow one another, a state or slope is not finite, a step shrinks to nothing, or steps are too many.
    /// </exception>
    /// <exception cref="StructureException">The state has no tensor.</exception>
    /// <exception cref="DTypeException">State or times are no floating-point numbers.</exception>
    /// <exception cref="ShapeException">There are not two times or more.</exception>
    /// <exception cref="ControlFlowException">The slope is not of the state's types, or the function draws.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static TState Solve45<TState, TParameters>(
        Func<Tensor, TState, TParameters, TState> function,
        Tensor times,
        TState start,
        TParameters parameters,
        OdeOptions? options = null) =>
        Solving.solve45((options ?? new()).ToCore(), FSharp(function), times, start, parameters);

    /// <summary>The same for times at hand.</summary>
    /// <inheritdoc cref="Solve45{TState, TParameters}(Func{Tensor, TState, TParameters, TState}, Tensor, TState, TParameters, OdeOptions)"/>
    public static TState Solve45<TState, TParameters>(
        Func<Tensor, TState, TParameters, TState> function,
        IReadOnlyList<double> times,
        TState start,
        TParameters parameters,
        OdeOptions? options = null) =>
        Solve45(function, Vector(times), start, parameters, options);

    /// <summary>
    /// Euler's method: from each time to the next in so many steps of one size, each y + h · f(t, y). The error is of the order
    /// of a step. Nothing is checked of times and values.
    /// </summary>
    /// <param name="function">Time, state and parameters → the slope of the state.</param>
    /// <param name="times">A vector.</param>
    /// <param name="start">The state at the first time.</param>
    /// <param name="parameters">What the slope depends on besides.</param>
    /// <param name="steps">The number of steps from each time to the next, at least 1.</param>
    /// <exception cref="StructureException">The state has no tensor.</exception>
    /// <exception cref="DTypeException">The state is no floating-point number.</exception>
    /// <exception cref="ShapeException">There are not two times or more.</exception>
    /// <exception cref="ControlFlowException">The slope is not of the state's types.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no steps.</exception>
    public static TState Euler<TState, TParameters>(
        Func<Tensor, TState, TParameters, TState> function,
        Tensor times,
        TState start,
        TParameters parameters,
        int steps = 1) =>
        Solving.euler(steps, FSharp(function), times, start, parameters);

    /// <summary>The same for times at hand.</summary>
    /// <inheritdoc cref="Euler{TState, TParameters}(Func{Tensor, TState, TParameters, TState}, Tensor, TState, TParameters, int)"/>
    public static TState Euler<TState, TParameters>(
        Func<Tensor, TState, TParameters, TState> function,
        IReadOnlyList<double> times,
        TState start,
        TParameters parameters,
        int steps = 1) =>
        Euler(function, Vector(times), start, parameters, steps);

    /// <summary>
    /// The classical Runge–Kutta method: from each time to the next in so many steps of one size, four slopes each. The error
    /// is of the order of the fourth power of a step. Nothing is checked of times and values.
    /// </summary>
    /// <inheritdoc cref="Euler{TState, TParameters}(Func{Tensor, TState, TParameters, TState}, Tensor, TState, TParameters, int)"/>
    public static TState RungeKutta4<TState, TParameters>(
        Func<Tensor, TState, TParameters, TState> function,
        Tensor times,
        TState start,
        TParameters parameters,
        int steps = 1) =>
        Solving.rungeKutta4(steps, FSharp(function), times, start, parameters);

    /// <summary>The same for times at hand.</summary>
    /// <inheritdoc cref="Euler{TState, TParameters}(Func{Tensor, TState, TParameters, TState}, Tensor, TState, TParameters, int)"/>
    public static TState RungeKutta4<TState, TParameters>(
        Func<Tensor, TState, TParameters, TState> function,
        IReadOnlyList<double> times,
        TState start,
        TParameters parameters,
        int steps = 1) =>
        RungeKutta4(function, Vector(times), start, parameters, steps);

    private static Tensor Vector(IReadOnlyList<double> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        return Tensor.Create<double>([.. times], [times.Count]);
    }

    private static FSharpFunc<Tensor, FSharpFunc<TState, FSharpFunc<TParameters, TState>>> FSharp<TState, TParameters>(
        Func<Tensor, TState, TParameters, TState> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return FuncConvert.FromFunc(function);
    }
}
