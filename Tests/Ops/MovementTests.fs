module Functional.Tests.MovementTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private families = [ "movement"; "indexing"; "sorting"; "scan" ]

/// Operand types: every rank up to 4, empty dimensions and those of size 1, with and without labels.
let private types =
    [ for sizes, labels in
          [ [], ""
            [ 5 ], "B"
            [ 0 ], ""
            [ 1 ], "S"
            [ 3; 4 ], "SC"
            [ 4; 1 ], ""
            [ 0; 3 ], "TB"
            [ 2; 1; 3 ], "BSS"
            [ 2; 3; 2; 3 ], "SSCB"
            [ 2; 2; 0; 1 ], "" ] do
          for dtype in Enum.GetValues<DType>() do
              TensorType(dtype, sizes, Format.Parse labels) ]

/// Values for an operand; few different ones, so that equals occur.
let private draw (random: System.Random) (operand: Operand) : Array =
    let data = Blocks.allocate operand.Type.DType operand.Type.Count
    for k in 0 .. data.Length - 1 do
        let value =
            match operand.Valid with
            | Some(low, high) -> float (random.Next(int low, int high + 1))
            | None -> float (random.Next(-3, 4)) * 0.5
        Blocks.fillRange data k 1 (if operand.Type.DType = DType.Bool then float (random.Next 2) else value)
    data

/// The same elements in other places: dimensions backwards in memory, each second place unused.
let private scattered (ty: TensorType) (data: Array) : Block =
    let sizes = ty.Sizes
    let strides = Array.create sizes.Length 0
    let mutable stride = 2
    for k in 0 .. sizes.Length - 1 do
        strides[k] <- -stride
        stride <- stride * max 1 sizes[k]
    let offset = Seq.sum (Seq.map2 (fun size s -> -s * max 0 (size - 1)) sizes strides)
    let room = Blocks.allocate ty.DType (offset + 1)
    let block = { Data = room; Offset = offset; Strides = strides }
    for p in 0 .. ty.Count - 1 do
        let index = Movement.index (List.ofArray sizes) p
        let place = offset + List.sum (List.mapi (fun k i -> i * strides[k]) index)
        Array.Copy(data, p, room, place, 1)
    block

let private lanes (ty: TensorType) (data: Array) : Lanes =
    let at (i: int list) =
        let p = List.fold2 (fun p size i -> p * size + i) 0 (List.ofArray ty.Sizes) i
        match data with
        | :? (float32 array) as d -> Real(float d[p])
        | :? (float array) as d -> Real d[p]
        | :? (int array) as d -> Whole(int64 d[p])
        | :? (int64 array) as d -> Whole d[p]
        | d -> Whole(if (d :?> bool array)[p] then 1L else 0L)
    { Type = ty; At = at }

let private draw0 = { Key = 0UL; Position = 0UL }

/// The op's kernel on these blocks, as row-major arrays; and what the oracle says.
let private run (op: Op) (operands: Operand list) (blocks: Block list) =
    let types = [ for o in operands -> o.Type ]
    let results = op.Infer types
    let blocks = Steps.Prepare op.Kernel types results draw0 (Array.ofList blocks)
    [ for ty, block in Seq.zip results blocks -> Blocks.toArray ty block ]

let private oracle (op: Op) (operands: Operand list) (arrays: Array list) =
    let types = [ for o in operands -> o.Type ]
    let results = op.Infer types
    let values = op.Eval draw0 results (List.map2 lanes types arrays)
    [ for ty, at in List.zip results values ->
          [ for p in 0 .. ty.Count - 1 -> at (Movement.index (List.ofArray ty.Sizes) p) ] ]

let private agrees (entry: Entry) seed ty =
    let random = System.Random(seed: int)
    match entry.Sample random.Next ty with
    | None -> ()
    | Some(op, operands) ->
        let arrays = operands |> List.map (draw random)
        let types = [ for o in operands -> o.Type ]
        let adjacent = run op operands (List.map2 Blocks.ofArray types arrays)
        let elsewhere = run op operands (List.map2 scattered types arrays)
        let shown = List.map2 lanes (op.Infer types) adjacent
        let actual =
            [ for x in shown -> [ for p in 0 .. x.Type.Count - 1 -> x.At(Movement.index (List.ofArray x.Type.Sizes) p) ] ]
        // Sums and products of few halves are exact, so that the oracle's bits are the only right ones.
        Expect.equal actual (oracle op operands arrays) $"{op} of {types}: kernel and oracle"
        Expect.isTrue (List.forall2 Blocks.sameBits adjacent elsewhere) $"{op} of {types}: bits for other strides"

