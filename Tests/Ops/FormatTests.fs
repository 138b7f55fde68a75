module Functional.Tests.FormatTests

open Expecto
open Functional
open Functional.FSharp

/// A tensor of these sizes and labels; element p in row-major order is p.
let counted (sizes: int list) format = Tensor.create sizes format (Array.init (List.fold (*) 1 sizes) float)

let typeOf (x: Tensor) = List.ofSeq x.Shape, x.Format.Labels

let private move op x = Define.apply op [ x ]

let private alignment =
    testList
        "alignment"
        [ test "formatted operands align by label, in the order of the first of highest rank" {
              let sum = counted [ 2; 3 ] "BC" + counted [ 3; 2 ] "CB"
              Expect.equal (typeOf sum) ([ 2; 3 ], "BC") "type"
              Expect.sequenceEqual (Tensor.toArray<float> sum) [ 0.; 3.; 6.; 4.; 7.; 10. ] "b,c: 3b + c + 2c + b"
          }
          test "the operand of highest rank leads" {
              Expect.equal (typeOf (counted [ 3 ] "C" + counted [ 2; 3 ] "BC")) ([ 2; 3 ], "BC") "type"
          }
          test "labels that the first lacks follow its own" {
              Expect.equal (typeOf (counted [ 2 ] "B" + counted [ 3 ] "C")) ([ 2; 3 ], "BC") "type"
          }
          test "the k-th S meets the k-th S" {
              Expect.equal (typeOf (counted [ 2; 3 ] "SS" + counted [ 2 ] "S")) ([ 2; 3 ], "SS") "type"
              Expect.throwsT<ShapeException>
                  (fun () -> counted [ 2; 3 ] "SS" + counted [ 3 ] "S" |> ignore)
                  "3 is the second"
          }
          test "unformatted operands align by position, from the last dimension" {
              Expect.equal (typeOf (counted [ 4; 2; 3 ] "" + counted [ 3 ] "")) ([ 4; 2; 3 ], "") "unformatted"
              Expect.equal (typeOf (counted [ 2; 3 ] "CB" + counted [ 3 ] "")) ([ 2; 3 ], "CB") "with a formatted one"
          }
          test "an unformatted operand has no more dimensions than the formatted ones" {
              Expect.throwsT<TensorFormatException>
                  (fun () -> counted [ 3 ] "C" + counted [ 2; 3 ] "" |> ignore)
                  "there is no label for its first"
          }
          test "sizes that meet are equal or 1" {
              Expect.equal (typeOf (counted [ 1; 3 ] "BC" + counted [ 2; 1 ] "BC")) ([ 2; 3 ], "BC") "repeated"
              Expect.throwsT<ShapeException> (fun () -> counted [ 2 ] "C" + counted [ 3 ] "C" |> ignore) "2 and 3"
          }
          test "a scalar meets every lane" {
              Expect.equal (typeOf (counted [ 2; 3 ] "BC" + Tensor.scalar 1.)) ([ 2; 3 ], "BC") "type"
          } ]

