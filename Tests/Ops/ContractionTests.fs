module Functional.Tests.ContractionTests

open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.FormatTests

let private floats (x: Tensor) = List.ofArray (Tensor.toArray<float> x)

/// Element (i, j, …) of a counted tensor.
let private at (sizes: int list) (index: int list) = float (List.fold2 (fun p size i -> p * size + i) 0 sizes index)

let private products =
    testList
        "products"
        [ test "vectors, matrices and stacks multiply as in NumPy" {
              let shapes =
                  [ [ 3 ], [ 3 ], []
                    [ 3 ], [ 3; 4 ], [ 4 ]
                    [ 2; 3 ], [ 3 ], [ 2 ]
                    [ 2; 3 ], [ 3; 4 ], [ 2; 4 ]
                    [ 5; 2; 3 ], [ 3; 4 ], [ 5; 2; 4 ]
                    [ 2; 3 ], [ 5; 3; 4 ], [ 5; 2; 4 ]
                    [ 3 ], [ 5; 3; 4 ], [ 5; 4 ]
                    [ 5; 2; 3 ], [ 3 ], [ 5; 2 ]
                    [ 1; 5; 2; 3 ], [ 6; 1; 3; 4 ], [ 6; 5; 2; 4 ]
                    [ 5; 2; 3 ], [ 6; 5; 3; 4 ], [ 6; 5; 2; 4 ] ]

              for a, b, expected in shapes do
                  let product = Tensor.matmul (counted a "") (counted b "")
                  Expect.equal (List.ofSeq product.Shape) expected $"%A{a} × %A{b}"
          }
          test "leading dimensions of the right come first" {
              let product = Tensor.matmul (counted [ 2; 3 ] "") (counted [ 2; 3; 2 ] "")
              let expected =
                  [ for s in 0..1 do
                        for i in 0..1 do
                            for j in 0..1 ->
                                List.sum [ for k in 0..2 -> at [ 2; 3 ] [ i; k ] * at [ 2; 3; 2 ] [ s; k; j ] ] ]
              Expect.equal (floats product) expected ""
          }
          test "contraction by label pairs what is alike" {
              let product = Tensor.contract "C" (counted [ 2; 3 ] "BC") (counted [ 3; 2; 4 ] "CBT")
              let expected =
                  [ for b in 0..1 do
                        for t in 0..3 -> List.sum [ for c in 0..2 -> at [ 2; 3 ] [ b; c ] * at [ 3; 2; 4 ] [ c; b; t ] ] ]
              Expect.equal (floats product) expected ""
          }
          test "dot and outer" {
              Expect.equal (floats (Tensor.dot (counted [ 3 ] "") (counted [ 3 ] ""))) [ 5. ] "dot"
              Expect.equal
                  (floats (Tensor.outer (counted [ 2 ] "") (counted [ 3 ] "")))
                  [ 0.; 0.; 0.; 0.; 1.; 2. ]
                  "outer"
          }
          test "sums over nothing are 0" {
              Expect.equal (floats (Tensor.matmul (counted [ 2; 0 ] "") (counted [ 0; 2 ] ""))) [ 0.; 0.; 0.; 0. ] ""
          } ]

let private einsum =
    testList
        "einsum"
        [ test "a letter that the result lacks is summed over, in any number of operands" {
              let a, b, c = counted [ 2; 3 ] "", counted [ 3; 4 ] "", counted [ 4; 2 ] ""
              Expect.equal (floats (Tensor.einsum "ij->i" [ a ])) [ 3.; 12. ] "rows"
              Expect.equal (floats (Tensor.einsum "ij->ji" [ a ])) [ 0.; 3.; 1.; 4.; 2.; 5. ] "transposed"
              Expect.equal
                  (floats (Tensor.einsum "ij,jk,kl" [ a; b; c ]))
                  (floats (Tensor.matmul (Tensor.matmul a b) c))
                  "chain"
              Expect.equal (floats (Tensor.einsum "ij,kl->" [ a; b ])) [ 15. * 66. ] "all"
          }
          test "batched" {
              let a, b = counted [ 5; 2; 3 ] "", counted [ 5; 3; 4 ] ""
              Expect.equal (floats (Tensor.einsum "bij, bjk -> bik" [ a; b ])) (floats (Tensor.matmul a b)) ""
          }
          test "without an arrow the letters that stand once remain, in alphabetical order" {
              Expect.equal (List.ofSeq (Tensor.einsum "ba" [ counted [ 2; 3 ] "" ]).Shape) [ 3; 2 ] "ab"
          } ]

