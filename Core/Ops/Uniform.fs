namespace Functional

/// Random draws: ops without operands; what else is drawn follows from them.
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
          Pull = fun _ _ _ _ -> []
          Kernel = Random }

    /// Independent and uniform over all integers of 64 bits.
    let bits (t: TensorType) : Op =
        let infer (_: TensorType list) =
            if t.DType <> DType.Int64 then
                Labels.dtypeError "Bits" [ t ] $"{t.DType} has not 64 bits to draw" "draw Int64"

            [ t ]

        let eval draw (_: TensorType list) (_: Lanes list) =
            [ fun i -> Whole(int64 (Philox.lane draw (int (position (List.ofArray t.Sizes) i)))) ]

        { Name = "Bits"
          Attributes = [ "type", box t ]
          Infer = infer
          Eval = eval
          Pull = fun _ _ _ _ -> []
          Kernel = Random }

    /// The key of what structured control flow draws.
    let key (by: Interpreter) = by.Apply(bits (TensorType(DType.Int64, [])), []).Head

    /// The key by which iteration n of a loop draws: of the loop's key, and of n.
    let foldIn: Op =
        let derive (key: int64) (n: int64) =
            int64 (Philox.derive { Key = uint64 key; Position = 0UL } Philox.Iteration n)

        let infer (types: TensorType list) =
            for t in types do
                if t.DType <> DType.Int64 then
                    Labels.dtypeError "FoldIn" types "a key and a number are whole" "cast them to Int64"
            if types[0] <> types[1] then
                Labels.shapeError "FoldIn" types "each key takes one number" "give as many numbers as keys"
            types.Head

        let eval _ (lanes: Lanes list) i =
            match lanes[0].At i, lanes[1].At i with
            | Whole key, Whole n -> Whole(derive key n)
            | _ -> invalidOp "keys are whole"

        let run _ _ (arrays: System.Array list) : System.Array list =
            [ Array.map2 derive (arrays[0] :?> int64 array) (arrays[1] :?> int64 array) ]

        Define.op "FoldIn" [] (Opaque run) infer eval Define.noPull

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
            Sample = fun _ t -> if Scalars.isFloating t.DType then Some(op t, []) else None }
          { Name = "Bits"
            Family = "random"
            Summary = "Independent draws, uniform over all integers of 64 bits."
            Sample = fun _ t -> if t.DType = DType.Int64 then Some(bits t, []) else None }
          { Name = "FoldIn"
            Family = "random"
            Summary = "A key made of a key and a number."
            Sample = fun _ t -> if t.DType = DType.Int64 then Some(foldIn, [ Operand.any t; Operand.any t ]) else None } ]
