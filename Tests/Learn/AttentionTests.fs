/// Attention, positions and embeddings against their definitions, number by number.
module Functional.Tests.Learn.AttentionTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests.Expectations

let private holds verdict =
    match verdict with
    | Verdict.Holds -> ()
    | other -> failtest $"{other}"

let private random seed (sizes: int list) =
    let r = System.Random(seed: int)
    Tensor.create sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> 2. * r.NextDouble() - 1.))

let private near what (expected: float seq) (actual: Tensor) =
    let expected = List.ofSeq expected
    Expect.equal actual.Count expected.Length what
    // Mixtures of a dozen numbers below 4, whose weights depend on products of as many: some hundred roundings of 1e-16.
    for a, e in List.zip (elements actual) expected do
        Expect.isLessThan (abs (a - e)) 1e-13 what

let private batch, m, n, d = 2, 3, 4, 2

/// Queries, keys and values of so many heads: [batch; time; heads · 2], values of 3 channels a head.
let private operands heads keyHeads =
    random 1 [ batch; m; heads * d ], random 2 [ batch; n; keyHeads * d ], random 3 [ batch; n; keyHeads * 3 ]

let private item (x: Tensor) (i: int list) =
    let data = Tensor.toArray<float> x in data[List.fold2 (fun p size i -> p * size + i) 0 (sizes x) i]

/// score → what is added to it, -∞ for what is not seen, as a function of batch, head, query and key.
let private naive heads keyHeads scale (added: int -> int -> int -> int -> float) (q, k, v) =
    [ for b in 0 .. batch - 1 do
          for i in 0 .. m - 1 do
              for h in 0 .. heads - 1 do
                  let own = h / (heads / keyHeads)
                  let scores =
                      [ for j in 0 .. n - 1 ->
                            scale
                            * List.sum
                                [ for c in 0 .. d - 1 -> item q [ b; i; h * d + c ] * item k [ b; j; own * d + c ] ]
                            + added b h i j ]
                  let e = scores |> List.map exp
                  let total = List.sum e
                  for c in 0..2 ->
                      if total = 0. then
                          0.
                      else
                          List.sum [ for j in 0 .. n - 1 -> e[j] / total * item v [ b; j; own * 3 + c ] ] ]

let private nothing _ _ _ _ = 0.
let private options = AttentionOptions.Default
let private attend o (q, k, v) = Tensor.attention o q k v
let private unseen isSeen = if isSeen then 0. else -infinity
let private bool (sizes: int list) f = Tensor.create sizes "" (Array.init (List.fold (*) 1 sizes) f)

