module Functional.Tests.Kernels.LoopTests

open System
open Expecto
open Functional
open Functional.Tests

/// All ways to run a sweep; the first is what the others are compared with.
let private modes = SweepMode.Interpreted :: [ for width in RegisterWidth.supported -> SweepMode.Compiled width ]

let private scalars =
    [ Add
      Sub
      Mul
      Div
      Rem
      Pow
      Atan2
      Hypot
      Max
      Min
      Less
      LessEqual
      Equal
      And
      Or
      Xor
      Not
      Neg
      Abs
      Sign
      Floor
      Ceil
      Round
      Sqrt
      Exp
      Expm1
      Log
      Log1p
      Sin
      Cos
      Tan
      Asin
      Acos
      Atan
      Sinh
      Cosh
      Tanh
      Asinh
      Acosh
      Atanh
      Erf
      Where ]
    @ [ for target in 0..4 -> Cast(enum<DType> target) ]

let private special =
    [ 0.
      -0.
      1.
      -1.
      nan
      infinity
      -infinity
      1e-45
      -1e-40
      1e-310
      3.4e38
      1.7e308
      -1e30
      0.5
      -2.5
      1e5
      -7e7
      88.8
      -104.
      709.9
      2147483648.
      -9.3e18 ]

let private element dtype (random: Random) : obj =
    let x =
        match random.Next 4 with
        | 0 -> special[random.Next special.Length]
        | 1 -> random.NextDouble() * 2. - 1.
        | 2 -> random.NextDouble() * 200. - 100.
        | _ -> float (random.Next 9 - 4)

    match dtype with
    | DType.Float32 -> float32 x
    | DType.Float64 -> x
    | DType.Int32 -> (if random.Next 2 = 0 then random.Next() <<< 1 else Int32.CreateSaturating x)
    | DType.Int64 -> (if random.Next 2 = 0 then random.NextInt64() <<< 1 else Int64.CreateSaturating x)
    | _ -> random.Next 2 = 0

let private elements dtype count random : Array =
    let data = Blocks.allocate dtype count
    for k in 0 .. count - 1 do
        data.SetValue(element dtype random, k)
    data

/// Results of a kernel, each surrounded by other elements, which are to stay.
let private runAs mode (kernel: LoopKernel) (sizes: int array) (operands: Block list) =
    let types, kept = Loops.types kernel.Loop, Loops.kept kernel.Loop
    let keptSizes = Seq.zip kernel.Loop.Reduced sizes |> Seq.filter (fst >> not) |> Seq.map snd |> Array.ofSeq
    let outputs =
        [ for r in kernel.Loop.Results do
              let sizes = if kept[r] then keptSizes else sizes
              let data = Blocks.allocate types[r] (Array.fold (*) 1 sizes + 7)
              Blocks.fill data 1.
              { Data = data; Offset = 3; Strides = Blocks.rowMajor sizes } ]
    let strides (blocks: Block list) = [| for b in blocks -> b.Strides |]
    let bound = kernel.Bind(sizes, strides operands, strides outputs, mode)
    bound.Run(Array.ofList (operands @ outputs))
    [ for b in outputs -> b.Data ], bound.Problems

let private run mode kernel sizes operands = fst (runAs mode kernel sizes operands)

/// What is compiled gives the bits of what is interpreted, and is not interpreted in its turn.
let private agree message (kernel: LoopKernel) sizes operands =
    let expected = run modes.Head kernel sizes operands
    for mode in modes.Tail do
        let actual, problems = runAs mode kernel sizes operands
        Expect.equal (String.Join("; ", problems)) "" $"{message}, {mode}: it compiles"
        for e, a in List.zip expected actual do
            if not (Blocks.sameBits e a) then
                let at = Seq.init e.Length id |> Seq.find (fun k -> e.GetValue k <> a.GetValue k)
                failtest $"{message}, {mode}, sizes %A{sizes}: {a.GetValue at} for {e.GetValue at} at {at - 3}"

