namespace Functional.CSharp.Tests;

/// <summary>Short names for the tensors of the tests.</summary>
internal static class Tensors
{
    public static Tensor F32(params float[] elements) => Tensor.Create(elements, [elements.Length]);

    public static Tensor F64(params double[] elements) => Tensor.Create(elements, [elements.Length]);

    public static Tensor I32(params int[] elements) => Tensor.Create(elements, [elements.Length]);

    public static Tensor Bools(params bool[] elements) => Tensor.Create(elements, [elements.Length]);

    public static Tensor Scalar(double element) => Tensor.Scalar(element);

    public static T[] Elements<T>(Tensor x) => x.ToArray<T>();
}