let private definitions =
    [ for heads, keyHeads in [ 1, 1; 2, 2; 4, 2; 4, 1 ] do
          test $"{heads} heads on {keyHeads}" {
              let x = operands heads keyHeads
              let o = { options with Heads = heads; KeyHeads = Some keyHeads }
              near "scaled" (naive heads keyHeads (1. / sqrt 2.) nothing x) (attend o x)
              near "another scale" (naive heads keyHeads 0.3 nothing x) (attend { o with Scale = Some 0.3 } x)
          }
      test "causal: the last query stands with the last key; the same as a mask of -∞" {
          let x = operands 2 2
          let o = { options with Heads = 2; Causal = true }
          let y = attend o x
          near "definition" (naive 2 2 (1. / sqrt 2.) (fun _ _ i j -> unseen (j <= i + n - m)) x) y
          let additive =
              Tensor.create
                  [ m; n ]
                  ""
                  [| for i in 0 .. m - 1 do
                         for j in 0 .. n - 1 -> unseen (j <= i + n - m) |]
          let masked = attend { o with Causal = false; Mask = Some additive } x
          Expect.equal (elements masked) (elements y) "additive"
          let logical =
              Tensor.create
                  [ m; n ]
                  ""
                  [| for i in 0 .. m - 1 do
                         for j in 0 .. n - 1 -> j <= i + n - m |]
          Expect.equal (elements (attend { o with Causal = false; Mask = Some logical } x)) (elements y) "logical"
      }
      test "masks by head and observation, numbers that are added, keys that are padding" {
          let x = operands 2 2
          let o = { options with Heads = 2 }
          let seen = bool [ batch; 2; m; n ] (fun k -> k % 3 <> 1)
          let at b h i j = (((b * 2 + h) * m + i) * n + j) % 3 <> 1
          near
              "logical"
              (naive 2 2 (1. / sqrt 2.) (fun b h i j -> unseen (at b h i j)) x)
              (attend { o with Mask = Some seen } x)
          let added = random 9 [ 2; 1; n ]
          near
              "added"
              (naive 2 2 (1. / sqrt 2.) (fun _ h _ j -> item added [ h; 0; j ]) x)
              (attend { o with Mask = Some added } x)
          let keys = Tensor.sequenceMask n (Tensor.create [ batch ] "" [| 4; 2 |])
          let expected = naive 2 2 (1. / sqrt 2.) (fun b _ _ j -> unseen (b = 0 || j < 2)) x
          near "padding" expected (attend { o with KeyMask = Some keys } x)
          let all b h i j = unseen (at b h i j && (b = 0 || j < 2) && j <= i + n - m)
          let together = { o with KeyMask = Some keys; Mask = Some seen; Causal = true }
          near "all of them" (naive 2 2 (1. / sqrt 2.) all x) (attend together x)
      }
      test "a query that sees no key gets 0, and passes nothing back" {
          let q, k, v = operands 1 1
          let none = bool [ m; n ] (fun k -> k / n <> 1)
          let f (q: Tensor, k: Tensor, v: Tensor) = Tensor.attention { options with Mask = Some none } q k v
          let y = f (q, k, v)
          Expect.equal (elements y[*, 1, *]) [ 0.; 0.; 0.; 0.; 0.; 0. ] "row 1"
          let dq, dk, dv = grad (fun x -> Tensor.sum [] (f x)) (q, k, v)
          Expect.all (elements dq @ elements dk @ elements dv) Double.IsFinite "finite"
          Expect.equal (elements dq[*, 1, *]) [ 0.; 0.; 0.; 0. ] "its query"
          let lonely = Tensor.create [ 1; n ] "" (Array.create n -infinity)
          let y = Tensor.attention { options with Mask = Some lonely } q k v
          Expect.all (elements y) ((=) 0.) "numbers of -∞ alike"
      }
      test "scores of thousands do not overflow" {
          let q, k, v = operands 1 1
          Expect.all (elements (Tensor.attention options (1e4 * q) k v)) Double.IsFinite "finite"
      }
      test "labels in any order" {
          let q, k, v = operands 2 2
          let o =
              { options with
                  Heads = 2
                  KeyMask = Some(Tensor.sequenceMask n (Tensor.create [ batch ] "B" [| 4; 2 |])) }
          let label x = Tensor.withFormat "BTC" x
          let y = attend { o with KeyMask = Some(Tensor.withFormat "" o.KeyMask.Value) } (q, k, v)
          let z = attend o (Tensor.arrange "CTB" (label q), Tensor.arrange "TBC" (label k), label v)
          Expect.equal (string z.Format) "CTB" "the queries'"
          Expect.equal (elements (Tensor.arrange "BTC" z)) (elements y) "result"
          let space =
              attend
                  { o with KeyMask = None }
                  (Tensor.withFormat "BSC" q, Tensor.withFormat "BSC" k, Tensor.withFormat "BSC" v)
          Expect.equal (elements space) (elements (attend { o with KeyMask = None } (q, k, v))) "S for T"
      }
      test "dropout drops weights of the share, scales the others, and is the same accelerated" {
          let q, k = Tensor.zeros DType.Float64 [ 50; 1 ] "", Tensor.zeros DType.Float64 [ 40; 1 ] ""
          let v = Tensor.eye DType.Float64 40
          let f (q: Tensor) = Tensor.attention { options with Dropout = 0.25 } q k v
          let weights = Functions.seeded 3UL (fun () -> elements (f q))
          // 1 / 40 / (1 - ¼).
          Expect.all weights (fun w -> w = 0. || abs (w - 1. / 30.) < 1e-15) "0 or scaled"
          // Binomial: deviation √(2000 · ¼ · ¾) = 19.4.
          let dropped = weights |> List.filter ((=) 0.) |> List.length
          Expect.isLessThan (abs (dropped - 500)) 97 "a quarter"
          holds (Acceleration.equalsDirect (Functions.withGradient f) [ q ] 3UL)
      } ]

let private channels = 4

let private multiHead keyHeads : MultiHeadWeights =
    { Query = random 11 [ channels; 2 * d ]
      Key = random 12 [ channels; keyHeads * d ]
      Value = random 13 [ channels; keyHeads * 3 ]
      Output = random 14 [ 6; channels ]
      QueryBias = Some(random 15 [ 2 * d ])
      KeyBias = Some(random 16 [ keyHeads * d ])
      ValueBias = None
      OutputBias = Some(random 17 [ channels ]) }

let private project (x: Tensor) (w: Tensor) (bias: Tensor option) =
    let y = Tensor.matmul x w in bias |> Option.fold (fun y b -> y + b) y

