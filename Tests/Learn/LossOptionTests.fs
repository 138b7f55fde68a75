/// Losses with options against sums written out, and CTC against all paths.
module Functional.Tests.Learn.LossOptionTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private close what (expected: float list) (y: Tensor) =
    Expect.equal y.Count expected.Length what
    for a, e in List.zip (elements y) expected do
        Expect.isLessThan (abs (a - e)) (1e-12 * (1. + abs e)) $"{what}: {a}, not {e}"

let private rows = [ [ 0.7; 0.2; 0.1 ]; [ 0.25; 0.5; 0.25 ]; [ 0.1; 0.1; 0.8 ] ]
let private numbers = [ 0; 2; 1 ]
let private y = Tensor.create [ 3; 3 ] "BC" (Array.ofList (List.concat rows))
let private target = Tensor.create [ 3 ] "B" (Array.ofList numbers)
let private oneHot = Tensor.oneHot DType.Float64 3 target
let private w = [ 1.; 2.; 0.5 ]
let private weights = Tensor.create [ 3 ] "" (Array.ofList w)
let private mask = Tensor.create [ 3 ] "B" [| true; false; true |]
let private options = CrossEntropyOptions.Default
let private each: LossOptions = { LossOptions.Default with Reduction = LossReduction.None }

let private losses = [ for row, c in List.zip rows numbers -> -log(List.item c row) ]

let private crossEntropy =
    [ test "reductions of a cross-entropy" {
          close "none" losses (Loss.crossEntropyWith { options with Reduction = LossReduction.None } y target)
          close
              "sum"
              [ List.sum losses ]
              (Loss.crossEntropyWith { options with Reduction = LossReduction.Sum } y target)
          close "mean" [ List.average losses ] (Loss.crossEntropyWith options y target)
      }

      test "classes weigh, in the mean too" {
          let weighed = [ for l, c in List.zip losses numbers -> w[c] * l ]
          let mean = List.sum weighed / List.sum [ for c in numbers -> w[c] ]
          for t in [ target; oneHot ] do
              close "mean" [ mean ] (Loss.crossEntropyWith { options with Weights = Some weights } y t)
              close
                  "sum"
                  [ List.sum weighed ]
                  (Loss.crossEntropyWith { options with Weights = Some weights; Reduction = LossReduction.Sum } y t)
      }

      test "what is masked does not count, be it NaN" {
          let spoilt = Tensor.where (Tensor.create [ 3; 1 ] "BC" [| false; true; false |]) nan y
          let o = { options with Mask = Some mask }
          close "mean" [ (losses[0] + losses[2]) / 2. ] (Loss.crossEntropyWith o spoilt target)
          close
              "none"
              [ losses[0]; 0.; losses[2] ]
              (Loss.crossEntropyWith { o with Reduction = LossReduction.None } spoilt target)
          let parts = Tensor.create [ 3 ] "B" [| 0.5; 0.; 2. |]
          close
              "parts"
              [ (0.5 * losses[0] + 2. * losses[2]) / 2.5 ]
              (Loss.crossEntropyWith { o with Mask = Some parts } spoilt target)
      }

      test "smoothing shares out a part of the target" {
          let smoothed =
              [ for row, c in List.zip rows numbers ->
                    -List.sum [ for k in 0..2 -> ((if k = c then 0.9 else 0.) + 0.1 / 3.) * log row[k] ] ]
          close "mean" [ List.average smoothed ] (Loss.crossEntropyWith { options with Smoothing = 0.1 } y target)
          let x = log y * 1. + 3.
          close
              "logits"
              [ List.average smoothed ]
              (Loss.crossEntropyOfLogitsWith { options with Smoothing = 0.1 } x target)
          let none = Tensor.create [ 3 ] "B" [| 0; -1; 1 |]
          close
              "no class"
              [ smoothed[0]; 0.; smoothed[2] ]
              (Loss.crossEntropyWith { options with Smoothing = 0.1; Reduction = LossReduction.None } y none)
          Expect.throwsT<ArgumentOutOfRangeException>
              (fun () -> Loss.crossEntropyWith { options with Smoothing = 1.5 } y target |> ignore)
              "1.5"
      }

      test "slopes of cross-entropies with options are central differences'" {
          let o = { options with Weights = Some weights; Mask = Some mask; Smoothing = 0.2 }
          differentiates (fun y -> Loss.crossEntropyWith o y target) y
          differentiates (fun x -> Loss.crossEntropyOfLogitsWith o x oneHot) (log y)
          differentiates (fun w -> Loss.crossEntropyWith { o with Weights = Some w } y target) weights
      } ]

