/// Products whose results leave out some columns.
module Functional.Tests.Kernels.GapTests

open System
open Expecto
open Functional
open Functional.Tests
open Functional.Tests.Kernels.Contractions

let private some (random: System.Random) (ty: TensorType) =
    let data: Array =
        match ty.DType with
        | DType.Float32 -> Array.init ty.Count (fun _ -> random.NextSingle() - 0.5f)
        | DType.Float64 -> Array.init ty.Count (fun _ -> random.NextDouble() - 0.5)
        | DType.Int32 -> Array.init ty.Count (fun _ -> random.Next())
        | _ -> Array.init ty.Count (fun _ -> random.NextInt64())
    Blocks.ofArray ty data

/// The result of a whole product with the columns that are kept.
let private columns (data: Array) batch m n (kept: bool array) =
    [| for row in 0 .. batch * m - 1 do
           for column in 0 .. n - 1 do
               if kept[column] then data.GetValue(row * n + column) |]

let private sums batch m n k dtype =
    TensorType(dtype, [ batch; m; k ]), TensorType(dtype, [ batch; k; n ]), TensorType(dtype, [ batch; m; n ])

/// The whole product, and the plan of one that leaves out some columns.
let private products (left, right, whole: TensorType) (result: TensorType) a b kept epilogue options =
    let all = ContractionPlan(left, right, whole, contraction, TileKernels.NoEpilogue, usual).Run(a, b)
    let plan =
        ContractionPlan(
            left,
            right,
            result,
            contraction,
            epilogue,
            options,
            resultStrides = result.Strides,
            kept = kept
        )
    all, plan

/// Rows of so many columns of which the first ones are kept, up to the last that is.
let private rows count long short = Array.init ((count - 1) * long + short) (fun column -> column % long < short)

let private patterns (random: System.Random) =
    [ "one at the end of each row", rows (2 + random.Next 5) (5 + random.Next 40) (4 + random.Next 3)
      "two at the end of each row", rows 28 30 28
      "rows of rows",
      [| for plane in 0..3 do
             if plane > 0 then yield! Array.create 14 false
             yield! rows 5 7 6 |]
      "anywhere", Array.init (20 + random.Next 150) (fun _ -> random.Next 3 > 0)
      "few", Array.init (40 + random.Next 60) (fun _ -> random.Next 12 = 0)
      "none at first", Array.append (Array.create 40 false) (Array.create 9 true) ]

let private check (random: System.Random) dtype name (kept: bool array) =
    let pick (choices: 'T list) = choices[random.Next choices.Length]
    let batch, m, n = pick [ 1; 1; 2; 5 ], pick [ 3; 8; 11; 24; 33; 150 ], kept.Length
    let k = if m > 100 then pick [ 1; 9; 40 ] else pick [ 1; 2; 9; 63; 144; 385; 800 ]
    let left, right, whole = sums batch m n k dtype
    let count = kept |> Seq.filter id |> Seq.length
    let result = TensorType(dtype, [ batch; m; count ])
    let options =
        { usual with
            Width = pick VectorWidth.supported
            Threads = Some(pick [ 1; 2; 3 ])
            Packing = pick [ PackingChoice.Auto; PackingChoice.Never; PackingChoice.Always ]
            Blocks = pick [ BlockSizes.Usual; smallBlocks ]
            Mode = pick [ KernelMode.Compiled; KernelMode.Compiled; KernelMode.Interpreted ] }
    let a, b = some random left, some random right
    let all, plan = products (left, right, whole) result a b kept TileKernels.NoEpilogue options
    let output = Blocks.allocate dtype (result.Count + 2)
    Blocks.fillRange output 0 output.Length 7.
    plan.Run(a, b, null, [||], output, 1)
    let made = [| for p in 1 .. result.Count -> output.GetValue p |]
    let what = $"{dtype}, {name}, {batch} × {m} × {n} × {k}, {options}"
    Expect.equal made (columns all batch m n kept) what
    let beside = [ output.GetValue 0; output.GetValue(result.Count + 1) ]
    Expect.equal (List.distinct beside).Length 1 $"nothing is written beside it: {what}"

let private gaps =
    testList
        "the columns of the whole product, and nothing beside them"
        [ for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ] ->
              test $"{dtype}" {
                  let random = System.Random(int dtype + Seed.seed)
                  for _ in 1..40 do
                      for name, kept in patterns random do
                          if Array.contains true kept then check random dtype name kept
              } ]

/// Per row, as a bias and a slope per channel are.
let private epilogue =
    { Key = "test: sum · slope + bias"
      Sides = 2
      Emit =
        fun w v sum sides ->
            w.Get sum
            w.Get sides[0]
            w.Call v.Times.Value
            w.Get sides[1]
            w.Call v.Plus.Value
      Interpret = overFloats (fun sum sides -> sum * sides[0] + sides[1]) }

let private followed = test "an epilogue gives the bits of separate steps" {
    let random = System.Random(3 + Seed.seed)
    for m, kept in [ 5, rows 9 12 11; 32, rows 28 30 28; 24, rows 3 100 90 ] do
        for threads in [ 1; 2 ] do
            for width, mode in
                (VectorWidth.best, KernelMode.Interpreted)
                :: [ for width in VectorWidth.supported -> width, KernelMode.Compiled ] do
                let left, right, whole = sums 2 m kept.Length 100 DType.Float32
                let result = TensorType(DType.Float32, [ 2; m; kept |> Seq.filter id |> Seq.length ])
                let a, b = some random left, some random right
                let slopes, biases =
                    Array.init m (fun _ -> random.NextSingle()), Array.init m (fun _ -> random.NextSingle())
                let options = { usual with Threads = Some threads; Width = width; Mode = mode }
                let all, plan = products (left, right, whole) result a b kept epilogue options
                let expected =
                    columns all 2 m kept.Length kept
                    |> Array.mapi (fun p sum ->
                        let row = p / result.Sizes[2] % m
                        unbox<float32> sum * slopes[row] + biases[row])
                let perRow (data: float32 array) : Block = { Data = data; Offset = 0; Strides = [| 0; 1; 0 |] }
                let output = Array.zeroCreate<float32> result.Count
                plan.Run(a, b, null, [| perRow slopes; perRow biases |], output, 0)
                Expect.isTrue (Blocks.sameBits output expected) $"{m} rows, {threads} threads, {width}, {mode}"
}

let tests = testList "Gaps" [ gaps; followed ]
