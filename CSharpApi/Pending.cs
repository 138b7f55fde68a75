using Microsoft.FSharp.Collections;
namespace Functional;

/// <summary>Stands in for the doors of tensors.</summary>
public static class PendingTensors
{
    extension(Tensor)
    {
        /// <summary>.</summary>
        public static Tensor Create<T>(T[] data, string format, params int[] sizes) => FSharp.Tensor.create(sizes, format, data);
        /// <summary>.</summary>
        public static Tensor Full(double value, string format, params int[] sizes) => FSharp.Tensor.create(sizes, format, Enumerable.Repeat((float)value, sizes.Aggregate(1, (a, b) => a * b)).ToArray());
        /// <summary>.</summary>
        public static Tensor Where(Tensor c, Tensor a, Tensor b) => Elementwise.lift(Scalar.Where, ListModule.OfSeq([c, a, b]));
        /// <summary>.</summary>
        public static Tensor NormalLike(Tensor x) => Uniform.normal(x.Interpreter, x.Type);
    }
    extension(Tensor x)
    {
        /// <summary>.</summary>
        public T[] ToArray<T>() => FSharp.Tensor.toArray<T>(x);
    }
}
