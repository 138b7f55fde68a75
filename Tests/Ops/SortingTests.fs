module Functional.Tests.SortingTests

open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

/// NaN is greater than every number.
let private greater (a: float) (b: float) = a > b || (System.Double.IsNaN a && not (System.Double.IsNaN b))

/// Positions in order, by insertion.
let private insertion (before: float -> float -> bool) (xs: float list) =
    ([], List.indexed xs)
    ||> List.fold (fun sorted (k, x) ->
        let first, rest = sorted |> List.partition (fun (_, y) -> not (before x y))
        first @ (k, x) :: rest)
    |> List.map (fst >> int64)

let tests =
    testList
        "Sorting and scans"
        [ testProperty "sorting is stable, with NaN as the greatest" (fun (data: int list) ->
              let xs = data |> List.map (fun n -> if n % 7 = 3 then nan else float (n % 5))
              let x = float64 [ xs.Length ] xs
              hasWholes (insertion (fun a b -> greater b a) xs) (Sorting.argSortBy false 0 x) "ascending"
              hasWholes (insertion greater xs) (Sorting.argSortBy true 0 x) "descending")

          testCase "sort, its positions and its slope, along each dimension" (fun () ->
              let x = float64 [ 2; 3 ] [ 3.; 1.; 2.; 0.; 5.; -1. ]
              let values, positions = Sorting.sort false 1 x
              hasElements [ 1.; 2.; 3.; -1.; 0.; 5. ] values "rows"
              hasWholes [ 1L; 2L; 0L; 2L; 0L; 1L ] positions "where they stood"
              hasElements [ 3.; 5.; 2.; 0.; 1.; -1. ] (fst (Sorting.sort true 0 x)) "columns, descending"
              for dim in [ 0; 1 ] do
                  differentiates (Sorting.sort false dim >> fst) x
              Expect.equal (sizes (fst (Sorting.sort false 1 (counting [ 2; 0 ])))) [ 2; 0 ] "nothing to sort")

          testCase "top k" (fun () ->
              let x = Tensor.withFormat "BC" (float64 [ 2; 3 ] [ 3.; 1.; 3.; 0.; nan; -1. ])
              let values, positions = Sorting.topK true 2 -1 x
              hasWholes [ 0L; 2L; 1L; 0L ] positions "the first of equals, NaN first"
              Expect.equal (elements values |> List.take 2) [ 3.; 3. ] "values"
              Expect.equal values.Format.Labels "BC" "labels"
              hasElements [ -1.; 0. ] (fst (Sorting.topK false 2 0 (float64 [ 3 ] [ 0.; 5.; -1. ]))) "the least"
              refuses<DimensionException> "TopK" "has no 4 elements" (fun () -> fst (Sorting.topK true 4 1 x))
              differentiates (Sorting.topK true 2 0 >> fst) (float64 [ 4 ] [ 0.; 5.; -1.; 2. ]))

          testCase "positions of extremes: the first of equals, NaN wins" (fun () ->
              let x = Tensor.withFormat "CB" (float64 [ 3; 3 ] [ 1.; 7.; 7.; nan; 2.; nan; 4.; 4.; 5. ])
              hasWholes [ 1L; 0L; 2L ] (Sorting.argMaxAt 1 x) "greatest"
              hasWholes [ 0L; 0L; 0L ] (Sorting.argMinAt 1 x) "least"
              Expect.equal (Sorting.argMaxAt 1 x).Format.Labels "C" "labels"
              refuses<ShapeException> "ArgMax" "empty" (fun () -> Sorting.argMaxAt 0 (counting [ 0; 2 ])))

          testCase "a permutation has every number once, and is drawn anew" (fun () ->
              Generator.Current <- Generator 5UL
              let draw () = wholes (Uniform.permutation Direct.Instance 50)
              let first, second = draw (), draw ()
              Expect.equal (List.sort first) [ 0L .. 49L ] "every number once"
              Expect.notEqual first second "anew")

          testCase "running totals and products, exclusive and reverse" (fun () ->
              let x = float64 [ 4 ] [ 1.; 2.; 3.; 4. ]
              hasElements [ 1.; 3.; 6.; 10. ] (Scans.cumulativeSum false false 0 x) "totals"
              hasElements [ 0.; 1.; 3.; 6. ] (Scans.cumulativeSum true false 0 x) "exclusive"
              hasElements [ 10.; 9.; 7.; 4. ] (Scans.cumulativeSum false true -1 x) "reverse"
              hasElements [ 24.; 12.; 4.; 1. ] (Scans.cumulativeProduct true true 0 x) "both, of products"
              hasElements
                  [ 0.; 2.; 0.; 15. ]
                  (Scans.cumulativeProduct false false 0 (float64 [ 2; 2 ] [ 0.; 2.; 7.; 7.5 ]))
                  "down columns"
              hasElements [] (Scans.cumulativeProduct true false 0 (counting [ 0 ])) "of nothing"
              refuses<DTypeException> "CumSum" "no number" (fun () ->
                  Scans.cumulativeSum false false 0 (bools [ true ]))
              refuses<DimensionException> "CumSum" "no dimension 1" (fun () -> Scans.cumulativeSum false false 1 x))

          testCase "slopes of running totals and products, zeros among the factors" (fun () ->
              for data in [ [ 2. ]; [ 0.5; 0. ]; [ 1.5; 0.; 2.; 0.; 3. ]; [ 1.; -2.; 0.5; 3.; -1.; 0.7; 1.1 ] ] do
                  let x = float64 [ data.Length ] data
                  for exclusive in [ false; true ] do
                      for reverse in [ false; true ] do
                          differentiates (Scans.cumulativeSum exclusive reverse 0) x
                          differentiates (Scans.cumulativeProduct exclusive reverse 0) x
              differentiates (Scans.cumulativeProduct false false 0) (float64 [ 3; 2 ] [ 0.; 2.; 0.; 3.; 1.5; 0. ])
              Expect.equal
                  (sizes (grad (fun x -> Tensor.sum [ 0 ] (Scans.cumulativeProduct false false 0 x)) (counting [ 0 ])))
                  [ 0 ]
                  "of nothing") ]
