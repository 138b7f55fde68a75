module Functional.Tests.IndexingTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private labelled sizes labels = Tensor.withFormat labels (counting sizes)

let private gathering =
    testList
        "gather"
        [ testCase "rows by positions, once and again" (fun () ->
              let rows x = Gathering.gatherAt 0 (int64s [ 3 ] [ 2L; 0L; 2L ]) x
              hasElements [ 4.; 5.; 0.; 1.; 4.; 5. ] (rows (counting [ 3; 2 ])) "rows 2, 0, 2"
              differentiates rows (counting [ 3; 2 ]))

          testCase "the positions' dimensions take the dimension's place, with their labels" (fun () ->
              let table = labelled [ 5; 3 ] "UC"
              let format indices = (Gathering.gatherAt 0 indices table).Format.Labels
              Expect.equal (format (int64s [ 2 ] [ 0L; 1L ])) "UC" "rank 1 leaves the label"
              Expect.equal (format (int64s [ 1; 2 ] [ 0L; 1L ])) "UUC" "rank 2 without labels"
              Expect.equal (format (int64s [] [ 4L ])) "C" "rank 0"
              Expect.equal (format (Tensor.withFormat "BT" (int64s [ 1; 2 ] [ 0L; 1L ]))) "BTC" "words of an embedding"
              refuses<TensorFormatException> "Gather" "repeat one" (fun () ->
                  Gathering.gatherAt 0 (Tensor.withFormat "C" (int64s [ 1 ] [ 0L ])) table))

          testCase "positions outside are refused by name, accelerated or not" (fun () ->
              let pick (x, i) = Gathering.gatherAt 0 i x
              for position in [ 3L; -1L; Int64.MinValue ] do
                  for f in [ pick; accelerate pick ] do
                      refuses<DimensionException>
                          "Gather"
                          $"index {position} is outside a dimension of size 3"
                          (fun () -> f (counting [ 3 ], int64s [ 1 ] [ position ]))
              refuses<DimensionException> "ScatterAdd" "index 3 is outside" (fun () ->
                  Gathering.scatterAddAt 0 (int64s [ 1 ] [ 3L ]) (counting [ 1 ]) (counting [ 3 ]))
              refuses<DimensionException> "Gather" "index -1 is outside a dimension of size 2" (fun () ->
                  Gathering.takeAlong 1 (int64s [ 2; 1 ] [ 0L; -1L ]) (counting [ 2; 2 ])))

          testCase "indices that are no integers are refused" (fun () ->
              refuses<DTypeException> "Gather" "no positions" (fun () ->
                  Gathering.gatherAt 0 (counting [ 1 ]) (counting [ 3 ])))

          testCase "equal positions add up in ascending order" (fun () ->
              // 1e16 + 1 loses the 1: only this order gives 0.
              let y =
                  Gathering.scatterAddAt
                      0
                      (int64s [ 3 ] [ 1L; 1L; 1L ])
                      (float64 [ 3 ] [ 1e16; 1.; -1e16 ])
                      (counting [ 2 ])
              hasElements [ 0.; 0. ] y "1 + 1e16 + 1 - 1e16"
              let add (updates: Tensor) =
                  Gathering.scatterAddAt 1 (int64s [ 3 ] [ 1L; 0L; 1L ]) updates (counting [ 2; 2 ])
              hasElements [ 1.; 3.; 6.; 11. ] (add (counting [ 2; 3 ])) "[0+1, 1+0+2; 2+4, 3+3+5]"
              differentiates add (counting [ 2; 3 ])
              differentiates (Gathering.scatterAddAt 0 (int64s [ 2 ] [ 0L; 0L ]) (counting [ 2 ])) (counting [ 3 ]))

          testCase "take along a dimension" (fun () ->
              let take x = Gathering.takeAlong 1 (int64s [ 2; 2 ] [ 2L; 2L; 0L; 1L ]) x
              hasElements [ 2.; 2.; 3.; 4. ] (take (counting [ 2; 3 ])) "y[i, j] = x[i, indices[i, j]]"
              differentiates take (counting [ 2; 3 ])) ]

let private slicing =
    testList
        "slice"
        [ testCase "ranges, steps, negative ends, positions" (fun () ->
              let x = labelled [ 4; 3; 2 ] "BSC"
              let y = Indexing.slice [ Slice.Range(1, -1); Slice.All.By -2; Slice.At -1 ] x
              hasElements [ 11.; 7.; 17.; 13. ] y "x[i, j, 1] for i in 1, 2 and j in 2, 0"
              Expect.equal y.Format.Labels "BS" "the label of a position goes"
              Expect.isTrue (obj.ReferenceEquals(Indexing.slice [ Slice.All ] x, x)) "nothing to do"
              hasElements [] (Indexing.slice [ Slice.Range(2, 2) ] x) "an empty range"
              differentiates (Indexing.slice [ Slice.From(1).By 2; Slice.At 0 ]) (counting [ 4; 3 ]))

          testCase "F#'s brackets" (fun () ->
              let x = counting [ 4; 3 ]
              hasElements [ 4.; 7. ] x[1..2, 1] "x[1..2, 1]"
              hasElements [ 0.; 1.; 2. ] x[0] "x[0]"
              hasElements [ 11. ] x[-1, -1] "x[-1, -1]"
              Expect.equal (sizes x[*, .. -2]) [ 4; 2 ] "without the last column"
              Expect.equal (sizes x[1.., *]) [ 3; 3 ] "from row 1"
              Expect.equal (sizes x[.. -1, 1..1]) [ 4; 1 ] "to the last row"
              hasElements [ 10.; 11. ] x[x .> 9.] "x[x > 9]"
              refuses<DimensionException> "Slice" "use integers" (fun () -> x["a" .., *]))

          testCase "what leaves a dimension is refused" (fun () ->
              let x = counting [ 3 ]
              for part, text in
                  [ Slice.At 3, "3 leaves dimension 0, of size 3"
                    Slice.At -4, "^4 leaves"
                    Slice.Range(2, 1), "2..1 leaves"
                    Slice.To 4, "leaves" ] do
                  refuses<DimensionException> "Slice" text (fun () -> Indexing.slice [ part ] x)
              refuses<DimensionException> "Slice" "fewer dimensions" (fun () ->
                  Indexing.slice [ Slice.All; Slice.All ] x)
              Expect.throwsT<DimensionException> (fun () -> Slice.All.By 0 |> ignore) "no step"
              hasElements [ 0. ] (Indexing.slice [ Slice.All.By Int32.MaxValue ] x) "a step beyond the end")

          testCase "flip, roll, select" (fun () ->
              let x = counting [ 2; 3 ]
              hasElements [ 5.; 4.; 3.; 2.; 1.; 0. ] (Indexing.flip [ 0; 1 ] x) "both ways"
              hasElements [ 2.; 0.; 1.; 5.; 3.; 4. ] (Indexing.roll 1 1 x) "one on"
              hasElements [ 1.; 2.; 0.; 4.; 5.; 3. ] (Indexing.roll -1 -4 x) "four back is one back"
              hasElements
                  [ 0.; 1. ]
                  (Indexing.roll 0 5 (counting [ 2 ]) |> Indexing.roll 0 Int32.MinValue |> Indexing.roll 0 1)
                  "around"
              hasElements [ 1.; 4. ] (Indexing.select -1 1 x) "a column") ]