let private gradients = test "the gradient of a sum of products, on both sides" {
    let a, b = counted [ 5; 2; 3 ] "BSC", counted [ 3; 5; 4 ] "CBT"
    let weights = counted [ 5; 2; 4 ] "BST"
    let f (a, b) = Tensor.sum [] (weights * Tensor.contract "C" a b)
    let da, db = grad f (a, b)
    // The function is linear in each: its value is the gradient's inner product with the operand.
    Expect.equal (floats (Tensor.sum [] (da * a))) (floats (f (a, b))) "left"
    Expect.equal (floats (Tensor.sum [] (db * b))) (floats (f (a, b))) "right"
    Expect.equal (typeOf da, typeOf db) (typeOf a, typeOf b) "types"
    let expected =
        [ for s in 0..4 do
              for i in 0..1 do
                  for c in 0..2 -> List.sum [ for t in 0..3 -> at [ 5; 2; 4 ] [ s; i; t ] * at [ 3; 5; 4 ] [ c; s; t ] ] ]
    Expect.equal (floats da) expected "left, element by element"
}

let private errors =
    testList
        "errors"
        [ test "sizes that meet are equal" {
              Expect.throwsT<ShapeException>
                  (fun () -> Tensor.matmul (counted [ 2; 3 ] "") (counted [ 2; 3 ] "") |> ignore)
                  "inner"
              Expect.throwsT<ShapeException>
                  (fun () -> Tensor.matmul (counted [ 2; 2; 3 ] "") (counted [ 3; 3; 2 ] "") |> ignore)
                  "leading"
              Expect.throwsT<ShapeException>
                  (fun () -> Tensor.matmul (Tensor.scalar 1.) (counted [ 1 ] "") |> ignore)
                  "scalar"
              Expect.throwsT<ShapeException>
                  (fun () -> Tensor.dot (counted [ 1; 1 ] "") (counted [ 1 ] "") |> ignore)
                  "dot"
          }
          test "data types are alike, and not Bool" {
              let b = Tensor.create [ 1 ] "" [| true |]
              Expect.throwsT<DTypeException> (fun () -> Tensor.dot b b |> ignore) "Bool"
              Expect.throwsT<DTypeException>
                  (fun () ->
                      Tensor.dot (counted [ 1 ] "") (Tensor.scalar 1f * Tensor.ones DType.Float32 [ 1 ] "") |> ignore)
                  "mixed"
          }
          test "labels are on both sides" {
              Expect.throwsT<DimensionException>
                  (fun () -> Tensor.contract "T" (counted [ 2 ] "C") (counted [ 2 ] "C") |> ignore)
                  "T"
              Expect.throwsT<DimensionException>
                  (fun () -> Tensor.contract "S" (counted [ 2; 2 ] "SS") (counted [ 2 ] "S") |> ignore)
                  "two and one"
          }
          test "subscripts fit" {
              let x = counted [ 2; 2 ] ""
              for subscripts in [ "ii"; "i"; "ij,jk"; "ij->k"; "ij->ii"; "i1"; "ij->j->i" ] do
                  Expect.throwsT<ShapeException> (fun () -> Tensor.einsum subscripts [ x ] |> ignore) subscripts
          } ]

let tests = testList "Contractions" [ products; einsum; gradients; errors ]
