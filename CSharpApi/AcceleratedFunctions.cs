using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>An accelerated function of two arguments.</summary>
public sealed class AcceleratedFunction<T1, T2, TR> : AcceleratedFunction<(T1, T2), TR>
{
    internal AcceleratedFunction(Func<T1, T2, TR> function, AccelerationOptions options)
        : base(FuncConvert.FromFunc<(T1, T2), TR>(x => function(x.Item1, x.Item2)), options.ToCore())
    {
    }

    /// <summary>Calls the function: by a trace made before for such arguments, or by a new one.</summary>
    public TR Invoke(T1 x1, T2 x2) => Invoke((x1, x2));

    /// <summary>The accelerated function as a delegate.</summary>
    public static implicit operator Func<T1, T2, TR>(AcceleratedFunction<T1, T2, TR> function) =>
        function.Invoke;
}

/// <summary>An accelerated function of three arguments.</summary>
public sealed class AcceleratedFunction<T1, T2, T3, TR> : AcceleratedFunction<(T1, T2, T3), TR>
{
    internal AcceleratedFunction(Func<T1, T2, T3, TR> function, AccelerationOptions options)
        : base(
            FuncConvert.FromFunc<(T1, T2, T3), TR>(
                x => function(x.Item1, x.Item2, x.Item3)),
            options.ToCore())
    {
    }

    /// <summary>Calls the function: by a trace made before for such arguments, or by a new one.</summary>
    public TR Invoke(T1 x1, T2 x2, T3 x3) => Invoke((x1, x2, x3));

    /// <summary>The accelerated function as a delegate.</summary>
    public static implicit operator Func<T1, T2, T3, TR>(AcceleratedFunction<T1, T2, T3, TR> function) =>
        function.Invoke;
}

/// <summary>An accelerated function of four arguments.</summary>
public sealed class AcceleratedFunction<T1, T2, T3, T4, TR> : AcceleratedFunction<(T1, T2, T3, T4), TR>
{
    internal AcceleratedFunction(Func<T1, T2, T3, T4, TR> function, AccelerationOptions options)
        : base(
            FuncConvert.FromFunc<(T1, T2, T3, T4), TR>(
                x => function(x.Item1, x.Item2, x.Item3, x.Item4)),
            options.ToCore())
    {
    }

    /// <summary>Calls the function: by a trace made before for such arguments, or by a new one.</summary>
    public TR Invoke(T1 x1, T2 x2, T3 x3, T4 x4) => Invoke((x1, x2, x3, x4));

    /// <summary>The accelerated function as a delegate.</summary>
    public static implicit operator Func<T1, T2, T3, T4, TR>(AcceleratedFunction<T1, T2, T3, T4, TR> function) =>
        function.Invoke;
}

/// <summary>An accelerated function of five arguments.</summary>
public sealed class AcceleratedFunction<T1, T2, T3, T4, T5, TR> : AcceleratedFunction<(T1, T2, T3, T4, T5), TR>
{
    internal AcceleratedFunction(Func<T1, T2, T3, T4, T5, TR> function, AccelerationOptions options)
        : base(
            FuncConvert.FromFunc<(T1, T2, T3, T4, T5), TR>(
                x => function(x.Item1, x.Item2, x.Item3, x.Item4, x.Item5)),
            options.ToCore())
    {
    }

    /// <summary>Calls the function: by a trace made before for such arguments, or by a new one.</summary>
    public TR Invoke(T1 x1, T2 x2, T3 x3, T4 x4, T5 x5) => Invoke((x1, x2, x3, x4, x5));

    /// <summary>The accelerated function as a delegate.</summary>
    public static implicit operator Func<T1, T2, T3, T4, T5, TR>(AcceleratedFunction<T1, T2, T3, T4, T5, TR> function) =>
        function.Invoke;
}

/// <summary>An accelerated function of six arguments.</summary>
public sealed class AcceleratedFunction<T1, T2, T3, T4, T5, T6, TR> : AcceleratedFunction<(T1, T2, T3, T4, T5, T6), TR>
{
    internal AcceleratedFunction(Func<T1, T2, T3, T4, T5, T6, TR> function, AccelerationOptions options)
        : base(
            FuncConvert.FromFunc<(T1, T2, T3, T4, T5, T6), TR>(
                x => function(x.Item1, x.Item2, x.Item3, x.Item4, x.Item5, x.Item6)),
            options.ToCore())
    {
    }

    /// <summary>Calls the function: by a trace made before for such arguments, or by a new one.</summary>
    public TR Invoke(T1 x1, T2 x2, T3 x3, T4 x4, T5 x5, T6 x6) => Invoke((x1, x2, x3, x4, x5, x6));

    /// <summary>The accelerated function as a delegate.</summary>
    public static implicit operator Func<T1, T2, T3, T4, T5, T6, TR>(AcceleratedFunction<T1, T2, T3, T4, T5, T6, TR> function) =>
        function.Invoke;
}

/// <summary>An accelerated function of seven arguments.</summary>
public sealed class AcceleratedFunction<T1, T2, T3, T4, T5, T6, T7, TR> : AcceleratedFunction<(T1, T2, T3, T4, T5, T6, T7), TR>
{
    internal AcceleratedFunction(Func<T1, T2, T3, T4, T5, T6, T7, TR> function, AccelerationOptions options)
        : base(
            FuncConvert.FromFunc<(T1, T2, T3, T4, T5, T6, T7), TR>(
                x => function(x.Item1, x.Item2, x.Item3, x.Item4, x.Item5, x.Item6, x.Item7)),
            options.ToCore())
    {
    }

    /// <summary>Calls the function: by a trace made before for such arguments, or by a new one.</summary>
    public TR Invoke(T1 x1, T2 x2, T3 x3, T4 x4, T5 x5, T6 x6, T7 x7) => Invoke((x1, x2, x3, x4, x5, x6, x7));

    /// <summary>The accelerated function as a delegate.</summary>
    public static implicit operator Func<T1, T2, T3, T4, T5, T6, T7, TR>(AcceleratedFunction<T1, T2, T3, T4, T5, T6, T7, TR> function) =>
        function.Invoke;
}

/// <summary>An accelerated function of eight arguments.</summary>
public sealed class AcceleratedFunction<T1, T2, T3, T4, T5, T6, T7, T8, TR> : AcceleratedFunction<(T1, T2, T3, T4, T5, T6, T7, T8), TR>
{
    internal AcceleratedFunction(Func<T1, T2, T3, T4, T5, T6, T7, T8, TR> function, AccelerationOptions options)
        : base(
            FuncConvert.FromFunc<(T1, T2, T3, T4, T5, T6, T7, T8), TR>(
                x => function(x.Item1, x.Item2, x.Item3, x.Item4, x.Item5, x.Item6, x.Item7, x.Item8)),
            options.ToCore())
    {
    }

    /// <summary>Calls the function: by a trace made before for such arguments, or by a new one.</summary>
    public TR Invoke(T1 x1, T2 x2, T3 x3, T4 x4, T5 x5, T6 x6, T7 x7, T8 x8) => Invoke((x1, x2, x3, x4, x5, x6, x7, x8));

    /// <summary>The accelerated function as a delegate.</summary>
    public static implicit operator Func<T1, T2, T3, T4, T5, T6, T7, T8, TR>(AcceleratedFunction<T1, T2, T3, T4, T5, T6, T7, T8, TR> function) =>
        function.Invoke;
}
