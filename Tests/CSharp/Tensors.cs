namespace Functional.CSharp.Tests;

/// <summary>Short names for the tensors of the tests.</summary>
internal static class Tensors
{
    public static Tensor F32(params float[] elements) => FSharp.Tensor.create([elements.Length], "", elements);

    public static Tensor F64(params double[] elements) => FSharp.Tensor.create([elements.Length], "", elements);

    public static Tensor I32(params int[] elements) => FSharp.Tensor.create([elements.Length], "", elements);

    public static Tensor Bools(params bool[] elements) => FSharp.Tensor.create([elements.Length], "", elements);

    public static Tensor Scalar(double element) => FSharp.Tensor.create([], "", new[] { element });

    public static T[] Elements<T>(Tensor x) => FSharp.Tensor.toArray<T>(x);
}
