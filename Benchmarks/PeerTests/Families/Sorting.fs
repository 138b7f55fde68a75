module Functional.Tests.Peers.Families.Sorting

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

/// Two results: values, and the positions where they stood.
let private pair name x ours (theirs: TorchTensor -> struct (TorchTensor * TorchTensor)) =
    toMany name [ x ] (fun xs -> let a, b = ours (List.head xs) in [ a; b ]) (fun xs ->
        let struct (a, b) = theirs xs.Head in [ a; b ])

let private withTies = operand [ 2; 5 ] "" (Elements.Real [| 2.; 1.; 2.; 1.; 3.; nan; 1.; infinity; nan; -1. |])

let family =
    { Name = "sorting"
      DTypes = floating
      Tolerance = { Units = 0.; Scale = Element; Reason = "elements only move, and so do gradients" }
      Configurations =
        [ pair "sort" (normal "sort" [ 17 ] "") (Tensor.sort 0) (fun x -> torch.sort (x, 0, false, true))
          pair "sort along 1" (normal "sort" [ 4; 6; 3 ] "") (Tensor.sort 1) (fun x -> torch.sort (x, 1, false, true))
          pair "sort, descending" (normal "descending" [ 5; 8 ] "") (Tensor.sortDescending 1) (fun x ->
              torch.sort (x, 1, true, true))
          pair "sort, ties and NaN" withTies (Tensor.sort 1) (fun x -> torch.sort (x, 1, false, true))
          pair "sort, ties and NaN, descending" withTies (Tensor.sortDescending 1) (fun x ->
              torch.sort (x, 1, true, true))
          pair "topk" (normal "topk" [ 20 ] "") (Tensor.topk 5 0) (fun x -> torch.topk (x, 5, 0))
          pair "topk along 0" (normal "topk" [ 9; 4 ] "") (Tensor.topk 3 0) (fun x -> torch.topk (x, 3, 0))
          unary "argsort" (normal "argsort" [ 4; 7 ] "") (Tensor.argsort 1) (fun x -> torch.argsort (x, 1))
          unary "argmax" (normal "argmax" [ 4; 7 ] "") (Tensor.argmax 1) (fun x -> torch.argmax (x, 1))
          unary "argmin" (normal "argmin" [ 4; 7 ] "") (Tensor.argmin 0) (fun x -> torch.argmin (x, 0))
          unary "argmax, NaN" withTies (Tensor.argmax 1) (fun x -> torch.argmax (x, 1)) ] }
