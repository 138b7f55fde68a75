namespace Functional.FSharp

open Functional

/// The same elements in other sizes, orders and labels; tensors put together and taken apart. Labels stay with their
/// dimensions. Negative dimension numbers count from the end; all throw DimensionException for one that is not there.
[<AutoOpen>]
module ArrangingFunctions =
    /// Sizes, orders, labels; together and apart.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// The same elements in row-major order in other sizes, unformatted. One size may be -1: what is left.
        /// Throws ShapeException where the number of elements differs.
        let reshape (sizes: int list) (x: Tensor) : Tensor = Arranging.reshape sizes "" x

        /// Dimension k of the result is dimension `order[k]` of x: [a; b; c] by [2; 0; 1] → [c; a; b].
        let permute (order: int list) (x: Tensor) : Tensor = Arranging.permute order x

        /// The dimensions in the order of these labels; equal labels keep their order.
        /// Throws TensorFormatException unless x has just these labels.
        let arrange (labels: string) (x: Tensor) : Tensor = Arranging.arrange labels x

        /// The last two dimensions change places: [… ; n; m] → [… ; m; n].
        let transpose (x: Tensor) : Tensor = Arranging.transpose x

        /// Two dimensions change places.
        let swapDims a b (x: Tensor) : Tensor = Arranging.swap a b x

        /// One dimension moves to another place; the others keep their order.
        let moveDim source destination (x: Tensor) : Tensor = Arranging.moveDim source destination x

        /// Repeated to these sizes, aligned from the last dimension. New dimensions get the label U if x has labels.
        /// Throws ShapeException unless sizes are equal, or 1 in x.
        let broadcastTo (sizes: int list) (x: Tensor) : Tensor = Arranging.broadcastTo sizes x

        /// A new dimension of size 1 at a place (-1: after the last), labelled U if x has labels.
        let expandDims place (x: Tensor) : Tensor = Arranging.expandDims place x

        /// Without these dimensions, of size 1 each.
        /// Throws ShapeException for any other size.
        let squeeze (dims: int list) (x: Tensor) : Tensor = Arranging.squeeze dims x

        /// Without any dimension of size 1.
        let squeezeAll (x: Tensor) : Tensor = Arranging.squeezeAll x

        /// One after another along a dimension: types are alike apart from that dimension's size.
        /// Throws ShapeException, TensorFormatException or DTypeException where they are not, ShapeException for no tensor.
        let concat dim (xs: Tensor list) : Tensor = Arranging.concat dim xs

        /// Tensors of one type side by side along a new dimension (-1: after the last), labelled U if they have labels.
        /// Throws as `concat` does.
        let stack place (xs: Tensor list) : Tensor = Arranging.stack place xs

        /// Parts of these sizes, one after another, along a dimension.
        /// Throws ShapeException unless the sizes add up to the dimension's.
        let split dim (sizes: int list) (x: Tensor) : Tensor list = Arranging.split dim sizes x

        /// So many parts along a dimension, of sizes that differ by at most 1, the larger ones first.
        /// Throws ShapeException for fewer than one.
        let chunk dim count (x: Tensor) : Tensor list = Arranging.chunk dim count x

        /// The whole tensor so many times over along each dimension: sizes [a; b] by [2; 1] → [2a; b].
        /// Throws ShapeException unless there is a count of at least 0 for each dimension.
        let tile (counts: int list) (x: Tensor) : Tensor = Arranging.tile counts x

        /// Each element so many times in a row along a dimension: a b → a a b b.
        /// Throws ShapeException for a negative count.
        let repeat dim count (x: Tensor) : Tensor = Arranging.repeat dim count x