let private multiHeads =
    let context, queries = random 21 [ batch; n; channels ], random 22 [ batch; m; channels ]
    let run o rotary w past context x = Tensor.multiHeadAttention o rotary w past context x
    let o = { options with Heads = 2 }

    [ test "projections, attention, projection" {
          let w = multiHead 2
          let y, cache = run o None w None context queries
          let q, k = project queries w.Query w.QueryBias, project context w.Key w.KeyBias
          let v = project context w.Value None
          let mixed = Tensor.create [ batch; m; 6 ] "" (Array.ofList (naive 2 2 (1. / sqrt 2.) nothing (q, k, v)))
          near "result" (elements (project mixed w.Output w.OutputBias)) y
          near "keys" (elements k) cache.Keys
          near "values" (elements v) cache.Values
      }
      test "self-attention one step at a time, with the cache, is the whole at once" {
          let whole = random 23 [ batch; 5; channels ] |> Tensor.withFormat "BTC"
          let causal = { o with Causal = true; KeyHeads = Some 1 }
          for rotary in [ None; Some RotaryOptions.Default; Some { RotaryOptions.Default with Interleaved = false } ] do
              let w = multiHead 1
              let y, all = run causal rotary w None whole whole
              let mutable past = None
              for t in 0..4 do
                  let x = whole[*, t..t, *]
                  let step, cache = run causal rotary w past x x
                  past <- Some cache
                  near $"step {t}" (elements y[*, t..t, *]) step
              Expect.equal (elements past.Value.Keys) (elements all.Keys) "keys"
              // Two steps after three, which are one call.
              let three = whole[*, ..2, *]
              let _, cache = run causal rotary w None three three
              let rest, _ = run causal rotary w (Some cache) whole[*, 3.., *] whole[*, 3.., *]
              near "two at once" (elements y[*, 3.., *]) rest
      }
      test "direct, accelerated, oracle, differences" {
          let f (w: MultiHeadWeights, context: Tensor, x: Tensor) =
              run { o with Causal = true; KeyHeads = Some 1 } (Some RotaryOptions.Default) w None context x
          let x = multiHead 1, context, queries
          holds (Acceleration.equalsDirect f [ x ] 5UL)
          holds (Acceleration.equalsDirect (Functions.withGradient f) [ x ] 5UL)
          holds (Oracle.agreesOn f x 5UL)
          holds (Differentiation.equalsDifferences f x 5UL)
          holds (Differentiation.transposes f x 5UL)
      }
      test "attention has its gradients, masked and grouped" {
          let f x = attend { o with Heads = 4; Causal = true; Mask = Some(random 4 [ m; n ]) } x
          let x = operands 4 4
          holds (Acceleration.equalsDirect (Functions.withGradient f) [ x ] 5UL)
          holds (Differentiation.equalsDifferences f x 5UL)
          differentiates
              (fun q -> let _, k, v = operands 2 1 in attend { o with KeyHeads = Some 1 } (q, k, v))
              (let q, _, _ = operands 2 1 in q)
      }
      test "what does not fit is refused" {
          let q, k, v = operands 2 2
          let refuses' text f = refuses<ShapeException> "Attention" text f
          refuses' "do not share" (fun () -> attend { options with Heads = 3 } (q, k, v))
          refuses' "do not meet" (fun () -> attend { options with Heads = 2; KeyHeads = Some 1 } (q, k, v))
          refuses' "one value for each key" (fun () -> Tensor.attention o q k v[*, ..1, *])
          refuses' "batches" (fun () -> Tensor.attention o q k[..0, *, *] v[..0, *, *])
          refuses' "mask" (fun () -> attend { o with KeyMask = Some(bool [ 2 ] (fun _ -> true)) } (q, k, v))
          refuses' "mask" (fun () -> attend { o with Mask = Some(bool [ 3; 1; 1; 1; 1 ] (fun _ -> true)) } (q, k, v))
          refuses<TensorFormatException> "Attention" "labels" (fun () ->
              Tensor.attention o (Tensor.withFormat "BTC" q) k v)
          Expect.throwsT<ArgumentOutOfRangeException>
              (fun () -> attend { o with Dropout = 1. } (q, k, v) |> ignore)
              "dropout"
          refuses<ShapeException> "MultiHeadAttention" "queries" (fun () ->
              fst (run o None { multiHead 2 with Query = random 1 [ 3; 4 ] } None context queries))
      } ]

