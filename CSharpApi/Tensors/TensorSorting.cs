namespace Functional;

/// <summary>Order, and running totals and products, along a dimension.</summary>
/// <remarks>
/// NaN counts as greatest, -0 equals 0. Negative dimension numbers count from the end; all methods throw
/// <see cref="DimensionException"/> for a dimension that is not there, or a label that is not there just once.
/// </remarks>
public static class TensorSorting
{
    extension(Tensor x)
    {
        /// <summary>
        /// The elements in order, and the positions (Int64) where they stood; both of this tensor's sizes and labels. Equals
        /// keep their order; NaN comes last, in descending order first. The derivative goes back to where each element stood.
        /// </summary>
        public (Tensor Values, Tensor Indices) Sort(int dim = -1, bool descending = false) =>
            Sorting.sort(descending, dim, x).ToValueTuple();

        /// <summary>The elements in order along the dimension with a label, as along its number.</summary>
        public (Tensor Values, Tensor Indices) Sort(char label, bool descending = false) =>
            Sorting.sort(descending, Dimensions.At("Sort", x, label), x).ToValueTuple();

        /// <summary>The positions (Int64) that would put the elements in order. Equals keep their order.</summary>
        public Tensor ArgSort(int dim = -1, bool descending = false) => Sorting.argSortBy(descending, dim, x);

        /// <summary>The positions that would put the elements in order along the dimension with a label, as along its number.</summary>
        public Tensor ArgSort(char label, bool descending = false) =>
            Sorting.argSortBy(descending, Dimensions.At("ArgSort", x, label), x);

        /// <summary>
        /// The k greatest elements in descending order (or the least in ascending order), and their positions (Int64). The
        /// first of equals win. Costs a whole sort.
        /// </summary>
        /// <exception cref="DimensionException">k is outside 0 … the dimension's size.</exception>
        public (Tensor Values, Tensor Indices) TopK(int k, int dim = -1, bool greatest = true) =>
            Sorting.topK(greatest, k, dim, x).ToValueTuple();

        /// <summary>The k greatest elements along the dimension with a label, as along its number.</summary>
        /// <exception cref="DimensionException">k is outside 0 … the dimension's size.</exception>
        public (Tensor Values, Tensor Indices) TopK(int k, char label, bool greatest = true) =>
            Sorting.topK(greatest, k, Dimensions.At("TopK", x, label), x).ToValueTuple();

        /// <summary>
        /// The position (Int64) of the greatest element; the dimension disappears with its label. The first of equals; of
        /// NaN, if there is one. Has no derivative.
        /// </summary>
        /// <exception cref="ShapeException">The dimension is empty.</exception>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor ArgMax(int dim = -1) => Sorting.argMaxAt(dim, x);

        /// <summary>The position of the greatest element along the dimension with a label, as along its number.</summary>
        public Tensor ArgMax(char label) => Sorting.argMaxAt(Dimensions.At("ArgMax", x, label), x);

        /// <summary>
        /// The position (Int64) of the least element; the dimension disappears with its label. The first of equals; of NaN,
        /// if there is one. Has no derivative.
        /// </summary>
        /// <exception cref="ShapeException">The dimension is empty.</exception>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor ArgMin(int dim = -1) => Sorting.argMinAt(dim, x);

        /// <summary>The position of the least element along the dimension with a label, as along its number.</summary>
        public Tensor ArgMin(char label) => Sorting.argMinAt(Dimensions.At("ArgMin", x, label), x);

        /// <summary>
        /// Running totals, y[k] = x[0] + … + x[k]; <paramref name="exclusive"/> without x[k], so that y[0] = 0;
        /// <paramref name="reverse"/> from the last element on. Integers wrap around.
        /// </summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumSum(int dim, bool exclusive = false, bool reverse = false) =>
            Scans.cumulativeSum(exclusive, reverse, dim, x);

        /// <summary>Running totals along the dimension with a label, as along its number.</summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumSum(char label, bool exclusive = false, bool reverse = false) =>
            Scans.cumulativeSum(exclusive, reverse, Dimensions.At("CumSum", x, label), x);

