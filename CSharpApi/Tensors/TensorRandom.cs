namespace Functional;

/// <summary>
/// Random draws from the current generator, <see cref="Generator.Current"/>, or from one that is named. Plain ones are numbers at once: inside a trace
/// they are constants, repeated for ever. Those like a tensor are drawn by what the tensor belongs to: like a traced
/// tensor, anew at each replay; like a concrete one, plainly. Other sizes and labels than the tensor's may be given. All
/// throw <see cref="DTypeException"/> for data types other than Float32 and Float64. Like a traced tensor only the current
/// generator is drawn from, or a key; a named one throws <see cref="GeneratorException"/>, as no replay would advance it.
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
        public static Tensor Random(IEnumerable<int> shape, string format = "", DType dtype = DType.Float32, Generator? generator = null) =>
            Uniform.draw(Drawer.plain(generator), TypeOf(dtype, shape, format));

        /// <summary>Uniform in [0, 1), like a tensor.</summary>
        public static Tensor RandomLike(Tensor like, IEnumerable<int>? shape = null, string format = "", Generator? generator = null) =>
            Uniform.draw(Drawer.like(generator, Operands.given("RandomLike", like)), TypeLike(like, shape, format));

        /// <summary>Of mean 0 and variance 1 (Box and Muller, 1958).</summary>
        public static Tensor RandomNormal(IEnumerable<int> shape, string format = "", DType dtype = DType.Float32, Generator? generator = null) =>
            Uniform.normal(Drawer.plain(generator), TypeOf(dtype, shape, format));

        /// <summary>Of mean 0 and variance 1 (Box and Muller, 1958), like a tensor.</summary>
        public static Tensor RandomNormalLike(Tensor like, IEnumerable<int>? shape = null, string format = "", Generator? generator = null) =>
            Uniform.normal(Drawer.like(generator, Operands.given("RandomNormalLike", like)), TypeLike(like, shape, format));

        /// <summary>Bool, true with a probability.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
        public static Tensor RandomBernoulli(double probability, IEnumerable<int> shape, string format = "", Generator? generator = null) =>
            Uniform.bernoulli(Drawer.plain(generator), probability, TypeOf(DType.Float32, shape, format));

        /// <summary>Bool, true with a probability, like a tensor of any data type.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
        public static Tensor RandomBernoulliLike(
            double probability, Tensor like, IEnumerable<int>? shape = null, string format = "", Generator? generator = null) =>
            Uniform.bernoulli(Drawer.like(generator, Operands.given("RandomBernoulliLike", like)), probability, TypeLike(like, shape, format));

        /// <summary>A key, an Int64 scalar, drawn from a generator: an argument for functions that draw by <see cref="Control.WithKey"/>.</summary>
        public static Tensor Key(Generator generator)
        {
            ArgumentNullException.ThrowIfNull(generator);
            return Uniform.key(Drawer.plain(generator));
        }

        /// <summary>n keys made of one, each with draws of its own: [n] Int64, for example to scan over.</summary>
        public static Tensor SplitKey(int n, Tensor key) => Keyed.split(n, Operands.given("SplitKey", key));
    }
}
