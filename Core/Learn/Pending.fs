namespace Functional

[<RequireQualifiedAccess>]
module internal Pending =
    let stop (x: Tensor) =
        Define.apply
            { Movement.permute [ 0 .. x.Rank - 1 ] with Name = "StopGradient"; Pull = fun _ _ _ _ -> None }
            [ x ]