let private rotated heads interleaved (basis: float) offset (x: Tensor) =
    let all = sizes x
    let length, size = all[1], all[2] / heads
    [ for b in 0 .. all[0] - 1 do
          for p in 0 .. length - 1 do
              for h in 0 .. heads - 1 do
                  for c in 0 .. size - 1 ->
                      let i, isFirst = if interleaved then c / 2, c % 2 = 0 else c % (size / 2), c < size / 2
                      let first, second = if interleaved then 2 * i, 2 * i + 1 else i, i + size / 2
                      let angle = float (p + offset) * basis ** (-2. * float i / float size)
                      let at c = item x [ b; p; h * size + c ]
                      if isFirst then
                          at first * cos angle - at second * sin angle
                      else
                          at first * sin angle + at second * cos angle ]

let private positions =
    [ test "rotary positions, both forms, heads, offset" {
          let x = random 5 [ 2; 3; 8 ]
          for heads in [ 1; 2; 4 ] do
              for interleaved in [ true; false ] do
                  let o = { Heads = heads; Base = 100.; Interleaved = interleaved; Offset = 7 }
                  near $"{o}" (rotated heads interleaved 100. 7 x) (Tensor.rotaryPositions o x)
                  let labelled = Tensor.rotaryPositions o (Tensor.arrange "CTB" (Tensor.withFormat "BTC" x))
                  near "labels" (rotated heads interleaved 100. 7 x) (Tensor.arrange "BTC" labelled)
          differentiates (Tensor.rotaryPositions { RotaryOptions.Default with Interleaved = false }) (x[*, *, ..3])
          refuses<ShapeException> "RotaryPositions" "pairs" (fun () ->
              Tensor.rotaryPositions RotaryOptions.Default x[*, *, ..2])
      }
      test "products of turned vectors depend on the distance" {
          let q, k = random 6 [ 1; 6 ], random 7 [ 1; 6 ]
          let turn offset x = Tensor.rotaryPositions { RotaryOptions.Default with Offset = offset } x
          let product a b = List.sum (List.map2 (*) (elements (turn a q)) (elements (turn b k)))
          for a, b in [ 0, 3; 2, 5; 100, 103 ] do
              Expect.isLessThan (abs (product a b - product 0 3)) 1e-12 "the same distance"
      }
      test "sinusoidal positions" {
          let y = Tensor.sinusoidalPositions DType.Float64 4 5 10000. 2
          let expected =
              [ for p in 2..5 do
                    for c in 0..4 ->
                        let angle = float p / 10000. ** (float (2 * (c / 2)) / 5.)
                        if c % 2 = 0 then sin angle else cos angle ]
          near "positions" expected y
          Expect.equal (sizes y) [ 4; 5 ] "sizes"
          Expect.equal (Tensor.sinusoidalPositions DType.Float32 3 4 10000. 0).DType DType.Float32 "type"
      }
      test "embedding looks rows up, adds derivatives up, leaves padding alone" {
          let w = float64 [ 3; 2 ] [ 1.; 2.; 3.; 4.; 5.; 6. ]
          let indices = Tensor.create [ 2; 2 ] "BT" [| 2; 0; 2; 1 |]
          let y = Tensor.embedding None w indices
          Expect.equal (string y.Format, sizes y) ("BTC", [ 2; 2; 2 ]) "type"
          hasElements [ 5.; 6.; 1.; 2.; 5.; 6.; 3.; 4. ] y "rows"
          let weights = counting [ 2; 2; 2 ] |> Tensor.withFormat "BTC"
          let slope padding = grad (fun w -> Tensor.sum [] (Tensor.embedding padding w indices * weights)) w
          hasElements [ 2.; 3.; 6.; 7.; 4.; 6. ] (slope None) "derivatives"
          hasElements [ 2.; 3.; 6.; 7.; 0.; 0. ] (slope (Some 2)) "none for padding"
          hasElements (elements y) (Tensor.embedding (Some 2) w indices) "the same rows"
          Expect.equal
              (string (Tensor.embedding None w (Tensor.create [ 1 ] "C" [| 1L |])).Format)
              "CU"
              "C stands already"
          refuses<DimensionException> "Gather" "outside" (fun () -> Tensor.embedding None w (int64s [ 1 ] [ 3L ]))
          refuses<DTypeException> "Gather" "positions" (fun () -> Tensor.embedding None w w)
          refuses<ShapeException> "Embedding" "matrix" (fun () ->
              Tensor.embedding None (float64 [ 2 ] [ 1.; 2. ]) indices)
      } ]

let tests =
    testList
        "Attention"
        [ testList "definitions" definitions
          testList "multi-head" multiHeads
          testList "positions" positions ]
