module Functional.Tests.ArrangingTests

open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private labelled sizes labels = Tensor.withFormat labels (counting sizes)

let private isType sizes labels (x: Tensor) =
    Expect.equal x.Type (TensorType(DType.Float64, sizes, Format.Parse labels)) "type"

let tests =
    testList
        "Arranging"
        [ testCase "reshape works out one size" (fun () ->
              let x = labelled [ 2; 6 ] "BC"
              Arranging.reshape [ 3; -1 ] "" x |> isType [ 3; 4 ] ""
              Arranging.reshape [ 2; 2; 3 ] "BSC" x |> isType [ 2; 2; 3 ] "BSC"
              refuses<ShapeException> "Reshape" "stands for no size" (fun () -> Arranging.reshape [ -1; -1 ] "" x)
              refuses<ShapeException> "Reshape" "stands for no size" (fun () -> Arranging.reshape [ 5; -1 ] "" x)
              refuses<ShapeException> "Reshape" "12 elements" (fun () -> Arranging.reshape [ 5; 2 ] "" x))

          testCase "orders by number and by label" (fun () ->
              let x = labelled [ 2; 3; 4; 5 ] "SCSB"
              Arranging.arrange "BSSC" x |> isType [ 5; 2; 4; 3 ] "BSSC"
              Arranging.permute [ -1; 0; 1; 2 ] x |> isType [ 5; 2; 3; 4 ] "BSCS"
              Arranging.transpose x |> isType [ 2; 3; 5; 4 ] "SCBS"
              Arranging.moveDim 0 -1 x |> isType [ 3; 4; 5; 2 ] "CSBS"
              refuses<TensorFormatException> "Permute" "no other order" (fun () -> Arranging.arrange "BSC" x)
              hasElements [ 0.; 3.; 1.; 4.; 2.; 5. ] (Arranging.transpose (counting [ 2; 3 ])) "a transposed matrix")

          testCase "dimensions of size 1 come and go" (fun () ->
              let x = labelled [ 2; 1; 1 ] "BSC"
              Arranging.squeeze [ -1 ] x |> isType [ 2; 1 ] "BS"
              Arranging.squeezeAll x |> isType [ 2 ] "B"
              Arranging.expandDims -1 x |> isType [ 2; 1; 1; 1 ] "BSCU"
              Arranging.expandDims 0 (counting []) |> isType [ 1 ] ""
              refuses<ShapeException> "Squeeze" "has size 2" (fun () -> Arranging.squeeze [ 0 ] x)
              refuses<DimensionException> "ExpandDims" "no place -5" (fun () -> Arranging.expandDims -5 x))

          testCase "stack and concat, split and chunk" (fun () ->
              let x = labelled [ 5; 2 ] "BC"
              Arranging.stack -1 [ x; x; x ] |> isType [ 5; 2; 3 ] "BCU"
              hasElements [ 0.; 0.; 1.; 1. ] (Arranging.stack 1 [ counting [ 2 ]; counting [ 2 ] ]) "side by side"
              let parts = Arranging.chunk 0 3 x
              Expect.equal (parts |> List.map sizes) [ [ 2; 2 ]; [ 2; 2 ]; [ 1; 2 ] ] "chunks"
              Expect.equal (elements (Arranging.concat 0 parts)) (elements x) "together again"
              refuses<ShapeException> "Split" "no parts" (fun () -> Arranging.split 0 [ 2; 2 ] x |> List.head)
              refuses<ShapeException> "Concat" "no operands" (fun () -> Arranging.concat 0 [])
              differentiates (fun x -> Arranging.concat 1 [ x; x * x ]) (counting [ 2; 2 ]))

          testCase "tile and repeat" (fun () ->
              hasElements [ 0.; 1.; 0.; 1. ] (Arranging.tile [ 2 ] (counting [ 2 ])) "twice over"
              hasElements [ 0.; 0.; 1.; 1. ] (Arranging.repeat 0 2 (counting [ 2 ])) "each twice"
              Arranging.tile [ 2; 0; 1 ] (labelled [ 2; 3; 1 ] "SSB") |> isType [ 4; 0; 1 ] "SSB"
              hasElements
                  [ for i in 0..3 do
                        for j in 0..5 -> float ((i % 2) * 3 + j % 3) ]
                  (Arranging.tile [ 2; 2 ] (counting [ 2; 3 ]))
                  "y[i, j] = x[i mod 2, j mod 3]"
              differentiates (Arranging.tile [ 2; 2 ]) (counting [ 2; 1 ])
              differentiates (Arranging.repeat 1 3) (counting [ 2; 2 ]))

          testCase "broadcasting to sizes" (fun () ->
              labelled [ 3; 1 ] "SC" |> Arranging.broadcastTo [ 2; 3; 4 ] |> isType [ 2; 3; 4 ] "USC"
              refuses<ShapeException> "Broadcast" "more dimensions" (fun () ->
                  Arranging.broadcastTo [ 3 ] (counting [ 1; 3 ]))) ]
