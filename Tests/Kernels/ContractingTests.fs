/// Contractions against the definition, whatever their sizes and layouts.
module Functional.Tests.Kernels.ContractingTests

open System
open Expecto
open Functional
open Functional.Tests.Kernels.Contractions

let private smallShapes =
    testList
        "all small shapes"
        [ for dtype in dtypes do
              for options in ways do
                  if dtype = DType.Float32 || options = usual || options = interpreted then
                      test $"{dtype} {describe options}" {
                          for m in 0..20 do
                              for n in 0..20 do
                                  for k in 0..20 do
                                      checkFor dtype (m + n * 100 + k * 10000) true (plain 1 m n k options) false
                      } ]

let private largerShapes =
    testList
        "sizes around tiles and blocks, any layout, width, threads, packing and mode"
        [ for dtype in dtypes ->
              test $"{dtype}" {
                  let random = System.Random(int dtype + Functional.Tests.Seed.seed)
                  for round in 1 .. (if dtype = DType.Float32 then 400 else 150) do
                      let case = randomCase random
                      checkFor dtype round (random.Next 2 = 0) case (random.Next 4 = 0)
              } ]

let private vectors =
    testList
        "few rows or columns"
        [ for options in ways ->
              test (describe options) {
                  for m, n, k in
                      [ 1, 200, 300
                        200, 1, 300
                        1, 7, 500
                        7, 1, 64
                        1, 8, 1000
                        3, 2, 63
                        1, 1, 5000
                        500, 2, 70
                        9, 1, 4200
                        101, 1, 95
                        2, 3, 4130 ] do
                      for order in permutations do
                          let view = { Order = order; Gap = 1; Offset = 1 }
                          let case = { plain 2 m n k options with Left = view; Right = view }
                          for dtype in dtypes do
                              checkFor dtype (m + n + k) true case false
                              checkFor dtype (m + n + k) true case true
              } ]

let private blocks = test "more columns than a block, more k than a block" {
    for m, n, k in [ 150, 2100, 40; 20, 2050, 300; 20, 9000, 130; 2, 4200, 3 ] do
        for right in [ [ 0; 1; 2 ]; [ 0; 2; 1 ] ] do
            for threads in [ 1; 2 ] do
                let options = { usual with Threads = Some threads; Blocks = smallBlocks }
                let case = { plain 1 m n k options with Right = { rowMajor 3 with Order = right } }
                checkFor DType.Float32 1 false case false
                checkFor DType.Float32 1 false case true
    checkFor DType.Float32 1 false (plain 1 100 700 1600 usual) false
}

let private dimensions = test "several dimensions of each kind, in any order" {
    // left [k1; b; m1; k2; m2], right [n; k2; b; k1]
    let sizes = {| K1 = 3; B = 2; M1 = 4; K2 = 5; M2 = 3; N = 7 |}
    let left = TensorType(DType.Float64, [ sizes.K1; sizes.B; sizes.M1; sizes.K2; sizes.M2 ])
    let right = TensorType(DType.Float64, [ sizes.N; sizes.K2; sizes.B; sizes.K1 ])
    let result = TensorType(DType.Float64, [ sizes.B; sizes.M1; sizes.M2; sizes.N ])
    let random = System.Random 3
    let a, b =
        Array.init left.Count (fun _ -> random.NextDouble()), Array.init right.Count (fun _ -> random.NextDouble())
    let plan =
        ContractionPlan(left, right, result, { Batch = [ 1, 2 ]; Sum = [ 0, 3; 3, 1 ] }, TileKernels.NoEpilogue, usual)
    let actual = plan.Run(Blocks.ofArray left a, Blocks.ofArray right b) :?> float array
    let expected =
        [| for i in 0 .. sizes.B - 1 do
               for m1 in 0 .. sizes.M1 - 1 do
                   for m2 in 0 .. sizes.M2 - 1 do
                       for n in 0 .. sizes.N - 1 do
                           let mutable sum = -0.
                           for k1 in 0 .. sizes.K1 - 1 do
                               for k2 in 0 .. sizes.K2 - 1 do
                                   let x = a[(((k1 * sizes.B + i) * sizes.M1 + m1) * sizes.K2 + k2) * sizes.M2 + m2]
                                   let y = b[((n * sizes.K2 + k2) * sizes.B + i) * sizes.K1 + k1]
                                   sum <- Math.FusedMultiplyAdd(x, y, sum)
                           sum |]
    Expect.equal actual expected ""
}

