/// The rules of docs/formats.md, each a law: against elements found by label and index, with no code of the library's own.
module Functional.Tests.FormatLaws

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties

/// A dimension: its label, and how many of that label stand before it.
type private Key = char * int

let private keys (labels: string) : Key list =
    [ for k in 0 .. labels.Length - 1 -> labels[k], (labels[.. k - 1] |> Seq.filter ((=) labels[k]) |> Seq.length) ]

let private typeOf (x: Tensor) = List.ofSeq x.Shape, x.Format.Labels

let private element (x: Tensor) (index: int list) =
    let at = List.fold2 (fun at size i -> at * size + i) 0 (List.ofSeq x.Shape) index
    (Tensor.toArray<float> x)[at]

let rec private indices sizes =
    match sizes with
    | [] -> [ [] ]
    | size :: rest ->
        [ for i in 0 .. size - 1 do
              for tail in indices rest -> i :: tail ]

/// The element where each dimension has the index that its key has; a dimension of size 1 is repeated.
let private at (x: Tensor) (index: Map<Key, int>) =
    element x [ for key, size in Seq.zip (keys x.Format.Labels) x.Shape -> if size = 1 then 0 else index[key] ]

let private filled (random: Random) sizes (labels: string) =
    Tensor.create sizes labels (Array.init (List.fold (*) 1 sizes) (fun _ -> float (random.Next 1000)))

let private labels random rank = let format = Values.format random rank in format.Labels

/// At least one label.
let rec private someLabels (random: Random) =
    match labels random (1 + random.Next 3) with
    | "" -> someLabels random
    | l -> l

/// Formatted or not.
let private any (random: Random) =
    let rank = 1 + random.Next 3
    filled random [ for _ in 1..rank -> 1 + random.Next 3 ] (labels random rank)

let private equal expected actual =
    if expected = actual then Verdict.Holds else Verdict.Fails $"%A{actual}, not %A{expected}"

let private law name judge = Seed.law name 200 0.5 judge

let private elementwise =
    let sized (random: Random) (sizes: Map<Key, int>) labels =
        filled random [ for key in keys labels -> if random.Next 3 = 0 then 1 else sizes[key] ] labels

    let allSizes (random: Random) =
        Map.ofList
            [ for label in "SUCBT" do
                  for k in 0..3 -> (label, k), 2 + random.Next 2 ]

    [ law "formatted operands align by label, the highest rank leads, sizes of 1 are repeated" (fun random ->
          let sizes = allSizes random
          let a, b = sized random sizes (someLabels random), sized random sizes (someLabels random)
          let c = a + b
          let lead, other = if b.Rank > a.Rank then b, a else a, b
          let known = keys lead.Format.Labels
          let order = known @ List.except known (keys other.Format.Labels)
          let sizeOf key =
              List.max
                  [ 1
                    for x in [ a; b ] do
                        for k, size in Seq.zip (keys x.Format.Labels) x.Shape do
                            if k = key then size ]
          let expected = List.map sizeOf order, String.Join("", List.map fst order)

          if typeOf c <> expected then
              equal expected (typeOf c)
          else
              let wrong =
                  indices (fst expected)
                  |> List.tryFind (fun index ->
                      let place = Map.ofList (List.zip order index)
                      element c index <> at a place + at b place)
              match wrong with
              | None -> Verdict.Holds
              | Some index -> Verdict.Fails $"the element at %A{index}")
      law "the order of labels in an operand does not change what is added to what" (fun random ->
          let sizes = allSizes random
          let a, b = sized random sizes (someLabels random), sized random sizes (someLabels random)
          let turned = Tensor.arrange (String(Array.rev (b.Format.Labels.ToCharArray()))) b
          // Equal labels keep their order, so the turned one means the same. It may lead, if ranks are equal.
          let c = a + b
          equal (Tensor.toArray<float> c) (Tensor.toArray<float>(Tensor.arrange c.Format.Labels (turned + a))))
      law "unformatted operands align from the last dimension, and take the other's labels" (fun random ->
          let x = any random
          let rank = random.Next(x.Rank + 1)
          let bare = filled random (List.skip (x.Rank - rank) (List.ofSeq x.Shape)) ""
          let sum = bare + x
          if typeOf sum <> typeOf x then
              equal (typeOf x) (typeOf sum)
          else
              indices (List.ofSeq x.Shape)
              |> List.forall (fun i -> element sum i = element x i + element bare (List.skip (x.Rank - rank) i))
              |> equal true)
      law "an unformatted operand of higher rank than a formatted one is refused" (fun random ->
          let x = filled random [ 2 ] (someLabels random).[..0]
          try
              x + filled random [ 2; 2 ] "" |> ignore
              Verdict.Fails "no error"
          with :? TensorFormatException ->
              Verdict.Holds)
      law "sizes that meet and differ, neither 1, are refused" (fun random ->
          let l = someLabels random
          let x = filled random [ for _ in l -> 2 ] l
          let d = random.Next l.Length
          let y = filled random [ for k in 0 .. l.Length - 1 -> if k = d then 3 else 2 ] l
          try
              x * y |> ignore
              Verdict.Fails "no error"
          with :? ShapeException ->
              Verdict.Holds)
      law "one operand's labels stay" (fun random -> let x = any random in equal (typeOf x) (typeOf (exp x))) ]

