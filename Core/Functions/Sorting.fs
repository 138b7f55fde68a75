namespace Functional.FSharp

open Functional

/// Order, and running totals and products, along a dimension (negative: from the end). NaN counts as greatest, -0 equals 0.
/// All throw DimensionException for a dimension that is not there.
[<AutoOpen>]
module SortingFunctions =
    /// Order; running totals and products.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// x in ascending order, and the positions (Int64) where its elements stood; both of x's sizes and labels. Equals
        /// keep their order, NaN comes last. The derivative goes back to where each element stood.
        let sort dim (x: Tensor) : Tensor * Tensor = Sorting.sort false dim x

        /// x in descending order, and the positions (Int64) where its elements stood. Equals keep their order, NaN comes
        /// first.
        let sortDescending dim (x: Tensor) : Tensor * Tensor = Sorting.sort true dim x

        /// The positions (Int64) that would sort x in ascending order: x's sizes and labels. Equals keep their order.
        let argsort dim (x: Tensor) : Tensor = Sorting.argSortBy false dim x

        /// The k greatest elements in descending order, and their positions (Int64). The first of equals win. Costs a whole
        /// sort.
        /// Throws DimensionException for a k outside 0 … the dimension's size.
        let topk k dim (x: Tensor) : Tensor * Tensor = Sorting.topK true k dim x

        /// The position (Int64) of the greatest element; the dimension disappears with its label. The first of equals; of
        /// NaN, if there is one. Has no derivative.
        /// Throws ShapeException for an empty dimension, DTypeException for Bool.
        let argmax dim (x: Tensor) : Tensor = Sorting.argMaxAt dim x

        /// The position (Int64) of the least element; the dimension disappears with its label. The first of equals; of NaN,
        /// if there is one. Has no derivative.
        /// Throws ShapeException for an empty dimension, DTypeException for Bool.
        let argmin dim (x: Tensor) : Tensor = Sorting.argMinAt dim x

        /// Running totals, y[k] = x[0] + … + x[k]. Integers wrap around; not for Bool (DTypeException).
        let cumsum dim (x: Tensor) : Tensor = Scans.cumulativeSum false false dim x

        /// Running totals; `exclusive` without the element itself, so that the first is 0; `reverse` from the last on.
        let cumsumWith (exclusive: bool) (reverse: bool) dim (x: Tensor) : Tensor =
            Scans.cumulativeSum exclusive reverse dim x

        /// Running products, y[k] = x[0] · … · x[k]. The derivative is right where elements are 0, and takes O(n log n) time.
        /// Not for Bool (DTypeException).
        let cumprod dim (x: Tensor) : Tensor = Scans.cumulativeProduct false false dim x

        /// Running products; `exclusive` without the element itself, so that the first is 1; `reverse` from the last on.
        let cumprodWith (exclusive: bool) (reverse: bool) dim (x: Tensor) : Tensor =
            Scans.cumulativeProduct exclusive reverse dim x

        /// The greatest so far, y[k] = max(x[0], …, x[k]); NaN from the first NaN on. Of equals the first takes the derivative.
        /// Not for Bool (DTypeException).
        let cummax dim (x: Tensor) : Tensor = Running.greatest dim x

        /// The least so far, as `cummax`.
        let cummin dim (x: Tensor) : Tensor = Running.least dim x

        /// Logarithms of running totals, y[k] = ln (e^x[0] + … + e^x[k]), without overflow; -∞ as long as all elements are.
        /// Takes O(n log n) time. Throws DTypeException for what is no floating-point number.
        let logCumSumExp dim (x: Tensor) : Tensor = Running.logSumExp dim x

        /// Differences of neighbours, x[k + 1] - x[k], `order` times over: the dimension is that much shorter.
        /// Throws DimensionException for an order below 0.
        let diff order dim (x: Tensor) : Tensor = Running.difference order dim x

        /// For each value how many numbers of a row [n] in ascending order are less (`right`: not greater), Int64: where it
        /// would be inserted. NaN counts as greatest. Takes O(log n) a value. No derivative.
        /// Throws ShapeException for what is no row, DTypeException where data types differ.
        let searchSorted (right: bool) (sorted: Tensor) (values: Tensor) : Tensor = Searching.places right values sorted

        /// What runs through given points: values [n; …] at places [n] in ascending order → values at the queries [q…]:
        /// [q…; …], a value of NaN at a query that is NaN. The derivative goes to places, values and queries (none to queries
        /// where the method has steps).
        /// Throws ShapeException for fewer than two points or other sizes, DTypeException unless all have one floating-point type.
        let interpolate method beyond (places: Tensor) (values: Tensor) (queries: Tensor) : Tensor =
            Interpolating.along method beyond places values queries

        /// Any of these, or another function of a dimension and a tensor, along the dimension with a label:
        /// `x |> Tensor.along 'C' Tensor.argmax`.
        /// Throws DimensionException unless just one dimension has the label.
        let along (label: char) (f: int -> Tensor -> 'R) (x: Tensor) : 'R =
            f (Labels.single "Along" (given "Along" x).Type label) x

        /// 0 … n - 1 in random order, Int64, by a plain draw from the current generator: inside a trace a constant.
        /// Throws ShapeException for a negative n.
        let permutation n : Tensor = Uniform.permutation Direct.Instance n

        /// 0 … n - 1 in random order, Int64, drawn by what a tensor belongs to: like a traced one, anew at each replay.
        /// Throws ShapeException for a negative n.
        let permutationLike (like: Tensor) n : Tensor = Uniform.permutation (given "PermutationLike" like).Interpreter n