let private edges =
    testList
        "beyond the edges"
        [ testCase "padding by a value, a mirror, the edge" (fun () ->
              let x = counting [ 3 ]
              hasElements [ 9.; 0.; 1.; 2.; 9.; 9. ] (Indexing.pad [ 1, 2 ] 9. x) "a value"
              hasElements [ 2.; 1.; 0.; 1.; 2.; 1. ] (Indexing.padReflect 0 2 1 x) "the mirror image"
              hasElements [ 0.; 0.; 0.; 1.; 2.; 2. ] (Indexing.padReplicate 0 2 1 x) "the edge"
              for padded in [ Indexing.padReflect 0 2 2; Indexing.padReplicate 0 1 3 ] do
                  differentiates padded x
              hasElements [] (Indexing.padReflect 0 0 0 (counting [ 0 ])) "nothing to mirror, nothing asked"
              refuses<DimensionException> "PadReflect" "cannot be extended" (fun () -> Indexing.padReflect 0 3 0 x)
              refuses<DimensionException> "PadReplicate" "cannot be" (fun () ->
                  Indexing.padReplicate 0 1 0 (counting [ 0 ])))

          testCase "one-hot" (fun () ->
              let classes = Tensor.withFormat "B" (int64s [ 3 ] [ 2L; 0L; 7L ])
              let y = Indexing.oneHot DType.Float64 3 classes
              hasElements [ 0.; 0.; 1.; 1.; 0.; 0.; 0.; 0.; 0. ] y "7 names no class"
              Expect.equal y.Format.Labels "BC" "classes are channels")

          testCase "triangles" (fun () ->
              let x = labelled [ 2; 3 ] "CB"
              hasElements [ 0.; 1.; 2.; 0.; 4.; 5. ] (Indexing.upper 0 x) "upper"
              hasElements [ 0.; 1.; 0.; 3.; 4.; 5. ] (Indexing.lower 1 x) "lower, with the diagonal above"
              hasElements [ 0.; 0.; 0.; 3.; 0.; 0. ] (Indexing.lower -1 x) "below the diagonal"
              Expect.equal (Indexing.upper 1 x).Type x.Type "the type") ]

let private masks =
    testList
        "masks"
        [ testCase "the elements, or the rows, where a mask holds" (fun () ->
              let x = labelled [ 3; 2 ] "BC"
              hasElements [ 3.; 4.; 5. ] (Indexing.masked (x .> 2.) x) "x[x > 2]"
              let rows = Indexing.compress 0 (bools [ true; false; true ])
              hasElements [ 0.; 1.; 4.; 5. ] (rows x) "rows 0 and 2"
              Expect.equal (rows x).Format.Labels "BC" "labels"
              Expect.equal (sizes (Indexing.compress 0 (bools [ false; false; false ]) x)) [ 0; 2 ] "no row"
              differentiates rows (counting [ 3; 2 ])
              refuses<ShapeException> "Compress" "another shape" (fun () -> Indexing.compress 1 (bools [ true ]) x)
              refuses<DTypeException> "Masked" "not Bool" (fun () -> Indexing.masked x x))

          testCase "inside a trace only the number of elements is read" (fun () ->
              let f = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> 2. * Indexing.masked (x .> 0.) x)
              hasElements [ 2.; 4. ] (f.Invoke(float64 [ 3 ] [ 1.; -1.; 2. ])) "places 0 and 2"
              hasElements [ 6.; 8. ] (f.Invoke(float64 [ 3 ] [ -1.; 3.; 4. ])) "places 1 and 2, by the same trace"
              Expect.equal f.Misses 1L "one trace for two elements"
              hasElements [ 10. ] (f.Invoke(float64 [ 3 ] [ -1.; 5.; -4. ])) "place 1"
              Expect.equal f.Misses 2L "another for one")

          testCase "masked fill" (fun () ->
              hasElements
                  [ 0.; 9.; 2.; 9. ]
                  (Indexing.maskedFill (bools [ false; true ]) 9. (counting [ 2; 2 ]))
                  "column 1") ]

let tests = testList "Indexing" [ gathering; slicing; edges; masks ]
