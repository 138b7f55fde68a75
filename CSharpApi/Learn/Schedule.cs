using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using F = Functional.FSharp.Schedule;

namespace Functional;

/// <summary>Learning rates by the number of the step, from 0 on.</summary>
public static class Schedule
{
    private static Func<long, double> Of(FSharpFunc<long, double> schedule) => schedule.Invoke;

    /// <summary>The same for all steps.</summary>
    public static Func<long, double> Constant(double rate) => n => F.constant(rate, n);

    /// <summary>rate · factor^⌊n / steps⌋.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no step.</exception>
    public static Func<long, double> Step(double rate, double factor, long steps) => Of(F.step(rate, factor, steps));

    /// <summary>rate · factorⁿ.</summary>
    public static Func<long, double> Exponential(double rate, double factor) => n => F.exponential(rate, factor, n);

    /// <summary>rate / (1 + decay · n).</summary>
    public static Func<long, double> InverseTime(double rate, double decay) => n => F.inverseTime(rate, decay, n);

    /// <summary>A first rate, and others from some steps on, in any order.</summary>
    public static Func<long, double> Piecewise(double rate, params IEnumerable<(long From, double Rate)> changes) =>
        Of(F.piecewise(rate, ListModule.OfSeq(changes.Select(change => change.ToTuple()))));

    /// <summary>From one rate to another in so many steps: last + (first - last) · (1 - n / steps)^power.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no step.</exception>
    public static Func<long, double> Polynomial(double first, double last, double power, long steps) =>
        Of(F.polynomial(first, last, power, steps));

    /// <summary>From one rate to another in so many steps, along half a cosine (Loshchilov and Hutter, 2017, eq. 5).</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no step.</exception>
    public static Func<long, double> Cosine(double first, double last, long steps) => Of(F.cosine(first, last, steps));

    /// <summary>So many steps on which the first rate of another schedule is reached, in equal parts, and then that schedule.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no step.</exception>
    public static Func<long, double> Warmup(long steps, Func<long, double> schedule) =>
        Of(F.warmup(steps, FuncConvert.FromFunc(schedule)));
}
