namespace Functional;

/// <summary>Tensors from the host language's data, and back. No format means an unformatted tensor.</summary>
public static class TensorCreation
{
    private static TensorType TypeOf(DType dtype, IEnumerable<int> shape, string format) =>
        new(dtype, shape, Format.Parse(format));

    extension(Tensor)
    {
        /// <summary>A tensor of these sizes; the data, in row-major order, are copied.</summary>
        /// <exception cref="ShapeException">The number of elements is not the product of the sizes.</exception>
        /// <exception cref="DTypeException">The elements are no float, double, int, long or bool.</exception>
        /// <exception cref="TensorFormatException">The format does not label the sizes one by one.</exception>
        public static Tensor Create<T>(ReadOnlySpan<T> data, IEnumerable<int> shape, string format = "") =>
            HostData.ofSpan(data, shape, Format.Parse(format));

        /// <summary>A tensor with the sizes of an array of any number of dimensions, or of arrays of arrays.</summary>
        /// <exception cref="ShapeException">Inner arrays differ in length.</exception>
        /// <exception cref="DTypeException">The elements are no float, double, int, long or bool.</exception>
        public static Tensor Create(Array data, string format = "") => HostData.ofNested(data, Format.Parse(format));

        /// <summary>One number without dimensions.</summary>
        /// <exception cref="DTypeException">The value is no float, double, int, long or bool.</exception>
        public static Tensor Scalar<T>(T value) => HostData.ofSpan<T>([value], [], Format.None);

        /// <summary>The same number everywhere, as the data type stores it. Takes the memory of one element.</summary>
        public static Tensor Full(
            IEnumerable<int> shape, double value, string format = "", DType dtype = DType.Float32) =>
            HostData.constant(TypeOf(dtype, shape, format), value);

        /// <summary>0 everywhere.</summary>
        public static Tensor Zeros(IEnumerable<int> shape, string format = "", DType dtype = DType.Float32) =>
            HostData.constant(TypeOf(dtype, shape, format), 0);

        /// <summary>1 everywhere.</summary>
        public static Tensor Ones(IEnumerable<int> shape, string format = "", DType dtype = DType.Float32) =>
            HostData.constant(TypeOf(dtype, shape, format), 1);

        /// <summary>The same number everywhere, with data type, sizes and format of a tensor.</summary>
        public static Tensor FullLike(Tensor like, double value) =>
            Functional.FSharp.Creation.Tensor.fullLike(like, value);

        /// <summary>0 everywhere, with data type, sizes and format of a tensor.</summary>
        public static Tensor ZerosLike(Tensor like) => Tensor.FullLike(like, 0);

        /// <summary>1 everywhere, with data type, sizes and format of a tensor.</summary>
        public static Tensor OnesLike(Tensor like) => Tensor.FullLike(like, 1);

        /// <summary>The identity matrix: n × n, 1 on the diagonal, 0 elsewhere.</summary>
        public static Tensor Eye(int n, DType dtype = DType.Float32) => HostData.eye(dtype, n);

        /// <summary>start, start + step, … as far as before stop; each start + k · step, computed in Float64.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The step is 0 or NaN.</exception>
        public static Tensor Range(double start, double stop, double step = 1, DType dtype = DType.Float32) =>
            HostData.arange(dtype, start, stop, step);

        /// <summary>Evenly spaced numbers, first and last included; of one, the first.</summary>
        /// <exception cref="ShapeException">The count is negative.</exception>
        public static Tensor Linspace(double first, double last, int count, DType dtype = DType.Float32) =>
            HostData.linspace(dtype, first, last, count);
    }

    extension(Tensor x)
    {
        /// <summary>
        /// A copy of the elements in row-major order. Of a traced tensor this is a host read, which guards the trace.
        /// </summary>
        /// <exception cref="DTypeException">The elements are no T.</exception>
        public T[] ToArray<T>() => HostData.toArray<T>(x);

        /// <summary>The only element. Of a traced tensor this is a host read, which guards the trace.</summary>
        /// <exception cref="ShapeException">There are more elements, or none.</exception>
        /// <exception cref="DTypeException">The element is no T.</exception>
        public T ToScalar<T>() => HostData.toScalar<T>(x);

        /// <summary>The numbers of the dimensions with a label, ascending.</summary>
        public IReadOnlyList<int> FindDimensions(char label) => [.. Labels.places(Operands.given("FindDimensions", x).Type, label)];

        /// <summary>The same elements and sizes without labels.</summary>
        public Tensor StripDimensions() => Movement.relabel(Format.None, x);

        /// <summary>The same elements and sizes under other labels.</summary>
        /// <exception cref="TensorFormatException">The format does not label the dimensions one by one.</exception>
        public Tensor WithFormat(string format) => Movement.relabel(Format.Parse(format), x);
    }
}
