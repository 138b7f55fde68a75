module Functional.Tests.Kernels.ContractingTests

#nowarn "9" // Addresses of elements.

open System
open Microsoft.FSharp.NativeInterop
open Expecto
open Functional

/// How a dimension's elements lie in memory, from the outermost to the innermost dimension of a copy with room around it.
type private Layout = { Order: int list; Gap: int; Offset: int }

let private rowMajor rank = { Order = [ 0 .. rank - 1 ]; Gap = 1; Offset = 0 }

let private scatter (ty: TensorType) layout (elements: 'T array) : Block =
    let strides = Array.zeroCreate ty.Rank
    let mutable stride = layout.Gap
    for d in List.rev layout.Order do
        strides[d] <- stride
        stride <- stride * max 1 ty.Sizes[d]
    let data = Array.zeroCreate<'T>(layout.Offset + stride + 1)
    let rec place d position index =
        if d = ty.Rank then
            data[position] <- elements[index]
        else
            for i in 0 .. ty.Sizes[d] - 1 do
                place (d + 1) (position + i * strides[d]) (index * ty.Sizes[d] + i)
    place 0 layout.Offset 0
    { Data = data; Offset = layout.Offset; Strides = strides }

/// [batch; m; k] × [batch; k; n], by the definition.
let private expected (fused: 'T -> 'T -> 'T -> 'T) plus nothing zero settle (a: 'T array) (b: 'T array) batch m n k =
    [| for p in 0 .. batch * m * n - 1 ->
           let item, i, j = p / (m * n), p / n % m, p % n
           let x q = a[(item * m + i) * k + q]
           let y q = b[(item * k + q) * n + j]
           if k = 0 then
               zero
           elif k >= 64 && (n = 1 || m * n < 8) then
               let lanes = Array.create 32 nothing
               for q in 0 .. k - 1 do
                   lanes[q % 32] <- fused (x q) (y q) lanes[q % 32]
               for half in [ 16; 8; 4; 2; 1 ] do
                   for lane in 0 .. half - 1 do
                       lanes[lane] <- plus lanes[lane] lanes[lane + half]
               settle lanes[0]
           else
               let mutable sum = nothing
               for q in 0 .. k - 1 do
                   sum <- fused (x q) (y q) sum
               settle sum |]

type private Case = { Batch: int; M: int; N: int; K: int; Left: Layout; Right: Layout; Options: ContractionOptions }

let private plain batch m n k options =
    { Batch = batch; M = m; N = n; K = k; Left = rowMajor 3; Right = rowMajor 3; Options = options }

let private contraction = { Batch = [ 0, 0 ]; Sum = [ 2, 1 ] }

let private types dtype c =
    TensorType(dtype, [ c.Batch; c.M; c.K ]),
    TensorType(dtype, [ c.Batch; c.K; c.N ]),
    TensorType(dtype, [ c.Batch; c.M; c.N ])

/// What the plan computes, into the middle of an array, and whether it wrote beside it.
let private computed<'T when 'T: equality> dtype c epilogue (sides: Block array) (a: 'T array) (b: 'T array) packed =
    let left, right, result = types dtype c
    let plan = ContractionPlan(left, right, result, contraction, epilogue, c.Options)
    let x, y = scatter left c.Left a, scatter right c.Right b
    let output = Blocks.allocate dtype (result.Count + 10)
    Blocks.fillRange output 0 output.Length 7.
    plan.Run(x, y, (if packed then plan.Pack y else null), sides, output, 5)
    let all = output :?> 'T array
    let beside = Array.append all[..4] all[result.Count + 5 ..]
    Expect.equal (Array.distinct beside) [| beside[0] |] "nothing is written beside the result"
    all[5 .. result.Count + 4]

let private fill (random: System.Random) count (special: 'T array) (ordinary: unit -> 'T) =
    Array.init count (fun _ ->
        if special.Length > 0 && random.Next 40 = 0 then
            special[random.Next special.Length]
        else
            ordinary ())

let private check dtype (random: System.Random) special ordinary law c packed =
    let a = fill random (c.Batch * c.M * c.K) special ordinary
    let b = fill random (c.Batch * c.K * c.N) special ordinary
    let expected: 'T array = law a b c.Batch c.M c.N c.K
    let actual = computed dtype c TileKernels.NoEpilogue [||] a b packed
    if not (Blocks.sameBits expected actual) then
        failtest $"{dtype} {c}, packed {packed}: %A{expected} in place of %A{actual}"

let private float32s =
    expected (fun x y z -> MathF.FusedMultiplyAdd(x, y, z)) (+) -0.f 0.f (fun x -> if Single.IsNaN x then nanf else x)

let private floats =
    expected (fun x y z -> Math.FusedMultiplyAdd(x, y, z)) (+) -0. 0. (fun x -> if Double.IsNaN x then nan else x)

let private specials = [| nan; -nan; infinity; -infinity; 0.; -0.; 1e-310; 1e300; 3. |]

let private checkFor dtype (seed: int) special c packed =
    let random = System.Random(seed)
    let real () = random.NextDouble() * 2. - 1.
    match dtype with
    | DType.Float32 ->
        let special = if special then Array.map float32 (Array.append specials [| 1e-40; 1e30 |]) else [||]
        check dtype random special (fun () -> float32 (real ())) float32s c packed
    | DType.Float64 -> check dtype random (if special then specials else [||]) real floats c packed
    | DType.Int32 ->
        let law = expected (fun x y z -> x * y + z) (+) 0 0 id
        check dtype random [| Int32.MinValue |] (fun () -> random.Next(-100000, 100000)) law c packed
    | _ ->
        let law = expected (fun x y z -> x * y + z) (+) 0L 0L id
        check dtype random [| Int64.MinValue |] (fun () -> random.NextInt64()) law c packed

let private dtypes = [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ]
let private usual = ContractionOptions.Default
let private widths = [ for width in VectorWidth.supported -> { usual with Width = width } ]
let private interpreted = { usual with Mode = KernelMode.Interpreted }
let private refused = { usual with Mode = KernelMode.Refused }

let private ways = List.distinct (widths @ [ interpreted; refused ])
let private describe (o: ContractionOptions) = $"{o.Mode} {o.Width}"

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

/// Sizes around tiles, vectors and blocks.
let private boundaries =
    [ 1; 2; 3; 6; 7; 12; 13; 15; 16; 17; 31; 32; 33; 48; 63; 64; 65; 100; 130; 144; 145; 300 ]
let private depths = [ 1; 3; 32; 63; 64; 65; 100; 255; 256; 257; 384; 385; 600 ]

let private permutations = [ [ 0; 1; 2 ]; [ 0; 2; 1 ]; [ 1; 0; 2 ]; [ 1; 2; 0 ]; [ 2; 0; 1 ]; [ 2; 1; 0 ] ]

/// Most of them compiled.
let private modes = KernelMode.Refused :: KernelMode.Interpreted :: List.replicate 6 KernelMode.Compiled

let private randomCase (random: System.Random) =
    let pick (choices: 'T list) = choices[random.Next choices.Length]
    let layout () = { Order = pick permutations; Gap = pick [ 1; 1; 1; 2; 3 ]; Offset = random.Next 5 }
    let m, n, k = pick boundaries, pick boundaries, pick depths
    let batch = if m * n * k > 100000 then pick [ 1; 1; 1; 2 ] else pick [ 1; 1; 2; 3; 9 ]
    { Batch = batch
      M = m
      N = n
      K = k
      Left = layout ()
      Right = layout ()
      Options =
        { Width = pick VectorWidth.supported
          Threads = Some(pick [ 1; 1; 2; 3 ])
          Packing = pick [ PackingChoice.Auto; PackingChoice.Auto; PackingChoice.Never; PackingChoice.Always ]
          Mode = pick modes } }

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
                let options = { usual with Threads = Some threads }
                let case = { plain 1 m n k options with Right = { rowMajor 3 with Order = right } }
                checkFor DType.Float32 1 false case false
                checkFor DType.Float32 1 false case true
}

/// A bias for each column, an addend for each element, then the square.
let private epilogue =
    { Key = "test: (sum + bias + addend)²"
      Sides = 2
      Emit =
        fun w v sum sides ->
            for twice in [ false; true ] do
                w.Get sum
                for side in sides do
                    w.Get side
                    w.Call v.Plus.Value
                if twice then w.Call v.Times.Value
      Interpret =
        fun sums sides count ->
            for k in 0 .. count - 1 do
                let at (first: nativeint) = NativePtr.add (NativePtr.ofNativeInt<float32> first) k
                let y = NativePtr.read (at sums) + NativePtr.read (at sides[0]) + NativePtr.read (at sides[1])
                NativePtr.write (at sums) (y * y) }

let private followed = test "an epilogue gives the bits of separate steps" {
    let random = System.Random 5
    for round in 1..150 do
        let case = randomCase random
        let _, _, result = types DType.Float32 case
        let plan =
            ContractionPlan(
                types DType.Float32 case |> (fun (l, _, _) -> l),
                types DType.Float32 case |> (fun (_, r, _) -> r),
                result,
                contraction,
                epilogue,
                case.Options
            )
        if plan.TakesEpilogue then
            let next () = float32 (random.NextDouble() - 0.5)
            let bias = Array.init case.N (fun _ -> next ())
            let addend = Array.init result.Count (fun _ -> next ())
            let sides =
                [| { Data = bias; Offset = 0; Strides = [| 0; 0; 1 |] }
                   scatter result { Order = permutations[round % 6]; Gap = 1; Offset = 2 } addend |]
            let a = Array.init (case.Batch * case.M * case.K) (fun _ -> next ())
            let b = Array.init (case.Batch * case.K * case.N) (fun _ -> next ())
            let sums = float32s a b case.Batch case.M case.N case.K
            let expected = sums |> Array.mapi (fun p sum -> let y = sum + bias[p % case.N] + addend[p] in y * y)
            let actual = computed DType.Float32 case epilogue sides a b (round % 3 = 0)
            Expect.isTrue (Blocks.sameBits expected actual) $"%A{case}"
}

/// Found as a side operand that was moved while a product read it.
let private held = test "operands stay where they are while a product reads them" {
    let random = System.Random 7
    let next () = float32 (random.NextDouble() - 0.5)
    let case = plain 1 3 64 2000 { usual with Threads = Some 1 }
    let left, right, result = types DType.Float32 case
    let plan = ContractionPlan(left, right, result, contraction, epilogue, case.Options)
    let a, b = Array.init left.Count (fun _ -> next ()), Array.init right.Count (fun _ -> next ())
    let bias, addend = Array.init case.N (fun _ -> next ()), Array.init result.Count (fun _ -> next ())
    let product () =
        let output = Array.zeroCreate<float32> result.Count
        let sides =
            [| { Data = Array.copy bias; Offset = 0; Strides = [| 0; 0; 1 |] }
               Blocks.ofArray result (Array.copy addend) |]
        let a, b = Blocks.ofArray left (Array.copy a), Blocks.ofArray right (Array.copy b)
        plan.Run(a, b, null, sides, output, 0)
        output
    let expected = product ()
    let mutable isOver = false
    let collector =
        System.Threading.Thread(fun () ->
            while not (System.Threading.Volatile.Read &isOver) do
                System.GC.Collect(0, System.GCCollectionMode.Forced, true, true))
    collector.Start()
    // Collections take longer the more other tests hold.
    let time = System.Diagnostics.Stopwatch.StartNew()
    let outputs =
        [ for _ in 1..2000 do
              if time.Elapsed.TotalSeconds < 20. then
                  System.GC.KeepAlive(Array.zeroCreate<byte>(random.Next 5000))
                  product () ]
    System.Threading.Volatile.Write(&isOver, true)
    collector.Join()
    for actual in outputs do
        Expect.isTrue (Blocks.sameBits expected actual) "the bits of one that nothing disturbs"
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
    let options = { usual with Packing = PackingChoice.Always; Threads = Some 1 }
    let left = { rowMajor 3 with Order = [ 0; 2; 1 ] }
    for width in VectorWidth.supported do
        let case = plain 1 288 64 64 { options with Width = width }
        for dtype in dtypes do
            checkFor dtype 1 false { case with Left = left } false
}

let private kept = test "a packed operand outlives collections" {
    let case = plain 1 100 300 300 usual
    let left, right, result = types DType.Float32 case
    let plan = ContractionPlan(left, right, result, contraction, TileKernels.NoEpilogue, usual)
    let random = System.Random 6
    let a = Array.init left.Count (fun _ -> random.NextSingle())
    let b = Array.init right.Count (fun _ -> random.NextSingle())
    let packed = plan.Pack(Blocks.ofArray right b)
    for _ in 1..5 do
        GC.Collect()
        // What was collected would be given out again.
        let other = Array.init 50 (fun k -> Array.create 100000 (float32 k))
        let output = Array.zeroCreate<float32> result.Count
        plan.Run(Blocks.ofArray left a, Blocks.ofArray right b, packed, [||], output, 0)
        Expect.isTrue (Blocks.sameBits output (float32s a b 1 100 300 300)) $"{other.Length}"
}

let private steady = test "a steady run allocates nothing" {
    for m, n, k in [ 64, 256, 256; 1, 16, 16; 1, 1, 100; 256, 10, 64 ] do
        let case = plain 2 m n k { usual with Threads = Some 1 }
        let left, right, result = types DType.Float32 case
        let plan = ContractionPlan(left, right, result, contraction, TileKernels.NoEpilogue, case.Options)
        let a, b =
            Blocks.ofArray left (Blocks.allocate DType.Float32 left.Count),
            Blocks.ofArray right (Blocks.allocate DType.Float32 right.Count)
        let output = Blocks.allocate DType.Float32 result.Count
        let run () = plan.Run(a, b, null, [||], output, 0)
        for _ in 1..3 do
            run ()
        let before = GC.GetAllocatedBytesForCurrentThread()
        for _ in 1..100 do
            run ()
        let each = (GC.GetAllocatedBytesForCurrentThread() - before) / 100L
        // The views of the operands: a few small objects, whatever the sizes.
        Expect.isLessThan each 400L $"{m}×{n}×{k}"
}

let private problems =
    testList
        "what cannot be compiled is interpreted, with the same bits, and told"
        [ for name, m, n, k, layout in
              [ "tiles", 20, 50, 30, [ 0; 1; 2 ]
                "packing", 200, 300, 300, [ 0; 2; 1 ]
                "turned tiles", 1, 64, 64, [ 0; 2; 1 ]
                "lanes along rows", 100, 1, 200, [ 0; 1; 2 ]
                "copied lanes", 1, 1, 5000, [ 0; 1; 2 ] ] do
              test name {
                  let view =
                      if name = "copied lanes" then { rowMajor 3 with Gap = 2 } else { rowMajor 3 with Order = layout }
                  let case = { plain 2 m n k usual with Left = { view with Order = [ 0; 1; 2 ] }; Right = view }
                  let left, right, result = types DType.Float64 case
                  let random = System.Random 11
                  let next count = Array.init count (fun _ -> random.NextDouble() - 0.5)
                  let a, b = scatter left case.Left (next left.Count), scatter right case.Right (next right.Count)
                  let run options =
                      let plan = ContractionPlan(left, right, result, contraction, TileKernels.NoEpilogue, options)
                      let output = Array.zeroCreate<float> result.Count
                      plan.Run(a, b, null, [||], output, 0)
                      output, plan.Problem
                  let expected, none = run usual
                  let fromInterpreted, asMeant = run interpreted
                  let actual, problem = run refused
                  Expect.isTrue (Blocks.sameBits expected fromInterpreted) "interpreted"
                  Expect.isTrue (Blocks.sameBits expected actual) "refused"
                  Expect.isNull none "compiled"
                  Expect.isNull asMeant "interpreted as meant"
                  Expect.stringContains (string problem) "a kernel of products" "told"
              } ]

let tests =
    testList
        "Contracting"
        [ smallShapes
          largerShapes
          vectors
          blocks
          followed
          problems
          held
          dimensions
          inRuns
          broadcast
          fullBlocks
          kept
          steady ]
