namespace Functional

/// Running totals and products along a dimension.
[<RequireQualifiedAccess>]
module internal Scans =
    /// Elements first … first + count - 1 of a dimension.
    let part dim first count (x: Tensor) =
        Define.apply
            (Movement.slice [ for k in 0 .. x.Rank - 1 -> if k = dim then first, 1, count else 0, 1, x.Type.Sizes[k] ])
            [ x ]

    let reversed dim (x: Tensor) =
        Define.apply
            (Movement.slice
                [ for k in 0 .. x.Rank - 1 ->
                      let size = x.Type.Sizes[k] in if k = dim then size - 1, -1, size else 0, 1, size ])
            [ x ]

    /// One place further on: a number enters, the last element leaves.
    let shifted dim value (x: Tensor) =
        let size = x.Type.Sizes[dim]
        if size = 0 then
            x
        else
            Define.apply
                (Movement.pad [ for k in 0 .. x.Rank - 1 -> (if k = dim then 1 else 0), 0, 0 ] value)
                [ part dim 0 (size - 1) x ]

    let scan name reduction scalar dim pull : Op =
        let infer (t: TensorType) =
            if dim < 0 || dim >= t.Rank then
                Labels.dimensionError name [ t ] $"there is no dimension {dim}" "name a dimension that the operand has"
            if t.DType = DType.Bool then
                Labels.dtypeError name [ t ] "Bool is no number" "cast to Int64 to count"
            t

        let eval (result: TensorType) (lanes: Lanes list) (i: int list) =
            [ for k in 0 .. i[dim] -> lanes.Head.At(List.updateAt dim k i) ]
            |> List.reduce (fun total lane -> Scalars.eval scalar [ total; lane ])
            |> Scalars.store result.DType

        Define.op name [ "dim", box dim ] (Scan(reduction, dim)) (List.head >> infer) eval pull

    /// y[k] = x[0] + … + x[k] along a dimension, from the first on. Integers wrap around.
    let rec cumSum dim : Op =
        let pull _ _ _ dy = Some(reversed dim (Define.apply (cumSum dim) [ reversed dim dy ]))
        scan "CumSum" SumOf Add dim pull

    /// y[k] = x[0] · … · x[k] along a dimension. The reverse rule divides by nothing, so that it is right where elements
    /// are 0; it costs O(n log n).
    let rec cumProd dim : Op =
        let pull _ (args: Tensor list) _ dy = Some(slopes dim args.Head dy)
        scan "CumProd" ProductOf Mul dim pull

    /// dx[k] = (x[0] · … · x[k - 1]) · s[k], where s[k] = dy[k] + x[k + 1] · s[k + 1]: all s at once by recursive doubling
    /// (Kogge and Stone, 1973). After each step s[k] covers `reach` cotangents, and a[k] = x[k + 1] · … · x[k + reach].
    and private slopes dim (x: Tensor) (dy: Tensor) : Tensor =
        let n = x.Type.Sizes[dim]

        let rec double reach (s: Tensor) (a: Tensor) =
            if reach >= n then
                s
            else
                let rest = n - reach
                let longer = part dim 0 rest s + a * part dim reach rest s
                let s = Define.apply (Movement.concat dim) [ longer; part dim rest reach s ]
                let further = max 0 (rest - reach)
                double (2 * reach) s (part dim 0 further a * part dim reach further a)

        if n < 2 then
            dy
        else
            let before = Define.apply (cumProd dim) [ shifted dim 1. x ]
            before * double 1 dy (part dim 1 (n - 1) x)

    /// A scan that leaves the element itself out (`exclusive`), or runs from the last element to the first (`reverse`).
    let private running op start exclusive reverse dim (x: Tensor) =
        let turn x = if reverse then reversed dim x else x
        let enter x = if exclusive then shifted dim start x else x
        x |> turn |> enter |> (fun x -> Define.apply (op dim) [ x ]) |> turn

    /// Running totals along a dimension, same type: y[k] = x[0] + … + x[k]; `exclusive` without x[k], so that y[0] = 0;
    /// `reverse` from the last element on. NaN stays from where it stands. Integers wrap around.
    let cumulativeSum exclusive reverse dim (Given "CumSum" x) =
        running cumSum 0. exclusive reverse (Labels.dimension "CumSum" x.Type dim) x

    /// Running products, as `cumulativeSum`; exclusive ones begin with 1. The gradient is right where elements are 0, and
    /// costs O(n log n) for n elements along the dimension.
    let cumulativeProduct exclusive reverse dim (Given "CumProd" x) =
        running cumProd 1. exclusive reverse (Labels.dimension "CumProd" x.Type dim) x

    /// 0, 1 … n - 1, unformatted, as a tensor of the same trace as another.
    let iota (like: Tensor) dtype n : Tensor =
        cumulativeSum true false 0 (Movement.constant like.Interpreter (TensorType(dtype, [ n ])) 1.)

    let entry name summary (op: int -> Op) =
        Entry.unary "scan" name summary (fun choose t ->
            if t.Rank = 0 || t.DType = DType.Bool then None else Some(op (choose t.Rank)))

    let entries: Entry list =
        [ entry "CumSum" "The running total along a dimension, y[k] = x[0] + … + x[k]." cumSum
          entry "CumProd" "The running product along a dimension, y[k] = x[0] · … · x[k]." cumProd ]
