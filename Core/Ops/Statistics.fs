namespace Functional

/// Reductions that are compositions; for all of them no dimensions means every dimension.
[<RequireQualifiedAccess>]
module internal Statistics =
    /// The dimensions named, by number, ascending; all where none is.
    let dimensions op (t: TensorType) dims =
        match dims with
        | [] -> [ 0 .. t.Rank - 1 ]
        | _ -> Labels.dimensions op t dims

    /// The dimensions that have these labels.
    let labelled op (t: TensorType) (labels: string) =
        labels |> Seq.distinct |> Seq.collect (Labels.find op t) |> List.ofSeq

    /// Applies an op of reduction.
    let reduce op (make: int list -> Op) dims (x: Tensor) =
        Define.apply (make (dimensions op (given op x).Type dims)) [ x ]

    let sum dims x = reduce "Sum" Movement.sum dims x
    let product dims x = reduce "Product" Reductions.product dims x
    let max dims x = reduce "Max" Reductions.max dims x
    let min dims x = reduce "Min" Reductions.min dims x
    let any dims x = reduce "Any" Reductions.any dims x
    let all dims x = reduce "All" Reductions.all dims x

    /// A reduction whose dimensions stay, with size 1.
    let keep (reduce: int list -> Tensor -> Tensor) dims (Given "Keep" x) =
        let dims = dimensions "Keep" x.Type dims
        let sizes = [ for k in 0 .. x.Rank - 1 -> if List.contains k dims then 1 else x.Shape[k] ]
        Define.apply (Movement.reshape sizes x.Format) [ reduce dims x ]

    /// Refuses what has no fractions.
    let floating op (Given op x) =
        if not (Scalars.isFloating x.DType) then
            Labels.dtypeError op [ x.Type ] $"{x.DType} has no fractions" "cast the tensor to Float32 or Float64"

    let private count (x: Tensor) dims = dims |> List.fold (fun n d -> n * float x.Shape[d]) 1.

    let mean dims (Given "Mean" x) =
        floating "Mean" x
        sum dims x / count x (dimensions "Mean" x.Type dims)

    /// By the squares of the differences from the mean: the difference of squares would cancel.
    let variance (correction: int) dims (Given "Variance" x) =
        floating "Variance" x
        let dims = dimensions "Variance" x.Type dims
        let difference = x - Movement.spread x.Type dims (mean dims x)
        sum dims (difference * difference) / (count x dims - float correction)

    let deviation correction dims (x: Tensor) = Tensor.Sqrt(variance correction dims x)

    let private select condition a b = Elementwise.lift Where [ condition; a; b ]
    let private number (x: Tensor) value = Tensor.Literal(x.DType, value)

    /// Shifted by the greatest, so that no exponential overflows; an infinite shift would make ∞ - ∞. The shift cancels,
    /// so that no derivative is taken of it.
    let logSumExp dims (Given "LogSumExp" x) =
        floating "LogSumExp" x
        let dims = dimensions "LogSumExp" x.Type dims
        let greatest = Movement.hold (max dims x)
        let shift = select (Tensor.op_LessThan (Tensor.Abs greatest, infinity)) greatest (number x 0.)
        Tensor.Log(sum dims (Tensor.Exp(x - Movement.spread x.Type dims shift))) + shift

    /// The root has no slope at 0; with the root of 1 in its place, the slope of the norm there is 0.
    let norm dims (x: Tensor) =
        floating "Norm" x
        let squares = sum dims (x * x)
        let isZero = Elementwise.lift Equal [ squares; number x 0. ]
        select isZero squares (Tensor.Sqrt(select isZero (number x 1.) squares))
