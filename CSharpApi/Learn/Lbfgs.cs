using Microsoft.FSharp.Core;
using F = Functional.FSharp.Lbfgs;

namespace Functional;

/// <summary>
/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal, 1980; by MathNet.Numerics), for losses that are
/// the same whenever they are computed: over all data, without draws.
/// </summary>
public static class Lbfgs
{
    /// <summary>
    /// The parameters, all floating-point leaves that are no state, of the least loss that it finds from these on. Loss and
    /// gradient are accelerated.
    /// </summary>
    /// <exception cref="ShapeException">The loss is no single number.</exception>
    /// <exception cref="StructureException">There is no floating-point parameter.</exception>
    public static LbfgsResult<T> Minimise<T>(Func<T, Tensor> loss, T start, LbfgsOptions? options = null) =>
        F.minimise(options ?? LbfgsOptions.Default, FuncConvert.FromFunc(loss), start);
}
