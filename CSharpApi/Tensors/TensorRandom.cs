namespace Functional;

/// <summary>
/// Random draws from the current generator, <see cref="Generator.Current"/>. Plain ones are numbers at once: inside a trace
/// they are constants, repeated for ever. Those like a tensor are drawn by what the tensor belongs to: like a traced
/// tensor, anew at each replay; like a concrete one, plainly. Other sizes and labels than the tensor's may be given. All
/// throw <see cref="DTypeException"/> for data types other than Float32 and Float64.
/// </summary>
public static class TensorRandom
{
    private static TensorType TypeOf(DType dtype, IEnumerable<int> shape, string format) =>
        new(dtype, shape, Format.Parse(format));

    private static TensorType TypeLike(Tensor like, IEnumerable<int>? shape, string format) =>
        shape is null ? like.Type : TypeOf(like.DType, shape, format);

    extension(Tensor)
    {
        /// <summary>Uniform in [0, 1).</summary>
        public static Tensor Random(IEnumerable<int> shape, string format = "", DType dtype = DType.Float32) =>
            Uniform.draw(Direct.Instance, TypeOf(dtype, shape, format));

        /// <summary>Uniform in [0, 1), like a tensor.</summary>
        public static Tensor RandomLike(Tensor like, IEnumerable<int>? shape = null, string format = "") =>
            Uniform.draw(Operands.given("RandomLike", like).Interpreter, TypeLike(like, shape, format));

        /// <summary>Of mean 0 and variance 1 (Box and Muller, 1958).</summary>
        public static Tensor RandomNormal(IEnumerable<int> shape, string format = "", DType dtype = DType.Float32) =>
            Uniform.normal(Direct.Instance, TypeOf(dtype, shape, format));

        /// <summary>Of mean 0 and variance 1 (Box and Muller, 1958), like a tensor.</summary>
        public static Tensor RandomNormalLike(Tensor like, IEnumerable<int>? shape = null, string format = "") =>
            Uniform.normal(Operands.given("RandomNormalLike", like).Interpreter, TypeLike(like, shape, format));

        /// <summary>Bool, true with a probability.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
        public static Tensor RandomBernoulli(double probability, IEnumerable<int> shape, string format = "") =>
            Uniform.bernoulli(Direct.Instance, probability, TypeOf(DType.Float32, shape, format));

        /// <summary>Bool, true with a probability, like a tensor of any data type.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
        public static Tensor RandomBernoulliLike(
            double probability, Tensor like, IEnumerable<int>? shape = null, string format = "") =>
            Uniform.bernoulli(Operands.given("RandomBernoulliLike", like).Interpreter, probability, TypeLike(like, shape, format));
    }
}
