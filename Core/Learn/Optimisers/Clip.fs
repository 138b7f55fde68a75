namespace Functional.FSharp

open Functional

/// Gradients kept small, as pure functions over structures. Of a NaN nothing is small.
[<RequireQualifiedAccess>]
module Clip =
    let private map (f: Tensor -> Tensor) (gradient: 'P) : 'P =
        let leaves, _ = Structures.flattenLearnables gradient
        let clipped (t: Tensor) = if Scalars.isFloating t.DType then f t else t
        Structures.replaceLearnables gradient (Array.map clipped leaves)

    let private check (limit: float) = System.ArgumentOutOfRangeException.ThrowIfNegative(limit, nameof limit)

    /// Σ x², in Float64.
    let private squares (x: Tensor) =
        let x = Elementwise.lift (Cast DType.Float64) [ x ]
        Define.apply (Movement.sum [ 0 .. x.Rank - 1 ]) [ x * x ]

    /// x · limit / norm where the norm is more than the limit.
    let private scaled limit (norm: Tensor) (x: Tensor) =
        let factor = limit / Elementwise.lift Max [ norm; Tensor.Literal(DType.Float64, limit) ]
        x * Parameters.castLike x (if limit = 0. then 0. * norm else factor)

    /// Each element between -limit and limit.
    let byValue (limit: float) (gradient: 'P) : 'P =
        check limit
        let number (x: Tensor) value = Tensor.Literal(x.DType, value)
        map (fun x -> Elementwise.lift Min [ Elementwise.lift Max [ x; number x -limit ]; number x limit ]) gradient

    /// Each tensor at most as long as the limit, by its Euclidean norm.
    let byNorm (limit: float) (gradient: 'P) : 'P =
        check limit
        map (fun x -> scaled limit (sqrt (squares x)) x) gradient

    /// All tensors together at most as long as the limit, by their Euclidean norm (Pascanu, Mikolov and Bengio, 2013).
    let byGlobalNorm (limit: float) (gradient: 'P) : 'P =
        check limit
        let leaves, _ = Structures.flattenLearnables gradient
        match
            [ for x in leaves do
                  if Scalars.isFloating x.DType then squares x ]
        with
        | [] -> gradient
        | squares -> let norm = sqrt (List.reduce (+) squares) in map (scaled limit norm) gradient
