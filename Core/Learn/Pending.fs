namespace Functional

[<RequireQualifiedAccess>]
module internal Pending =
    let rec contract (pairs: (int * int) list) (left: Tensor) (right: Tensor) : Tensor =
        let op: Op =
            Define.op
                "Contract"
                [ "pairs", box pairs ]
                (Contract { Batch = []; Sum = pairs })
                (fun types ->
                    let rest (t: TensorType) dims =
                        [ for k in 0 .. t.Rank - 1 do
                              if not (List.contains k dims) then t.Sizes[k] ]
                    TensorType(types[0].DType, rest types[0] (List.map fst pairs) @ rest types[1] (List.map snd pairs)))
                (fun _ _ _ -> Real 0.)
                (fun i args _ dy ->
                    let x, w = args[0], args[1]
                    let r = x.Rank - 1
                    if i = 0 then Some(contract [ r, 1 ] dy w) else Some(contract [ for k in 0 .. r - 1 -> k, k ] x dy))
        Define.apply op [ left; right ]

    let max dim (x: Tensor) =
        let op =
            Define.op
                "Max"
                [ "dim", box dim ]
                (Reduce(MaxOf, [ dim ]))
                (fun types ->
                    TensorType(
                        types.Head.DType,
                        Array.removeAt dim types.Head.Sizes,
                        Labels.keep types.Head ((<>) dim)
                    ))
                (fun _ _ _ -> Real 0.)
                Define.noPull
        Define.apply op [ x ]

    let uniform (ty: TensorType) : Op =
        Define.op "Uniform" [ "type", box ty ] Random (fun _ -> ty) (fun _ _ _ -> Real 0.) Define.noPull

    let uniformLike (x: Tensor) = Define.apply (uniform x.Type) [ x ]
    let uniformOf (ty: TensorType) : Tensor = Direct.Instance.Apply(uniform ty, []).Head

    let stop (x: Tensor) =
        Define.apply
            { Movement.permute [ 0 .. x.Rank - 1 ] with Name = "StopGradient"; Pull = fun _ _ _ _ -> None }
            [ x ]

    let sigmoid = Elementwise.make "Sigmoid" 1 (Literal 1. / (Literal 1. + Apply(Exp, [ -(Arg 0) ])))
    // max(x, 0) + log1p(exp(-|x|))
    let softplus =
        Elementwise.make
            "Softplus"
            1
            (Apply(Max, [ Arg 0; Literal 0. ]) + Apply(Log1p, [ Apply(Exp, [ -Apply(Abs, [ Arg 0 ]) ]) ]))
