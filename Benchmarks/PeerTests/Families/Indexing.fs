module Functional.Tests.Peers.Families.Indexing

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

let private gathering =
    [ several
          "gather"
          [ normal "gather" [ 4; 6; 3 ] ""; whole "gather" 6 [ 9 ] "" ]
          (fun xs -> Tensor.gather 1 xs[1] xs[0])
          (fun xs -> torch.index_select (xs[0], 1, xs[1]))
      several
          "gather by a matrix"
          [ normal "gather" [ 7; 3 ] ""; whole "matrix" 7 [ 2; 5 ] "" ]
          (fun xs -> Tensor.gather 0 xs[1] xs[0])
          (fun xs -> torch.index_select(xs[0], 0, xs[1].reshape -1L).reshape(2L, 5L, 3L))
      several
          "take along"
          [ normal "take along" [ 4; 6 ] ""; whole "take along" 6 [ 4; 9 ] "" ]
          (fun xs -> Tensor.takeAlong 1 xs[1] xs[0])
          (fun xs -> torch.gather (xs[0], 1, xs[1]))
      several
          "scatter-add"
          [ normal "scatter" [ 5; 3 ] ""; whole "scatter" 5 [ 12 ] ""; normal "updates" [ 12; 3 ] "" ]
          (fun xs -> Tensor.scatterAdd 0 xs[1] xs[2] xs[0])
          (fun xs -> torch.index_add (xs[0], 0, xs[1], xs[2], Scalar.op_Implicit 1.)) ]

let private masks =
    [ several
          "masked"
          [ normal "masked" [ 3; 4 ] ""; normal "mask" [ 3; 4 ] "" ]
          (fun xs -> Tensor.masked (xs[1] .> 0.) xs[0])
          (fun xs -> torch.masked_select (xs[0], xs[1].gt(Scalar.op_Implicit 0.)))
      several
          "masked fill"
          [ normal "filled" [ 3; 4 ] ""; normal "mask" [ 3; 4 ] "" ]
          (fun xs -> Tensor.maskedFill (xs[1] .> 0.) -2. xs[0])
          (fun xs -> xs[0].masked_fill(xs[1].gt(Scalar.op_Implicit 0.), Scalar.op_Implicit -2.))
      unary "one-hot" (whole "one-hot" 5 [ 3; 4 ] "") (Tensor.oneHot DType.Int64 5) (fun x ->
          torch.nn.functional.one_hot (x, 5)) ]

let private parts =
    [ unary "slice" (normal "slice" [ 9; 8 ] "") (Tensor.slice [ Slice.Range(1, -1); Slice.All.By 3 ]) (fun x ->
          x.slice(0, 1, 8, 1).slice(1, 0, 8, 3))
      unary "select" (normal "select" [ 4; 5; 3 ] "") (Tensor.select 1 -2) (fun x -> x.select (1, 3))
      unary "upper triangle" (normal "triu" [ 2; 5; 4 ] "") (Tensor.triu 1) (fun x -> torch.triu (x, 1))
      unary "lower triangle" (normal "tril" [ 2; 4; 5 ] "") (Tensor.tril -1) (fun x -> torch.tril (x, -1)) ]

/// The row of the padding class has no gradient.
let private embedding name padding (peers: System.Nullable<int64>) =
    several
        name
        [ normal "rows" [ 7; 4 ] ""; whole name 7 [ 3; 5 ] "" ]
        (fun xs -> Tensor.embedding padding xs[0] xs[1])
        (fun xs ->
            let flat = xs[1].reshape -1L
            let rows = torch.index_select (xs[0], 0, flat)
            let held =
                if peers.HasValue then
                    let isPadding = flat.eq(Scalar.op_Implicit peers.Value).unsqueeze 1
                    torch.where (isPadding, rows.detach (), rows)
                else
                    rows
            held.reshape (3L, 5L, 4L))

let family =
    { Name = "indexing"
      DTypes = floating
      Tolerance =
        { Units = 4.
          Scale = Element
          Reason = "elements only move; where positions are equal up to 8 weights add up, with √8 roundings by chance" }
      Configurations = gathering @ masks @ parts }

let embeddingFamily =
    { Name = "embedding"
      DTypes = floating
      Tolerance =
        { Units = 4.
          Scale = Element
          Reason = "rows only move; gradients of equal classes add up, up to 8 of them" }
      Configurations =
        [ embedding "embedding" None (System.Nullable())
          embedding "embedding, padding" (Some 2) (System.Nullable 2L) ] }
