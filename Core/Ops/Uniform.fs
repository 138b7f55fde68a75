namespace Functional

/// Random draws: one op without operands; what else is drawn follows from it.
[<RequireQualifiedAccess>]
module internal Uniform =
    let private position sizes i = List.fold2 (fun p size i -> p * int64 size + int64 i) 0L sizes i

    /// Independent and uniform in [0, 1).
    let op (t: TensorType) : Op =
        let infer (_: TensorType list) =
            if not (Scalars.isFloating t.DType) then
                Labels.dtypeError "Uniform" [ t ] $"{t.DType} has no numbers between 0 and 1" "draw Float32 or Float64"

            [ t ]

        let eval draw (_: TensorType list) (_: Lanes list) =
            [ fun i -> Real(Philox.uniform t.DType (Philox.lane draw (int (position (List.ofArray t.Sizes) i)))) ]

        { Name = "Uniform"
          Attributes = [ "type", box t ]
          Infer = infer
          Eval = eval
          Pull = fun _ _ _ _ -> None
          Kernel = Random }

    /// Drawn by an interpreter, which alone knows what a draw is to it: numbers at once, or a node drawn anew at each
    /// replay.
    let draw (by: Interpreter) t = by.Apply(op t, []).Head

    /// A draw of a tensor's type, by what it belongs to.
    let like op (draw: Interpreter -> TensorType -> Tensor) (like: Tensor) =
        let like = given op like in draw like.Interpreter like.Type

    /// Of mean 0 and variance 1: Box and Muller, "A note on the generation of random normal deviates", 1958. The
    /// logarithm's operand, 1 - u, is never 0.
    let normal (by: Interpreter) t =
        let radius = Tensor.Sqrt(-2. * Tensor.Log(1. - draw by t))
        radius * Tensor.Cos(2. * System.Math.PI * draw by t)

    /// True with probability p.
    let bernoulli (by: Interpreter) p (t: TensorType) =
        if not (p >= 0. && p <= 1.) then
            raise (System.ArgumentOutOfRangeException(nameof p, p, "a probability is between 0 and 1"))

        let dtype = if Scalars.isFloating t.DType then t.DType else DType.Float32
        Tensor.op_LessThan (draw by (TensorType(dtype, t.Sizes, t.Format)), p)

    /// 0 … n - 1 in random order, Int64: the order of n draws. Two of them are equal once in 2^53 times; those stay in order.
    let permutation (by: Interpreter) n =
        Define.apply (Sorting.argSort 0 false) [ draw by (TensorType(DType.Float64, [ n ])) ]

    let entries: Entry list =
        [ { Name = "Uniform"
            Family = "random"
            Summary = "Independent draws, uniform in [0, 1)."
            Sample = fun _ t -> if Scalars.isFloating t.DType then Some(op t, []) else None } ]