        /// <summary>
        /// Running products, as <c>CumSum</c>; exclusive ones begin with 1. The derivative is right where elements are 0,
        /// and takes O(n log n) time.
        /// </summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumProd(int dim, bool exclusive = false, bool reverse = false) =>
            Scans.cumulativeProduct(exclusive, reverse, dim, x);

        /// <summary>Running products along the dimension with a label, as along its number.</summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumProd(char label, bool exclusive = false, bool reverse = false) =>
            Scans.cumulativeProduct(exclusive, reverse, Dimensions.At("CumProd", x, label), x);

        /// <summary>
        /// The greatest so far, y[k] = max(x[0], …, x[k]); NaN from the first NaN on. Of equals the first takes the derivative.
        /// </summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumMax(int dim) => Running.greatest(dim, x);

        /// <summary>The greatest so far along the dimension with a label.</summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumMax(char label) => Running.greatest(Dimensions.At("CumMax", x, label), x);

        /// <summary>The least so far, as <c>CumMax</c>.</summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumMin(int dim) => Running.least(dim, x);

        /// <summary>The least so far along the dimension with a label.</summary>
        /// <exception cref="DTypeException">The elements are Bool.</exception>
        public Tensor CumMin(char label) => Running.least(Dimensions.At("CumMin", x, label), x);

        /// <summary>
        /// Logarithms of running totals, y[k] = ln (e^x[0] + … + e^x[k]), without overflow; -∞ as long as all elements are. Takes
        /// O(n log n) time.
        /// </summary>
        /// <exception cref="DTypeException">The elements are no floating-point numbers.</exception>
        public Tensor LogCumSumExp(int dim) => Running.logSumExp(dim, x);

        /// <summary>Logarithms of running totals along the dimension with a label.</summary>
        /// <exception cref="DTypeException">The elements are no floating-point numbers.</exception>
        public Tensor LogCumSumExp(char label) => Running.logSumExp(Dimensions.At("LogCumSumExp", x, label), x);

        /// <summary>Differences of neighbours, x[k + 1] - x[k], so many times over: the dimension is that much shorter.</summary>
        /// <exception cref="DimensionException">The order is below 0.</exception>
        public Tensor Diff(int dim = -1, int order = 1) => Running.difference(order, dim, x);

        /// <summary>Differences of neighbours along the dimension with a label.</summary>
        /// <exception cref="DimensionException">The order is below 0.</exception>
        public Tensor Diff(char label, int order = 1) => Running.difference(order, Dimensions.At("Diff", x, label), x);

        /// <summary>
        /// For each value how many of these numbers, a row in ascending order, are less (<paramref name="right"/>: not greater),
        /// Int64: where it would be inserted. NaN counts as greatest. Takes O(log n) a value. No derivative.
        /// </summary>
        /// <exception cref="ShapeException">This is no row.</exception>
        /// <exception cref="DTypeException">The data types differ.</exception>
        public Tensor SearchSorted(Tensor values, bool right = false) => Searching.places(right, values, x);

        /// <summary>
        /// What runs through given points: values [n; …] at places [n] in ascending order → values at the queries [q…]: [q…; …], NaN
        /// at a query that is NaN. The derivative goes to places, values and queries (none to queries where the method has steps).
        /// </summary>
        /// <exception cref="ShapeException">There are fewer than two points, or not a value for each place.</exception>
        /// <exception cref="DTypeException">They are not all of one floating-point type.</exception>
        public static Tensor Interpolate(
            Tensor places,
            Tensor values,
            Tensor queries,
            InterpolationMethod method = InterpolationMethod.Linear,
            Beyond beyond = Beyond.NaN) => Interpolating.along(method, beyond, places, values, queries);

        /// <summary>
        /// 0 … n - 1 in random order, Int64, by a plain draw from the current generator: inside a trace a constant.
        /// </summary>
        /// <exception cref="ShapeException">n is negative.</exception>
        public static Tensor Permutation(int n) => Uniform.permutation(Direct.Instance, n);

        /// <summary>
        /// 0 … n - 1 in random order, Int64, drawn by what this tensor belongs to: like a traced one, anew at each replay.
        /// </summary>
        /// <exception cref="ShapeException">n is negative.</exception>
        public Tensor PermutationLike(int n) => Uniform.permutation(Operands.given("PermutationLike", x).Interpreter, n);
    }
}