let private typesOf f dtype = if f = Where then [ DType.Bool; dtype; dtype ] else List.replicate (Scalars.arity f) dtype

let private lengths = [ 0..67 ] @ [ 1023; 1024; 1025; 4095; 4096; 4097 ]

let private maps =
    [ for f in scalars do
          for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.Int64; DType.Bool ] do
              if Scalars.admits (Scalars.domain f) dtype then
                  testCase $"{f} of {dtype}" (fun () ->
                      let random = Seed.random $"{f} {dtype}" 0
                      let types = typesOf f dtype
                      let formula = Apply(f, [ for k in 0 .. types.Length - 1 -> Arg k ])
                      let kernel = LoopKernel.Of(Loops.map 1 types formula)
                      for n in lengths do
                          let offset = random.Next 4
                          agree
                              "map"
                              kernel
                              [| n |]
                              [ for t in types ->
                                    { Data = elements t (n + offset) random; Offset = offset; Strides = [| 1 |] } ]) ]

/// A formula that mixes all sizes of elements.
let private mixed =
    let x, n, flag = Arg 0, Arg 1, Arg 2
    let wide = Apply(Cast DType.Float64, [ x ])
    let condition = Apply(And, [ flag; Apply(Less, [ wide; Apply(Cast DType.Float64, [ n ]) ]) ])
    Apply(Where, [ condition; Apply(Cast DType.Float32, [ wide * wide + Formula.Literal 1. ]); Apply(Tanh, [ x ]) ])

/// Views of two dimensions: their strides, and how many elements they need, given the sizes.
let private views =
    [ "row-major", (fun m n -> [| n; 1 |], 0, m * n)
      "transposed", (fun m _ -> [| 1; m |], 0, 0)
      "each third", (fun m n -> [| 3 * n; 3 |], 1, 3 * m * n + 1)
      "backwards", (fun m n -> [| -n; -1 |], m * n - 1, m * n)
      "overlapping", (fun m n -> [| 1; 1 |], 0, m + n)
      "one row for all", (fun _ n -> [| 0; 1 |], 0, n)
      "one number for a row", (fun m _ -> [| 1; 0 |], 0, m)
      "one number", (fun _ _ -> [| 0; 0 |], 2, 3) ]

let private someView (random: Random) m n dtype : Block =
    let _, layout = views[random.Next views.Length]
    let strides, offset, _ = layout m n
    let reach = Seq.fold2 (fun reach size stride -> reach + max 0 ((size - 1) * stride)) offset [ m; n ] strides
    { Data = elements dtype (reach + 1) random; Offset = offset; Strides = strides }

let private sizesOfViews = [ 1, 1; 3, 5; 7, 16; 16, 7; 5, 64; 33, 3; 2, 1500; 70, 70; 300, 2 ]

let private layouts =
    testCase "maps of views of all kinds" (fun () ->
        let types = [ DType.Float32; DType.Int32; DType.Bool ]
        let kernel = LoopKernel.Of(Loops.map 2 types mixed)
        for case in 0..9 do
            let random = Seed.random "views" case
            for m, n in sizesOfViews do
                agree "map of views" kernel [| m; n |] [ for t in types -> someView random m n t ])

/// More values than the runtime keeps in registers.
let private long =
    testCase "long formulas" (fun () ->
        let random = Seed.random "long" 0
        for length in [ 100; 400; 1000 ] do
            let b = Loops.Builder([ false ], false)
            let x = b.Operand(DType.Float32, false)
            let mutable steps = [ x; b.Add(LoopStep.Apply(Sin, [ x ])) ]
            for k in 1..length do
                let pick () = steps[random.Next(min 30 steps.Length)]
                let step =
                    match random.Next 6 with
                    | 0 -> LoopStep.Apply(Tanh, [ pick () ])
                    | 1 ->
                        LoopStep.Apply(Where, [ b.Add(LoopStep.Apply(Less, [ pick (); pick () ])); pick (); pick () ])
                    | 2 -> LoopStep.Apply(Mul, [ pick (); b.Add(Loops.number DType.Float32 (float k)) ])
                    | _ -> LoopStep.Apply((if random.Next 2 = 0 then Add else Sub), [ pick (); pick () ])
                steps <- b.Add step :: steps
            let kernel = LoopKernel.Of(b.Loop [ steps.Head; steps[5] ])
            agree "long" kernel [| 83 |] [ { Data = elements DType.Float32 83 random; Offset = 0; Strides = [| 1 |] } ])

