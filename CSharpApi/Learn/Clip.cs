using F = Functional.FSharp.Clip;

namespace Functional;

/// <summary>Gradients kept small, as pure functions over structures. Of a NaN nothing is small.</summary>
public static class Clip
{
    /// <summary>Each element between -limit and limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static T ByValue<T>(double limit, T gradient) => F.byValue(limit, gradient);

    /// <summary>Each tensor at most as long as the limit, by its Euclidean norm.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static T ByNorm<T>(double limit, T gradient) => F.byNorm(limit, gradient);

    /// <summary>
    /// All tensors together at most as long as the limit, by their Euclidean norm (Pascanu, Mikolov and Bengio, 2013).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static T ByGlobalNorm<T>(double limit, T gradient) => F.byGlobalNorm(limit, gradient);
}
