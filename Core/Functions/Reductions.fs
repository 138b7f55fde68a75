namespace Functional.FSharp

open Functional

/// Reductions: of dimensions by number (negative: from the end), which disappear with their labels; of all where none is
/// named. All throw DimensionException for a dimension that is not there, or named twice, and DTypeException for data types
/// that they are not defined for.
[<AutoOpen>]
module ReductionFunctions =
    /// Reductions of dimensions.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// Σ x; of nothing 0, of nothing but -0 -0; integers wrap around. Not for Bool: cast to count.
        let sum (dims: int list) (x: Tensor) : Tensor = Statistics.sum dims x

        /// Π x; of nothing 1; integers wrap around. The derivative is right where elements are 0, and takes O(n) time.
        let product (dims: int list) (x: Tensor) : Tensor = Statistics.product dims x

        /// The greatest element; NaN where any is. Equal ones share the derivative equally.
        /// Throws ShapeException where there are none.
        let max (dims: int list) (x: Tensor) : Tensor = Statistics.max dims x

        /// The least element; NaN where any is. Equal ones share the derivative equally.
        /// Throws ShapeException where there are none.
        let min (dims: int list) (x: Tensor) : Tensor = Statistics.min dims x

        /// True where at least one element is; of nothing false. For Bool.
        let any (dims: int list) (x: Tensor) : Tensor = Statistics.any dims x

        /// True where every element is; of nothing true. For Bool.
        let all (dims: int list) (x: Tensor) : Tensor = Statistics.all dims x

        /// Σ x / n; of nothing NaN.
        let mean (dims: int list) (x: Tensor) : Tensor = Statistics.mean dims x

        /// Σ (x - mean)² / (n - correction): correction 0 for a whole population, 1 for the unbiased estimate from a sample.
        let variance (correction: int) (dims: int list) (x: Tensor) : Tensor = Statistics.variance correction dims x

        /// The root of the variance. Where that is 0, the derivative is NaN.
        let standardDeviation (correction: int) (dims: int list) (x: Tensor) : Tensor =
            Statistics.deviation correction dims x

        /// The number that a share q (0 to 1) of the elements are not greater than, by sorting: at position q·(n - 1), between two
        /// elements as the method says. NaN where any element is. The derivative goes to those elements.
        /// Throws ShapeException where there are no elements, DimensionException for a q outside.
        let quantile method q (dims: int list) (x: Tensor) : Tensor = Descriptive.quantile method q dims x

        /// The quantile of ½: the middle element, or the mean of the two.
        let median (dims: int list) (x: Tensor) : Tensor = Descriptive.median dims x

        /// Covariances between variables, the last dimension besides that of the observations: Σ (x - mean)(y - mean) / (n -
        /// correction), [… ; n; c] or [… ; c; n] → [… ; c; c]; correction as for the variance. Other dimensions are a batch.
        /// Throws DimensionException for fewer than two dimensions.
        let covariance (correction: int) observations (x: Tensor) : Tensor =
            Descriptive.covariance correction observations x

        /// Pearson's correlations between variables, as `covariance`: -1 to 1 but for rounding, NaN for a variable that is
        /// constant.
        let correlation observations (x: Tensor) : Tensor = Descriptive.correlation observations x

        /// ln Σ eˣ without overflow; -∞ where all elements are.
        /// Throws ShapeException where there are none.
        let logSumExp (dims: int list) (x: Tensor) : Tensor = Statistics.logSumExp dims x

        /// √Σ x², the Euclidean norm; ∞ where the squares overflow. The derivative at 0 is 0.
        let norm (dims: int list) (x: Tensor) : Tensor = Statistics.norm dims x

        /// A reduction by labels: `x |> Tensor.over "S" Tensor.mean` takes all dimensions labelled S.
        /// Throws DimensionException for a label that is not there.
        let over (labels: string) (reduce: int list -> Tensor -> 'R) (x: Tensor) : 'R =
            reduce (Statistics.labelled "Over" x.Type labels) x

        /// A reduction whose dimensions stay, with size 1 and their labels: `x - Tensor.keep Tensor.mean [ 1 ] x`, or by
        /// labels `x - Tensor.over "C" (Tensor.keep Tensor.mean) x`.
        let keep (reduce: int list -> Tensor -> Tensor) (dims: int list) (x: Tensor) : Tensor =
            Statistics.keep reduce dims x