let private inPlace =
    testCase "a map may write over its operand" (fun () ->
        let kernel = LoopKernel.Of(Loops.map 1 [ DType.Float32 ] (Arg 0 * Arg 0 + Formula.Literal 1.))
        for mode in modes do
            for n in lengths do
                let data = Array.init (n + 1) (fun k -> float32 (k % 100))
                let block = { Data = data; Offset = 1; Strides = [| 1 |] }
                kernel.Bind([| n |], [| [| 1 |] |], [| [| 1 |] |], mode).Run [| block; block |]
                Expect.sequenceEqual
                    data
                    (Seq.init (n + 1) (fun k -> if k = 0 then 0f else float32 (k % 100 * (k % 100) + 1)))
                    "in place")

/// Folds of three dimensions in which trailing, leading and middle ones are reduced.
let private reductions =
    [ for reduction in [ SumOf; ProductOf; MaxOf; MinOf; AnyOf; AllOf ] do
          for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.Int64; DType.Bool ] do
              if (dtype = DType.Bool) = (reduction = AnyOf || reduction = AllOf) then
                  testCase $"{reduction} of {dtype}" (fun () ->
                      let random = Seed.random $"{reduction} {dtype}" 0
                      for dims in [ [ 0 ]; [ 1 ]; [ 2 ]; [ 0; 1 ]; [ 0; 2 ]; [ 1; 2 ]; [ 0; 1; 2 ]; [] ] do
                          let kernel = LoopKernel.Of(Loops.reduce 3 dims dtype reduction)
                          for sizes in
                              [ [| 2; 3; 67 |]
                                [| 300; 2; 5 |]
                                [| 3; 1; 33 |]
                                [| 2; 2; 9000 |]
                                [| 1; 1; 1 |]
                                [| 2; 0; 3 |]
                                [| 5; 270; 17 |] ] do
                              let count = Array.fold (*) 1 sizes
                              let data = elements dtype (count + 1) random
                              agree
                                  $"over {dims}"
                                  kernel
                                  sizes
                                  [ { Data = data; Offset = 1; Strides = Blocks.rowMajor sizes } ]) ]

/// The documented order, written down plainly.
let rec private sumOfRow (row: float32 list) : float32 =
    if row.Length > FoldBlocks.RowBlock then
        row |> List.chunkBySize FoldBlocks.RowBlock |> List.map sumOfRow |> sumOfRow
    else
        let lanes = Array.create 32 -0f
        row |> List.iteri (fun k x -> lanes[k % 32] <- lanes[k % 32] + x)
        for half in [ 16; 8; 4; 2; 1 ] do
            for j in 0 .. half - 1 do
                lanes[j] <- lanes[j] + lanes[j + half]
        lanes[0]

let rec private sumOfColumn (column: float32 list) : float32 =
    if column.Length > FoldBlocks.ColumnBlock then
        column |> List.chunkBySize FoldBlocks.ColumnBlock |> List.map sumOfColumn |> sumOfColumn
    else
        List.fold (+) -0f column