let private a = float64 [ 2; 2 ] [ 0.5; -2.; 3.; 0.1 ]
let private b = float64 [ 2; 2 ] [ 1.; 1.5; -0.5; 0.4 ]
let private p, q = float64 [ 2; 2 ] [ 0.9; 0.2; 0.5; 0.7 ], float64 [ 2; 2 ] [ 1.; 0.; 0.25; 1. ]

/// Each loss of elements with its formula for numbers.
let private table
    : (string * (LossOptions -> Tensor -> Tensor -> Tensor) * Tensor * Tensor * (float -> float -> float)) list =
    [ "squaredError", Loss.squaredError, a, b, (fun y t -> (y - t) ** 2.)
      "absoluteError", Loss.absoluteError, a, b, (fun y t -> abs (y - t))
      "huber",
      (fun o -> Loss.huber o 1.5),
      a,
      b,
      (fun y t -> let e = abs (y - t) in if e <= 1.5 then e * e / 2. else 1.5 * (e - 0.75))
      "hinge", Loss.hinge, a, float64 [ 2; 2 ] [ 1.; -1.; -1.; 1. ], (fun y t -> max 0. (1. - t * y))
      "binaryCrossEntropy",
      Loss.binaryCrossEntropy,
      p,
      q,
      (fun y t ->
          if t = 1. then -log y
          elif t = 0. then -log(1. - y)
          else -(t * log y + (1. - t) * log (1. - y)))
      "binaryCrossEntropyOfLogits",
      Loss.binaryCrossEntropyOfLogits,
      a,
      q,
      (fun x t -> let y = 1. / (1. + exp -x) in -(t * log y + (1. - t) * log (1. - y))) ]

