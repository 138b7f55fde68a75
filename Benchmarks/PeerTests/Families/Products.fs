module Functional.Tests.Peers.Families.Products

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

let private matmul a b =
    binary $"matmul %A{a} × %A{b}" (normal "left" a "") (normal "right" b "") Tensor.matmul (fun a b ->
        torch.matmul (a, b))

let private einsum subscripts (sizes: int list list) =
    several
        $"einsum {subscripts}"
        [ for k, sizes in List.indexed sizes -> normal $"{subscripts} {k}" sizes "" ]
        (Tensor.einsum subscripts)
        (fun xs -> torch.einsum (subscripts, Array.ofList xs))

let family =
    { Name = "products"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Greatest
          Reason =
            "sums of k ≤ 200 products of magnitude 1: √k roundings of terms against a greatest result of about 3 √k;
            a fused and an unfused order on either side" }
      Configurations =
        [ matmul [ 5; 7 ] [ 7; 3 ]
          matmul [ 64; 64 ] [ 64; 64 ]
          matmul [ 33; 200 ] [ 200; 17 ]
          matmul [ 1; 128 ] [ 128; 128 ]
          matmul [ 7 ] [ 7; 3 ]
          matmul [ 5; 7 ] [ 7 ]
          matmul [ 9 ] [ 9 ]
          matmul [ 3; 5; 7 ] [ 3; 7; 4 ]
          matmul [ 2; 1; 5; 7 ] [ 3; 7; 4 ]
          einsum "bij,bjk->bik" [ [ 3; 4; 5 ]; [ 3; 5; 6 ] ]
          einsum "ij,kj->ik" [ [ 6; 9 ]; [ 5; 9 ] ]
          einsum "bhqd,bhkd->bhqk" [ [ 2; 3; 5; 8 ]; [ 2; 3; 7; 8 ] ]
          einsum "i,j->ij" [ [ 6 ]; [ 7 ] ]
          einsum "ijk->ki" [ [ 3; 4; 5 ] ]
          einsum "ab,bc,cd->ad" [ [ 3; 4 ]; [ 4; 5 ]; [ 5; 2 ] ]
          binary "dot" (normal "dot a" [ 100 ] "") (normal "dot b" [ 100 ] "") Tensor.dot (fun a b -> torch.dot (a, b))
          binary "outer" (normal "outer a" [ 6 ] "") (normal "outer b" [ 8 ] "") Tensor.outer (fun a b ->
              torch.outer (a, b)) ] }