let private order =
    testCase "sums are taken in the documented order" (fun () ->
        let random = Seed.random "order" 0
        let check sizes dims (expected: float32 array array -> float32 list) =
            let data = Array.init (Array.fold (*) 1 sizes) (fun _ -> random.NextSingle() * 2f - 1f)
            let kernel = LoopKernel.Of(Loops.reduce 2 dims DType.Float32 SumOf)
            let rows = Array.chunkBySize sizes[1] data
            for mode in modes do
                let actual = run mode kernel sizes [ { Data = data; Offset = 0; Strides = Blocks.rowMajor sizes } ]
                let actual = (actual.Head :?> float32 array)[3 .. actual.Head.Length - 5]
                Expect.sequenceEqual actual (expected rows) $"{mode} %A{sizes} {dims}"
        for n in [ 1; 31; 33; 100; 8192; 8193; 20000 ] do
            check [| 3; n |] [ 1 ] (fun rows -> [ for row in rows -> sumOfRow (List.ofArray row) ])
        for n in [ 2; 256; 257; 1000 ] do
            check [| n; 3 |] [ 0 ] (fun rows -> [ for c in 0..2 -> sumOfColumn [ for row in rows -> row[c] ] ]))

let private softmax =
    let b = Loops.Builder([ false; true ], false)
    let x = b.Operand(DType.Float32, false)
    let greatest = b.Add(LoopStep.Fold(MaxOf, x))
    let e = b.Add(LoopStep.Apply(Exp, [ b.Add(LoopStep.Apply(Sub, [ x; greatest ])) ]))
    let total = b.Add(LoopStep.Fold(SumOf, e))
    let log = b.Add(LoopStep.Apply(Log, [ total ]))
    b.Loop [ b.Add(LoopStep.Apply(Div, [ e; total ])); total; b.Add(LoopStep.Apply(Add, [ log; greatest ])) ]

let private chains =
    testCase "folds that others wait for, and what is made of folds alone" (fun () ->
        let kernel = LoopKernel.Of softmax
        for case in 0..4 do
            let random = Seed.random "softmax" case
            for m, n in (3, 9000) :: sizesOfViews do
                let x = someView random m n DType.Float32
                agree "softmax" kernel [| m; n |] [ x ]
        let data = Array.init 12 (fun k -> float32 (k % 5))
        let x = { Data = data; Offset = 0; Strides = [| 4; 1 |] }
        let result = (run SweepMode.Current kernel [| 3; 4 |] [ x ]).Head :?> float32 array
        for row in 0..2 do
            Expect.floatClose Accuracy.medium (float (Array.sum result[3 + 4 * row .. 6 + 4 * row])) 1. "sums to 1")

/// Operands that are the same for each row or one number for it, and folds of columns, in rows around a register's length.
let private repeated =
    [ for x, other in
          [ DType.Float32, DType.Float32
            DType.Float64, DType.Float64
            DType.Int32, DType.Float64
            DType.Float32, DType.Int64 ] do
          for inner in [ []; [ Tanh ]; [ Tanh; Tanh; Tanh; Tanh; Tanh ] ] do
              testCase $"{x} beside {other}, {inner.Length} functions between" (fun () ->
                  let b = Loops.Builder([ true; false ], false)
                  let values, row, one = b.Operand(x, false), b.Operand(other, false), b.Operand(DType.Float64, false)
                  let wide v = b.Add(LoopStep.Apply(Cast DType.Float64, [ v ]))
                  let apply f args = b.Add(LoopStep.Apply(f, args))
                  let same = apply Mul [ wide row; one ]
                  let mixed = apply Add [ List.fold (fun v f -> apply f [ v ]) (wide values) inner; same ]
                  let narrow = apply (Cast DType.Float32) [ mixed ]
                  let fold reduction v = b.Add(LoopStep.Fold(reduction, v))
                  let kernel =
                      LoopKernel.Of(
                          b.Loop [ narrow; fold SumOf narrow; fold SumOf mixed; fold MaxOf mixed; fold SumOf same ]
                      )
                  let random = Seed.random $"repeated {x} {other}" inner.Length
                  // Sums that depend on their order: not of whole numbers, and few that swallow all others.
                  let block dtype count strides =
                      let data = elements dtype count random
                      if Scalars.isFloating dtype then
                          for k in 0 .. count - 1 do
                              if random.Next 100 > 0 then
                                  let y = random.NextDouble() - 0.5
                                  data.SetValue((if dtype = DType.Float32 then box (float32 y) else box y), k)
                      { Data = data; Offset = 0; Strides = strides }
                  for m in [ 7..13 ] @ [ 300 ] do
                      for n in [ 15; 16; 17; 31; 32; 37; 70 ] do
                          let values, row = block x (m * n) [| n; 1 |], block other n [| 0; 1 |]
                          agree "rows" kernel [| m; n |] [ values; row; block DType.Float64 1 [| 0; 0 |] ]
                          agree
                              "a number for each row"
                              kernel
                              [| m; n |]
                              [ values; row; block DType.Float64 m [| 1; 0 |] ]) ]

