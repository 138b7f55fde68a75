/// How contractions are run: what follows them, the memory that they read, what is not compiled.
module Functional.Tests.Kernels.ContractionRunTests

open System
open Expecto
open Functional
open Functional.Tests.Kernels.Contractions

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
      Interpret = overFloats (fun sum sides -> let y = sum + sides[0] + sides[1] in y * y) }

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

let tests = testList "Runs of contractions" [ followed; problems; held; kept; steady ]
