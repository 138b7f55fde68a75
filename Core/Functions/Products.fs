namespace Functional.FSharp

open Functional

/// Sums of products. Dimensions that meet have equal sizes (ShapeException), operands one data type and not Bool
/// (DTypeException). Labels stay with their dimensions; where a result would have C, B or T twice, TensorFormatException.
[<AutoOpen>]
module ProductFunctions =
    /// Sums of products.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// The matrix product of the last two dimensions, [… ; n; k] × [… ; k; m] → [… ; n; m]; leading dimensions are kept
        /// side by side, at equal sizes or 1. A vector is a row on the left and a column on the right, and that dimension
        /// disappears. By position.
        let matmul (a: Tensor) (b: Tensor) : Tensor = Contractions.matmul a b

        /// The sum of products over the dimensions with these labels; dimensions of other labels that both have are kept
        /// side by side. Result: those, the left's rest, the right's rest.
        /// Throws DimensionException where a label is not there, or not equally often.
        let contract (labels: string) (a: Tensor) (b: Tensor) : Tensor = Contractions.byLabel labels a b

        /// Sums of products by subscripts, a letter for each dimension of each operand: "bij,bjk->bik". Letters that the
        /// result lacks are summed over; without "->" the result has the letters that stand once, in alphabetical order.
        /// Operands are contracted from the left.
        /// Throws ShapeException for subscripts that do not fit, or with a letter twice in one operand.
        let einsum (subscripts: string) (operands: Tensor list) : Tensor = Einsum.apply subscripts operands

        /// Σ aᵢ bᵢ of two vectors.
        let dot (a: Tensor) (b: Tensor) : Tensor = Contractions.dot a b

        /// Every element of one times every element of the other: [m…] × [n…] → [m…; n…].
        let outer (a: Tensor) (b: Tensor) : Tensor = Contractions.outer a b