let private changes =
    testList
        "changes"
        [ test "a reduction takes the label away; a kept dimension keeps it" {
              let x = counted [ 2; 3; 4 ] "SCB"
              Expect.equal (typeOf (Tensor.sum [ 1 ] x)) ([ 2; 4 ], "SB") "by number"
              Expect.equal (typeOf (Tensor.over "SB" Tensor.max x)) ([ 3 ], "C") "by label"
              Expect.equal (typeOf (Tensor.over "S" (Tensor.keep Tensor.mean) x)) ([ 1; 3; 4 ], "SCB") "kept"
          }
          test "a permutation takes labels along" {
              Expect.equal (typeOf (move (Movement.permute [ 1; 0 ]) (counted [ 2; 3 ] "BC"))) ([ 3; 2 ], "CB") "type"
          }
          test "a reshape gives the labels that it is told" {
              let reshape format = move (Movement.reshape [ 6 ] (Format.Parse format)) (counted [ 2; 3 ] "BC")
              Expect.equal (typeOf (reshape "")) ([ 6 ], "") "none"
              Expect.equal (typeOf (reshape "U")) ([ 6 ], "U") "U"
              Expect.throwsT<TensorFormatException> (fun () -> reshape "BC" |> ignore) "two labels, one dimension"
          }
          test "a slice and a pad keep labels" {
              Expect.equal
                  (typeOf (move (Movement.slice [ 0, 1, 1; 0, 1, 2 ]) (counted [ 2; 3 ] "BC")))
                  ([ 1; 2 ], "BC")
                  ""
              Expect.equal
                  (typeOf (move (Movement.pad [ 1, 0, 0; 0, 0, 1 ] 0.) (counted [ 2; 3 ] "BC")))
                  ([ 3; 5 ], "BC")
                  ""
          }
          test "concatenation wants one format and keeps it" {
              let concat a b = Define.apply (Movement.concat 0) [ a; b ]
              Expect.equal (typeOf (concat (counted [ 2; 3 ] "BC") (counted [ 1; 3 ] "BC"))) ([ 3; 3 ], "BC") "type"
              Expect.throwsT<TensorFormatException>
                  (fun () -> concat (counted [ 2; 3 ] "BC") (counted [ 2; 3 ] "") |> ignore)
                  "one of two is formatted"
          }
          test "labels are given, taken away and found" {
              let x = counted [ 2; 3; 4 ] "" |> Tensor.withFormat "SSC"
              Expect.equal (Tensor.finddim 'S' x, Tensor.finddim 'B' x) ([ 0; 1 ], []) "finddim"
              Expect.equal (Tensor.format (Tensor.stripdims x)) "" "stripdims"
              Expect.throwsT<TensorFormatException> (fun () -> Tensor.withFormat "SC" x |> ignore) "one label too few"
          } ]

let private contraction =
    testList
        "contraction"
        [ test "kept pairs come first, then the left's rest, then the right's" {
              let product = Tensor.contract "C" (counted [ 2; 3; 4 ] "SCB") (counted [ 4; 5; 3 ] "BTC")
              Expect.equal (typeOf product) ([ 4; 2; 5 ], "BST") "type"
          }
          test "of labels that meet, one may be U" {
              let product = Tensor.matmul (counted [ 4; 2; 3 ] "BUC") (counted [ 4; 3; 5 ] "")
              Expect.equal (typeOf product) ([ 4; 2; 5 ], "BUU") "an unformatted operand's are"
              Expect.throwsT<TensorFormatException>
                  (fun () -> Tensor.matmul (counted [ 4; 2; 3 ] "BSC") (counted [ 4; 3; 5 ] "TCS") |> ignore)
                  "B is not T"
          }
          test "a label that would stand twice is refused" {
              let product () = Tensor.matmul (counted [ 2; 3 ] "BC") (counted [ 3; 2 ] "CB")
              Expect.throwsT<TensorFormatException> (fun () -> product () |> ignore) "B"
          } ]

let private labels =
    testList
        "labels"
        [ test "only S, C, B, T and U are labels" {
              Expect.throwsT<TensorFormatException> (fun () -> Format.Parse "BX" |> ignore) "X"
          }
          test "only S and U repeat" {
              Expect.equal (Format.Parse "SSUU").Labels "SSUU" "these do"
              for twice in [ "CC"; "BSB"; "TT" ] do
                  Expect.throwsT<TensorFormatException> (fun () -> Format.Parse twice |> ignore) twice
          }
          test "a label that is not there cannot be reduced" {
              Expect.throwsT<DimensionException>
                  (fun () -> Tensor.over "T" Tensor.sum (counted [ 2; 3 ] "BC") |> ignore)
                  "T"
              Expect.throwsT<DimensionException>
                  (fun () -> Tensor.over "B" Tensor.sum (counted [ 2 ] "") |> ignore)
                  "none"
          } ]

let tests = testList "Formats" [ alignment; changes; contraction; labels ]