/// Elements at these strides, which may overlap, and the same ones in row-major order.
let private strided (random: System.Random) dtype (sizes: int list) (strides: int array) : TensorType * Block * Array =
    let ty = TensorType(dtype, sizes)
    let offset, last = random.Next 5, Seq.sum (Seq.map2 (fun size stride -> (size - 1) * stride) sizes strides)
    let data = Blocks.allocate dtype (offset + last + 1)
    for k in 0 .. data.Length - 1 do
        match data with
        | :? (float32 array) as d -> d[k] <- random.NextSingle() - 0.5f
        | :? (float array) as d -> d[k] <- random.NextDouble() - 0.5
        | :? (int array) as d -> d[k] <- random.Next()
        | d -> (d :?> int64 array)[k] <- random.NextInt64()
    let block = { Data = data; Offset = offset; Strides = strides }
    ty, block, Blocks.copy ty block

let private inRuns =
    testList
        "operands in runs, such as windows, have the bits of their copies"
        [ for dtype in dtypes ->
              test $"{dtype}" {
                  let random = System.Random(int dtype + Functional.Tests.Seed.seed)
                  let pick (choices: 'T list) = choices[random.Next choices.Length]
                  for round in 1..200 do
                      let batch, rows, sums, columns =
                          pick [ 1; 1; 2 ],
                          [ pick [ 1; 3; 8; 20 ]; pick [ 1; 5; 12; 30 ] ],
                          [ pick [ 1; 4; 30 ]; pick [ 2; 3; 9; 16; 28 ] ],
                          [ pick [ 1; 4; 25 ]; pick [ 1; 3; 16; 28; 50 ] ]
                      let steps () = [| for _ in 1..5 -> pick [ 0; 1; 1; 2; 3; 7; 30; 61 ] |]
                      let left, a, leftCopy = strided random dtype (batch :: rows @ sums) (steps ())
                      let right, b, rightCopy = strided random dtype (batch :: sums @ columns) (steps ())
                      let result = TensorType(dtype, batch :: rows @ columns)
                      let options =
                          { usual with
                              Width = pick VectorWidth.supported
                              Threads = Some(pick [ 1; 2 ])
                              Packing = pick [ PackingChoice.Auto; PackingChoice.Always; PackingChoice.Never ]
                              Blocks = pick [ BlockSizes.Usual; smallBlocks ]
                              Mode = pick modes }
                      let run options (a: Block) (b: Block) packs =
                          let plan =
                              ContractionPlan(
                                  left,
                                  right,
                                  result,
                                  { Batch = [ 0, 0 ]; Sum = [ 3, 1; 4, 2 ] },
                                  TileKernels.NoEpilogue,
                                  options
                              )
                          let output = Blocks.allocate dtype (result.Count + 10)
                          Blocks.fillRange output 0 output.Length 7.
                          plan.Run(a, b, (if packs then plan.Pack b else null), [||], output, 5)
                          output
                      let expected =
                          run interpreted (Blocks.ofArray left leftCopy) (Blocks.ofArray right rightCopy) false
                      let actual = run options a b (round % 4 = 0)
                      if not (Blocks.sameBits expected actual) then
                          failtest $"{left} at %A{a.Strides} by {right} at %A{b.Strides}, %A{options}"
              } ]

let private broadcast = test "operands that repeat" {
    let left, right, result = types DType.Float32 (plain 3 20 40 30 usual)
    let plan = ContractionPlan(left, right, result, contraction, TileKernels.NoEpilogue, usual)
    let random = System.Random 4
    let a, b =
        Array.init 20 (fun _ -> float32 (random.NextDouble())), Array.init 30 (fun _ -> float32 (random.NextDouble()))
    let actual =
        plan.Run({ Data = a; Offset = 0; Strides = [| 0; 1; 0 |] }, { Data = b; Offset = 0; Strides = [| 0; 1; 0 |] })
    let spreadA = [| for p in 0 .. left.Count - 1 -> a[p / 30 % 20] |]
    let spreadB = [| for p in 0 .. right.Count - 1 -> b[p / 40 % 30] |]
    Expect.isTrue (Blocks.sameBits (float32s spreadA spreadB 3 20 40 30) actual) ""
}

let private fullBlocks = test "packed tiles that fill their block leave the packed panel beside them alone" {
    let options = { usual with Packing = PackingChoice.Always; Blocks = smallBlocks; Threads = Some 1 }
    let left = { rowMajor 3 with Order = [ 0; 2; 1 ] }
    for width in VectorWidth.supported do
        let case = plain 1 288 64 64 { options with Width = width }
        for dtype in dtypes do
            checkFor dtype 1 false { case with Left = left } false
}

let tests =
    testList "Contracting" [ smallShapes; largerShapes; vectors; blocks; dimensions; inRuns; broadcast; fullBlocks ]