let private without dims items =
    items |> List.indexed |> List.filter (fun (k, _) -> not (List.contains k dims)) |> List.map snd
let private text (labels: char list) = String(Array.ofList labels)

/// Sizes and labels, dimension by dimension; no labels: U for each.
let private dimensions (x: Tensor) =
    List.zip (List.ofSeq x.Shape) (List.ofSeq (if x.Format.IsNone then String('U', x.Rank) else x.Format.Labels))

/// The type that these dimensions make, where `like` is formatted or not.
let private shaped (like: Tensor) parts =
    List.map fst parts, (if like.Format.IsNone then "" else text (List.map snd parts))

let private someDims (random: Random) (x: Tensor) =
    [ for d in 0 .. x.Rank - 1 do
          if random.Next 2 = 0 then d ]

let private changes =
    let keeps name (f: Random -> Tensor -> Tensor) =
        law $"{name} keeps labels" (fun random ->
            let x = any random in equal x.Format.Labels (f random x).Format.Labels)

    let dim (random: Random) (x: Tensor) = random.Next x.Rank

    [ law "a reduction takes its dimensions' labels away; kept with size 1 they keep them" (fun random ->
          let x = any random
          match someDims random x with
          | [] -> Verdict.Silent "nothing to reduce"
          | dims ->
              let kept = dimensions x |> List.mapi (fun k (size, l) -> (if List.contains k dims then 1 else size), l)
              Verdict.all
                  [ equal (shaped x (without dims (dimensions x))) (typeOf (Tensor.sum dims x))
                    equal (shaped x kept) (typeOf (Tensor.keep Tensor.max dims x)) ])
      law "a label names all its dimensions" (fun random ->
          let l = someLabels random
          let x = filled random [ for _ in l -> 1 + random.Next 3 ] l
          let label = l[random.Next l.Length]
          let dims = Tensor.finddim label x
          Verdict.all
              [ equal
                    [ for k in 0 .. l.Length - 1 do
                          if l[k] = label then k ]
                    dims
                equal (typeOf (Tensor.sum dims x)) (typeOf (Tensor.over (string label) Tensor.sum x)) ])
      law "along a label is along its dimension" (fun random ->
          let l = someLabels random
          let x = filled random [ for _ in l -> 1 + random.Next 3 ] l
          let label = l[random.Next l.Length]
          match Tensor.finddim label x with
          | [ d ] ->
              let same (f: int -> Tensor -> Tensor) =
                  match Compare.difference (f d x) (Tensor.along label f x) with
                  | None -> Verdict.Holds
                  | Some difference -> Verdict.Fails difference
              Verdict.all [ same Tensor.argmax; same Tensor.cumsum; same (fun d x -> snd (Tensor.topk 1 d x)) ]
          | _ ->
              try
                  Tensor.along label Tensor.argmax x |> ignore
                  Verdict.Fails "no error"
              with :? DimensionException ->
                  Verdict.Holds)
      law "a permutation takes labels along" (fun random ->
          let x = any random
          let order = Entry.shuffled random.Next [ 0 .. x.Rank - 1 ]
          equal (shaped x [ for d in order -> (dimensions x)[d] ]) (typeOf (Tensor.permute order x)))
      law "a reshape forgets labels; stripdims and withFormat change nothing else" (fun random ->
          let x = any random
          let l = labels random x.Rank
          Verdict.all
              [ equal ([ x.Count ], "") (typeOf (Tensor.reshape [ -1 ] x))
                equal (List.ofSeq x.Shape, "") (typeOf (Tensor.stripdims x))
                equal (List.ofSeq x.Shape, l) (typeOf (Tensor.withFormat l x))
                equal (Tensor.toArray<float> x) (Tensor.toArray<float>(Tensor.withFormat l x)) ])
      keeps "a slice" (fun random x -> Tensor.sliceDim (dim random x) (Slice.From 0) x)
      keeps "a pad" (fun random x -> Tensor.pad [ for _ in 1 .. x.Rank -> random.Next 2, random.Next 2 ] 0. x)
      keeps "a flip" (fun random x -> Tensor.flip (someDims random x) x)
      keeps "a sort" (fun random x -> fst (Tensor.sort (dim random x) x))
      keeps "a scan" (fun random x -> Tensor.cumsum (dim random x) x)
      keeps "what is drawn or created like a tensor" (fun random x ->
          (if random.Next 2 = 0 then Tensor.uniformLike else Tensor.zerosLike) x)
      law "a dimension of which one position is taken, or that is squeezed, goes with its label" (fun random ->
          let x = any random
          let d = dim random x
          let expected = shaped x (without [ d ] (dimensions x))
          Verdict.all
              [ equal expected (typeOf (Tensor.select d 0 x))
                equal expected (typeOf (Tensor.squeeze [ d ] (Tensor.keep Tensor.sum [ d ] x))) ])
      law "a new dimension is U if there are labels" (fun random ->
          let x = any random
          let place = random.Next(x.Rank + 1)
          let inserted size = shaped x (List.insertAt place (size, 'U') (dimensions x))
          let broadcast = shaped x ((2, 'U') :: dimensions x)
          Verdict.all
              [ equal (inserted 1) (typeOf (Tensor.expandDims place x))
                equal (inserted 2) (typeOf (Tensor.stack place [ x; x ]))
                equal broadcast (typeOf (Tensor.broadcastTo (2 :: List.ofSeq x.Shape) x)) ])
      law "concatenation keeps the format that all have, and refuses others" (fun random ->
          let x = any random
          let d = dim random x
          let doubled = dimensions x |> List.mapi (fun k (size, l) -> (if k = d then 2 * size else size), l)
          let other = if x.Format.IsNone then String('U', x.Rank) else ""
          let refused =
              try
                  Tensor.concat d [ x; Tensor.withFormat other x ] |> ignore
                  Verdict.Fails "no error"
              with :? TensorFormatException ->
                  Verdict.Holds
          Verdict.all [ equal (shaped x doubled) (typeOf (Tensor.concat d [ x; x ])); refused ]) ]