/// A mask of lanes of one size, folded in a loop whose other lanes have another: `All [0] (x <= y)` beside `Cast x`.
let private masks =
    [ for tested in [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ] do
          for other in [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ] do
              for reduced in [ [ true; false ]; [ false; true ] ] do
                  testCase $"a test of {tested} beside {other}, %A{reduced}" (fun () ->
                      let b = Loops.Builder(reduced, false)
                      let x, y = b.Operand(tested, false), b.Operand(tested, false)
                      let holds = b.Add(LoopStep.Fold(AllOf, b.Add(LoopStep.Apply(LessEqual, [ x; y ]))))
                      let kernel = LoopKernel.Of(b.Loop [ holds; b.Add(LoopStep.Apply(Cast other, [ x ])) ])
                      let random = Seed.random $"masks {tested} {other}" 0
                      for m, n in sizesOfViews do
                          let x = someView random m n tested
                          let y = { x with Data = x.Data.Clone() :?> Array }
                          agree "masks" kernel [| m; n |] [ x; y ]) ]

/// Large enough to be shared out.
let private threads =
    testSequencedGroup "parallelism"
    <| testCase "threads change no bit" (fun () ->
        let random = Seed.random "threads" 0
        let sizes = [| 40; 9; 3000 |]
        let data = elements DType.Float32 (Array.fold (*) 1 sizes) random
        let x = { Data = data; Offset = 0; Strides = Blocks.rowMajor sizes }
        let loops =
            [ Loops.map 3 [ DType.Float32 ] (Apply(Exp, [ Arg 0 ]))
              yield!
                  [ for dims in [ [ 0 ]; [ 2 ]; [ 0; 1 ]; [ 0; 1; 2 ]; [ 0; 2 ] ] ->
                        Loops.reduce 3 dims DType.Float32 SumOf ]
              { softmax with Reduced = [ false; false; true ] } ]
        let before = Parallelism.MaxThreads
        for loop in loops do
            let kernel = LoopKernel.Of loop
            let results count =
                Parallelism.MaxThreads <- count
                run SweepMode.Current kernel sizes [ x ]
            let expected = results 1
            for count in [ 2; 5 ] do
                for e, a in List.zip expected (results count) do
                    Expect.isTrue (Blocks.sameBits e a) $"{count} threads, {loop.Steps}"
        Parallelism.MaxThreads <- before)

let private callers =
    testCase "several callers at once do not disturb each other" (fun () ->
        let kernel = LoopKernel.Of softmax
        let data = elements DType.Float32 200000 (Seed.random "callers" 0)
        let x = { Data = data; Offset = 0; Strides = [| 200; 1 |] }
        let expected = run SweepMode.Current kernel [| 1000; 200 |] [ x ]
        let actual = Array.Parallel.init 20 (fun _ -> run SweepMode.Current kernel [| 1000; 200 |] [ x ])
        for results in actual do
            for e, a in List.zip expected results do
                Expect.isTrue (Blocks.sameBits e a) "as alone")

let private failures =
    testCase "what does not compile is interpreted, and said so" (fun () ->
        let kernel = LoopKernel.Of(Loops.map 1 [ DType.Float32 ] (Arg 0 + Formula.Literal 1.25))
        let x = { Data = [| 1f; 2f |]; Offset = 0; Strides = [| 1 |] }
        let result = run (SweepMode.Compiled 0) kernel [| 2 |] [ x ]
        Expect.sequenceEqual ((result.Head :?> float32 array)[3..4]) [ 2.25f; 3.25f ] "right all the same"
        let bind mode = kernel.Bind([| 2 |], [| [| 1 |] |], [| [| 1 |] |], mode)
        Expect.isNonEmpty (bind (SweepMode.Compiled 0)).Problems "reported"
        Expect.isEmpty (bind SweepMode.Interpreted).Problems "as meant")