let tests =
    testList
        "Movement"
        [ for entry in Catalogue.all do
              if List.contains entry.Family families then
                  testCase $"{entry.Name}: kernel = oracle, in any memory layout" (fun () ->
                      for ty in types do
                          for seed in 1..40 do
                              agrees entry seed ty)

          testCase "a slice steps backwards, and its slope goes back to where elements stood" (fun () ->
              let backwards x = Define.apply (Movement.slice [ 4, -2, 2; 0, 1, 2 ]) [ x ]
              hasElements [ 8.; 9.; 4.; 5. ] (backwards (counting [ 5; 2 ])) "rows 4 and 2"
              differentiates backwards (counting [ 5; 2 ]))

          testCase "padding between elements" (fun () ->
              let padded x = Define.apply (Movement.pad [ 1, 2, 1 ] 7.) [ x ]
              hasElements [ 7.; 0.; 7.; 1.; 7.; 2.; 7.; 7. ] (padded (counting [ 3 ])) "0 1 2, spread"
              hasElements [ 7.; 7.; 7. ] (padded (counting [ 0 ])) "nothing, padded"
              differentiates padded (counting [ 3 ]))

          testCase "-0 is padded as it is" (fun () ->
              let y = Define.apply (Movement.pad [ 1, 0, 0 ] -0.) [ counting [ 1 ] ]
              Expect.isTrue (Double.IsNegative (elements y).Head) "-0")

          testCase "an empty operand is padded, in some of its dimensions" (fun () ->
              let padded around sizes = Define.apply (Movement.pad around 7.) [ counting sizes ]
              let y = padded [ 0, 0, 0; 2, 0, 1; 0, 0, 0; 1, 0, 2 ] [ 2; 0; 0; 1 ]
              Expect.equal y.Type.Sizes [| 2; 2; 0; 2 |] "nothing is around either"
              hasElements [ 7.; 7.; 7.; 7. ] (padded [ 0, 0, 0; 0, 0, 0; 1, 0, 0 ] [ 2; 2; 0 ]) "all of it is around")

          testCase "ranges that wrap around are refused" (fun () ->
              refuses<DimensionException> "Slice" "leaves it" (fun () ->
                  Define.apply (Movement.slice [ 0, 1 <<< 30, 5 ]) [ counting [ 10 ] ])
              refuses<DimensionException> "Slice" "leaves it" (fun () ->
                  Define.apply (Movement.slice [ 0, 1, -1 ]) [ counting [ 10 ] ])
              refuses<ShapeException> "Pad" "impossible" (fun () ->
                  Define.apply (Movement.pad [ Int32.MaxValue, Int32.MaxValue, 0 ] 0.) [ counting [ 3 ] ]))

          testCase "bad orders and dimensions are typed errors" (fun () ->
              refuses<DimensionException> "Permute" "no order" (fun () ->
                  Define.apply (Movement.permute [ 0; 0 ]) [ counting [ 2; 3 ] ])
              refuses<DimensionException> "Concat" "no dimension 1" (fun () ->
                  Define.apply (Movement.concat 1) [ counting [ 2 ]; counting [ 2 ] ])
              refuses<ShapeException> "Concat" "beside dimension 0" (fun () ->
                  Define.apply (Movement.concat 0) [ counting [ 2; 2 ]; counting [ 2; 3 ] ]))

          testCase "broadcasting into permuted dimensions differentiates" (fun () ->
              let spread x = Define.apply (Movement.broadcast [ 3; 4; 2 ] Format.None [ 2; 0 ]) [ x ]
              hasElements
                  [ for i in 0..2 do
                        for _ in 0..3 do
                            for k in 0..1 -> float (k * 3 + i) ]
                  (spread (counting [ 2; 3 ]))
                  "y[i, j, k] = x[k, i]"
              differentiates spread (counting [ 2; 3 ])
              differentiates
                  (fun x -> Define.apply (Movement.broadcast [ 3; 2; 2 ] Format.None [ 1; 0 ]) [ x ])
                  (counting [ 1; 3 ])) ]