/// Labels that a contraction by C sums over and keeps, against sums written out.
let private contraction =
    [ law "contract: the kept pairs, the left's rest, the right's rest, by label" (fun random ->
          let size = Map.ofList [ for l in "SCBTU" -> l, 1 + random.Next 3 ]
          let draw (choices: char list) =
              'C' :: (choices |> List.filter (fun _ -> random.Next 2 = 0)) |> Entry.shuffled random.Next
          let left, right = draw [ 'B'; 'S' ], draw [ 'B'; 'T' ]
          let tensor l = filled random [ for c in l -> size[c] ] (text l)
          let a, b = tensor left, tensor right
          let product = Tensor.contract "C" a b
          let kept = left |> List.filter (fun l -> l <> 'C' && List.contains l right)
          let order = kept @ List.except ('C' :: kept) left @ List.except ('C' :: kept) right
          let expected = [ for l in order -> size[l] ], text order

          if typeOf product <> expected then
              equal expected (typeOf product)
          else
              indices (fst expected)
              |> List.forall (fun index ->
                  let place c = Map.ofList ((('C', 0), c) :: [ for l, i in List.zip order index -> (l, 0), i ])
                  element product index = List.sum [ for c in 0 .. size['C'] - 1 -> at a (place c) * at b (place c) ])
              |> equal true)
      law "an unformatted operand's dimensions count as U" (fun random ->
          let k, n = 1 + random.Next 3, 1 + random.Next 3
          let x = filled random [ 2; k ] "BC"
          Verdict.all
              [ equal ([ 2; n ], "BU") (typeOf (Tensor.matmul x (filled random [ k; n ] "")))
                equal ([ n; 2 ], "UB") (typeOf (Tensor.matmul (filled random [ n; k ] "") (Tensor.arrange "CB" x))) ])
      law "a result with C, B or T twice is refused" (fun random ->
          let l = Values.pick random [| "B"; "T" |]
          let x, y = filled random [ 2; 3 ] (l + "C"), filled random [ 3; 2 ] ("C" + l)
          try
              Tensor.matmul x y |> ignore
              Verdict.Fails "no error"
          with :? TensorFormatException ->
              Verdict.Holds) ]

let tests =
    testList
        "Format laws"
        [ testList "alignment" elementwise
          testList "what ops do to labels" changes
          testList "contraction" contraction ]