let private tooLong =
    testCase "a sweep too long to compile is interpreted, and said so" (fun () ->
        let formula = Seq.fold (fun x k -> x * Formula.Literal(1. + float k / 65536.) + Arg 0) (Arg 0) [ 1..2500 ]
        let kernel = LoopKernel.Of(Loops.map 1 [ DType.Float64 ] formula)
        let bound = kernel.Bind([| 2 |], [| [| 1 |] |], [| [| 1 |] |])
        match SweepMode.Current with
        | SweepMode.Compiled _ -> Expect.isNonEmpty bound.Problems "reported"
        | SweepMode.Interpreted -> Expect.isEmpty bound.Problems "as meant"
        let x = { Data = [| 1.5; -2. |]; Offset = 0; Strides = [| 1 |] }
        let results mode = run mode kernel [| 2 |] [ x ]
        Expect.isTrue
            (Blocks.sameBits (results SweepMode.Current).Head (results SweepMode.Interpreted).Head)
            "the same bits")

let private contracted =
    testCase "a contracted loop rounds a product that is added only once" (fun () ->
        let small = pown 2. -30
        let a, b = 1. + small, 1. - small
        let sums c (f: (LoopStep -> int) -> int -> int -> int -> int) isContracted =
            let builder = Loops.Builder([ false ], isContracted)
            let load () = builder.Operand(DType.Float64, false)
            let x, y, z = load (), load (), load ()
            let kernel = LoopKernel.Of(builder.Loop [ f builder.Add x y z ])
            let operand (v: float) = { Data = [| v |]; Offset = 0; Strides = [| 1 |] }
            let values mode = ((run mode kernel [| 1 |] [ operand a; operand b; operand c ]).Head :?> float array)[3]
            Expect.equal (values SweepMode.Current) (values SweepMode.Interpreted) "compiled and interpreted"
            values SweepMode.Current
        let product add x y = add (LoopStep.Apply(Mul, [ x; y ]))
        let plus add x y z = add (LoopStep.Apply(Add, [ product add x y; z ]))
        let minus add x y z = add (LoopStep.Apply(Sub, [ z; product add x y ]))
        let twice add x y z = add (LoopStep.Apply(Add, [ plus add x y z; product add x y ]))
        Expect.equal (sums -1. plus false, sums -1. plus true) (0., -small * small) "a · b + c"
        Expect.equal (sums 1. minus false, sums 1. minus true) (0., small * small) "c - a · b"
        Expect.equal (sums -1. twice true) (sums -1. twice false) "not where it is used twice")

let private structure =
    testCase "equal loops share a kernel; 0 and -0 are two numbers" (fun () ->
        let loop c = Loops.map 1 [ DType.Float32 ] (Arg 0 * Formula.Literal c)
        Expect.isTrue (obj.ReferenceEquals(LoopKernel.Of(loop 3.), LoopKernel.Of(loop 3.))) "shared"
        Expect.notEqual (loop 0.) (loop -0.) "different"
        let twice = Loops.map 1 [ DType.Float32 ] (Apply(Exp, [ Arg 0 ]) + Apply(Exp, [ Arg 0 ]))
        Expect.equal twice.Steps.Length 3 "equal steps once")

let tests =
    testList
        "loops"
        [ testList "maps: compiled = interpreted" maps
          layouts
          long
          inPlace
          testList "folds: compiled = interpreted" reductions
          order
          chains
          testList "folds of masks: compiled = interpreted" masks
          testList "operands that repeat: compiled = interpreted" repeated
          threads
          callers
          failures
          tooLong
          contracted
          structure ]
