using Functional;

namespace Hazards;

/// <summary>The hazards of caching traces, after "Custom Layer Function Acceleration", and what helps.</summary>
internal static class Catalogue
{
    private static readonly Tensor True = Tensor.Scalar(true), False = Tensor.Scalar(false);

    private static Tensor Vector(params float[] elements) => Tensor.Create<float>(elements, [elements.Length]);

    private static Tensor FuncA(Tensor x) => 2 * x;

    private static Tensor FuncB(Tensor x) => x - 10;

    private static readonly IReadOnlyList<(Tensor, Tensor)> Same = [.. Enumerable.Repeat((Vector(1, 2), True), 3)];

    private static readonly IReadOnlyList<(Tensor, Tensor)> Conditions = [(Vector(1, 2), True), (Vector(1, 2), False), (Vector(3, 4), True)];

    private static readonly IReadOnlyList<(Tensor, Tensor)> Values = [(Vector(3, 4), True), (Vector(0.5f, 0.5f), True), (Vector(30, 40), True)];

    /// <summary>External state that some hazards read.</summary>
    private static double scale = 1;

    public static IReadOnlyList<Hazard> All { get; } =
    [
        new("noise: a plain draw, rand(sz)", (x, _) => new PlainNoise().Predict(x), Same, Guarded: false, Frozen: false),
        new("noise: drawn like the input, rand(sz, \"like\", X)", (x, _) => new LikeNoise().Predict(x), Same),
        new("if tf: a condition on a value", (x, tf) => (bool)tf ? FuncA(x) : FuncB(x), Conditions, Frozen: false),
        new("if tf, as mask arithmetic: tf*A + ~tf*B",
            (x, tf) => tf.Cast(DType.Float32) * FuncA(x) + (!tf).Cast(DType.Float32) * FuncB(x), Conditions),
        new("if tf, as concatenation and logical indexing: cat(A, B)(:, [tf ~tf])",
            (x, tf) => Tensor.Stack([FuncA(x), FuncB(x)], 1).Compress(1, Tensor.Stack([tf, !tf]), count: 1).Squeeze(1), Conditions),
        new("if tf, as Control.Cond: one branch runs", (x, tf) => Control.Cond(tf, FuncA, FuncB, x), Conditions),
        new("while: a loop on values", (x, _) =>
        {
            while ((bool)(x.Norm() > 1)) x = x / 2;
            return x;
        }, Values, Frozen: false),
        new("while, as Control.WhileLoop: one trace", (x, _) => Control.WhileLoop(x, y => y.Norm() > 1, y => y / 2), Values),
        new("a condition on a random draw", (x, _) => (bool)(Tensor.RandomLike(x).Sum() > 1) ? FuncA(x) : FuncB(x), [.. Same, .. Same], Frozen: false),
        new("an external value: a static variable", (x, _) => x * scale, Same, Guarded: false, Frozen: false, Between: () => scale *= 2),
        new("a loop over the elements of an array, by its size", (x, _) =>
        {
            Tensor total = Tensor.ZerosLike(x.Slice(Slice.At(0)));
            for (var k = 0; k < x.Shape[0]; k++) total = total + x.Slice(Slice.At(k));
            return total;
        }, Values),
    ];

    /// <summary>Sets what hazards change back to where it began.</summary>
    public static void Reset() => scale = 1;
}