let private elementwise =
    [ for name, loss, y, t, formula in table do
          test $"{name} is its formula, in every reduction" {
              let expected = List.map2 formula (elements y) (elements t)
              close "none" expected (loss each y t)
              close "sum" [ List.sum expected ] (loss { each with Reduction = LossReduction.Sum } y t)
              close "mean" [ List.average expected ] (loss LossOptions.Default y t)
              let mask = Tensor.create [ 2; 2 ] "" [| true; false; false; true |]
              close
                  "masked"
                  [ (expected[0] + expected[3]) / 2. ]
                  (loss { LossOptions.Default with Mask = Some mask } y t)
              differentiates (fun y -> loss each y t) y
              Expect.throwsT<ShapeException>
                  (fun () -> loss each y (float64 [ 1; 2 ] [ 0.; 1. ]) |> ignore)
                  "other sizes"
              let mask = Tensor.create [ 3; 1; 1 ] "" [| true; true; true |]
              Expect.throwsT<ShapeException> (fun () -> loss { each with Mask = Some mask } y t |> ignore) "other mask"
          }

      test "logits far out keep their digits" {
          let far = float64 [ 4 ] [ 1000.; -1000.; 1000.; -50. ]
          let t = float64 [ 4 ] [ 1.; 0.; 0.; 0. ]
          close "loss" [ 0.; 0.; 1000.; log (1. + exp -50.) ] (Loss.binaryCrossEntropyOfLogits each far t)
          close
              "tiny"
              [ exp -50. ]
              (Loss.binaryCrossEntropyOfLogits each (float64 [ 1 ] [ 50. ]) (float64 [ 1 ] [ 1. ]))
      }

      test "a huge error has a finite slope" {
          let slope =
              grad (fun y -> Loss.huber LossOptions.Default 1. y (float64 [ 1 ] [ 0. ])) (float64 [ 1 ] [ 1e300 ])
          close "slope" [ 1. ] slope
      }

      test "focal cross-entropy weighs by doubt" {
          let expected = [ for row, c in List.zip rows numbers -> -0.25 * (1. - row[c]) ** 2. * log row[c] ]
          close "none" expected (Loss.focalCrossEntropy each 0.25 2. y target)
          differentiates (fun y -> Loss.focalCrossEntropy each 0.25 2. y target) y
          close "of logits" expected (Loss.focalCrossEntropyOfLogits each 0.25 2. (log y + 3.) target)
          differentiates (fun x -> Loss.focalCrossEntropyOfLogits each 0.25 2. x target) (log y + 3.)
          let far = Tensor.create [ 2; 2 ] "BC" [| 1000.; 0.; 1000.; 0. |]
          let classes = Tensor.create [ 2 ] "B" [| 0; 1 |]
          close "far out" [ 0.; 250. ] (Loss.focalCrossEntropyOfLogits each 0.25 2. far classes)
          // Where doubt is small its digits count: (1 - p)² = (e⁻²⁰)² to first order.
          let sure =
              Loss.focalCrossEntropyOfLogits
                  each
                  1.
                  2.
                  (Tensor.create [ 1; 2 ] "BC" [| 20.; 0. |])
                  (Tensor.create [ 1 ] "B" [| 0 |])
          let doubt = 1. / (1. + exp 20.)
          // Its logarithm is that of a sum, 1 + doubt, which was rounded; it stands in the third power.
          let rounding = 3. * 1.1102230246251565e-16 / doubt
          Expect.isLessThan (abs ((elements sure).Head / (doubt ** 3.) - 1.)) (1.1 * rounding) "nearly sure"
      }

      test "focal cross-entropy of one class" {
          let logits, targets = [ 0.5; -2.; 3.; 0.25 ], [ 1.; 1.; 0.; 0.5 ]
          let sigmoid x = 1. / (1. + exp -x)
          let expected =
              [ for x, t in List.zip logits targets ->
                    let p = sigmoid x
                    let doubt = t * (1. - p) + (1. - t) * p
                    let weight = 0.3 * t + 0.7 * (1. - t)
                    -weight * doubt ** 1.5 * (t * log p + (1. - t) * log (1. - p)) ]
          let x, t = Tensor.create [ 4 ] "B" (Array.ofList logits), Tensor.create [ 4 ] "B" (Array.ofList targets)
          close "none" expected (Loss.binaryFocalCrossEntropyOfLogits each 0.3 1.5 x t)
          differentiates (fun x -> Loss.binaryFocalCrossEntropyOfLogits each 0.3 1.5 x t) x
          let far, sides = Tensor.create [ 2 ] "B" [| -1000.; 1000. |], Tensor.create [ 2 ] "B" [| 1.; 1. |]
          close "far out" [ 250.; 0. ] (Loss.binaryFocalCrossEntropyOfLogits each 0.25 2. far sides)
      }

      test "divergence of Kullback and Leibler" {
          let t = Tensor.create [ 3; 3 ] "BC" [| 0.5; 0.5; 0.; 1.; 0.; 0.; 0.2; 0.3; 0.5 |]
          let expected =
              [ for t, y in List.zip (List.chunkBySize 3 (elements t)) rows ->
                    List.sum [ for t, y in List.zip t y -> if t = 0. then 0. else t * (log t - log y) ] ]
          close "none" expected (Loss.klDivergence each (log y) t)
          close "of itself" [ 0.; 0.; 0. ] (Loss.klDivergence each (log y) y)
          differentiates (fun l -> Loss.klDivergence each l t) (log y)
          let slope = grad (fun t -> Tensor.sum [] (Loss.klDivergence each (log y) t)) t
          Expect.all (elements slope) System.Double.IsFinite "an impossible class does not spoil the slopes of targets"
      }

      test "cosine and triplet" {
          let length (v: float list) = sqrt (List.sumBy (fun x -> x * x) v)
          let pairs = List.zip (List.chunkBySize 2 (elements a)) (List.chunkBySize 2 (elements b))
          close
              "cosine"
              [ for u, v in pairs -> 1. - List.sum (List.map2 (*) u v) / (length u * length v) ]
              (Loss.cosine each a b)
          differentiates (fun a -> Loss.cosine each a b) a
          let zero = float64 [ 1; 2 ] [ 0.; 0. ]
          close "of nothing" [ 1. ] (Loss.cosine each zero (float64 [ 1; 2 ] [ 1.; 2. ]))
          let distance u v = length (List.map2 (-) u v)
          let far = List.chunkBySize 2 (elements p)
          close
              "triplet"
              [ for (u, v), n in List.zip pairs far -> max 0. (distance u v - distance u n + 0.3) ]
              (Loss.triplet each 0.3 a b p)
          differentiates (fun a -> Loss.triplet each 5. a b p) a
      } ]

/// All sequences of classes that spell the labels.
let private enumerated (probabilities: float[][]) blank (labels: int list) =
    let classes = probabilities[0].Length
    let rec paths length =
        if length = 0 then
            [ [] ]
        else
            [ for path in paths (length - 1) do
                  for c in 0 .. classes - 1 -> path @ [ c ] ]
    let spelt (path: int list) =
        path
        |> List.fold (fun (spelt, last) c -> (if c <> last && c <> blank then spelt @ [ c ] else spelt), c) ([], -1)
        |> fst
    paths probabilities.Length
    |> List.filter (fun path -> spelt path = labels)
    |> List.sumBy (fun path -> path |> List.mapi (fun t c -> probabilities[t].[c]) |> List.reduce (*))

let private ctc =
    let steps, batch, classes = 5, 6, 3
    let random = System.Random 3
    let logits = Array.init (steps * batch * classes) (fun _ -> 2. * random.NextDouble() - 1.)
    let x = Tensor.create [ steps; batch; classes ] "TBC" logits
    let labels = [ [ 1; 2 ]; [ 1; 1 ]; []; [ 2 ]; [ 2; 1; 2 ]; [ 1; 1; 1 ] ]
    let padded =
        Tensor.create
            [ batch; 3 ]
            ""
            [| for l in labels do
                   yield! l @ List.replicate (3 - l.Length) -7 |]
    let lengths = Tensor.create [ batch ] "" [| for l in labels -> l.Length |]
    let times = [ 5; 4; 3; 1; 3; 4 ]
    let spans = Tensor.create [ batch ] "" (Array.ofList times)
    let loss o x = Loss.ctc o 0 (Activation.logSoftmax x) padded spans lengths

    [ test "the loss is -log of the sum over all paths that spell the labels" {
          let y = Tensor.toArray<float>(Activation.softmax x)
          let expected =
              [ for b, (l, t) in List.indexed (List.zip labels times) ->
                    -log(enumerated
                        [| for s in 0 .. t - 1 -> [| for c in 0 .. classes - 1 -> y[(s * batch + b) * classes + c] |] |]
                        0
                        l) ]
          Expect.equal (List.last expected) infinity "three equal labels need five steps"
          let actual = loss each x
          Expect.equal (string actual.Format) "B" "format"
          for a, e in List.zip (elements actual) expected do
              if Double.IsInfinity e then
                  Expect.equal a e "impossible"
              else
                  Expect.floatClose Accuracy.high a e "loss"
          let arranged = Loss.ctc each 0 (Tensor.arrange "BCT" (Activation.logSoftmax x)) padded spans lengths
          Expect.equal (elements arranged) (elements actual) "in another order"
      }

      test "another class may be the blank, and Float32 is enough" {
          let y = Tensor.toArray<float>(Activation.softmax x)
          let row s = [| for c in 0..2 -> y[s * batch * classes + c] |]
          let p = enumerated [| for s in 0..4 -> row s |] 2 [ 0; 1 ]
          let one = Tensor.slice [ Slice.All; Slice.Range(0, 1) ] x
          let ints (numbers: int list) sizes = Tensor.create sizes "" (Array.ofList numbers)
          let f x =
              Loss.ctc
                  LossOptions.Default
                  2
                  (Activation.logSoftmax x)
                  (ints [ 0; 1 ] [ 1; 2 ])
                  (ints [ 5 ] [ 1 ])
                  (ints [ 2 ] [ 1 ])
          Expect.floatClose Accuracy.high (List.head (elements (f one))) -(log p) "blank 2"
          Expect.floatClose Accuracy.low (float (f (Tensor.cast DType.Float32 one))) -(log p) "Float32"
      }

      test "slopes are central differences', and 0 where no path spells the labels" {
          let possible = Tensor.slice [ Slice.All; Slice.Range(0, 5) ] x
          let part (t: Tensor) = Tensor.sliceDim 0 (Slice.Range(0, 5)) t
          let f x = Loss.ctc LossOptions.Default 0 (Activation.logSoftmax x) (part padded) (part spans) (part lengths)
          differentiates f possible
          let slope = grad (fun x -> Tensor.sum [] (loss each x)) x
          let ofLast = Tensor.sliceDim 1 (Slice.Range(5, 6)) slope
          Expect.all (elements ofLast) ((=) 0.) "impossible"
      }

      test "what does not fit is refused" {
          let run labels times () = Loss.ctc each 0 (Activation.logSoftmax x) labels times lengths
          refuses<ShapeException>
              "Ctc"
              "labels do not fit"
              (run (Tensor.create [ 2; 3 ] "" [| 1; 1; 1; 1; 1; 1 |]) spans)
          refuses<DTypeException> "Ctc" "integers" (run (Tensor.cast DType.Float32 padded) spans)
          refuses<ShapeException> "Ctc" "lengths" (run padded (Tensor.create [ 1 ] "" [| 1 |]))
          refuses<DimensionException> "Ctc" "labelled 'T'" (fun () -> Loss.ctc each 0 y padded spans lengths)
          refuses<DimensionException> "Ctc" "class 3" (fun () -> Loss.ctc each 3 x padded spans lengths)
      } ]

let tests =
    testList
        "Loss options"
        [ testList "cross-entropy" crossEntropy; testList "elements" elementwise; testList "ctc" ctc ]
