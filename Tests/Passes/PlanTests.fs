/// Plans compute what traces say.
module Functional.Tests.Passes.PlanTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private draw: Draw = { Key = 7UL; Position = 3UL }
let private blocks inputs = [| for t in inputs -> (Execute.blockOf t).Value |]

let private tensors (trace: Trace) (run: Draw * Block array -> Block array) inputs : Result<Tensor list, exn> =
    Compare.attempt (fun () ->
        [ for v, block in Seq.zip trace.Outputs (run (draw, blocks inputs)) -> Direct.Tensor(trace.TypeOf v, block) ])

/// A plan's loops are well formed, and two runs of it give what the trace gives op by op.
let private agrees (f: Tensor list -> Tensor list) inputs =
    match Compare.attempt (fun () -> traceOf f inputs) with
    | Error e -> Verdict.Silent e.Message
    | Ok trace ->
        let expected = tensors trace (Steps trace).Run inputs
        let better, _ = Pipeline.run false trace
        let plan = Plan.make false better
        let loops =
            plan.Launches
            |> Seq.tryPick (fun launch ->
                match launch with
                | Launch.Fused(loop, sizes, operands, _, _) when
                    loop.Reduced.Length = sizes.Length
                    && operands |> Array.forall (fun a -> a.Strides.Length = sizes.Length)
                    ->
                    Loops.problem loop
                | Launch.Fused _ -> Some "ranks differ"
                | Launch.Followed(_, _, tail) -> Loops.problem tail.Loop
                | Launch.Call _ -> None)
        let runner = Runner(plan, Compilation.Exact)
        let first, second = tensors trace runner.Run inputs, tensors trace runner.Run inputs

        match loops, Compare.outcomes expected first, Compare.outcomes expected second with
        | None, None, None -> Verdict.Holds
        | loops, first, second -> Verdict.Fails $"{loops} {first} {second}\n{Print.text better}\n{Plan.text plan}"

let private onPrograms name change =
    Seed.law name 500 0.5 (fun random ->
        let program = Generate.program 10 random
        agrees (change (RandomProgram.run program)) (RandomProgram.inputs program))

let private withGradient f xs = let ys, gradient = Functions.withGradient f xs in ys @ gradient

let private srelu (tl: Tensor, al: Tensor, tr: Tensor, ar: Tensor, x: Tensor) =
    Tensor.where (x .< tl) (tl + al * (x - tl)) (Tensor.where (x .> tr) (tr + ar * (x - tr)) x)

let private vector count = Tensor.create [ count ] "" (Array.init count (fun k -> float32 k / 100f))

let private sreluInputs () =
    let x = Tensor.create [ 64; 256 ] "" (Array.init (64 * 256) (fun k -> float32 (k % 37) / 10f - 1f))
    vector 256, vector 256, vector 256, vector 256, x

/// A body that returns what it is given: the op's result is its operand's memory, which the plan would use again.
let private handedOn = test "an op that hands an operand on leaves it whole" {
    let f (xs: Tensor list) =
        let made = exp xs[0]
        let chosen = cond (Tensor.sum [] xs[0] .> 0.) id (fun x -> x * 2.) made
        [ chosen; Tensor.cumsum 0 (chosen * 3.) ]

    match agrees f [ vector 40 ] with
    | Verdict.Holds -> ()
    | verdict -> failtest $"{verdict}"
}

let private allocation = test "a run allocates its results and nothing else to speak of" {
    let inputs = sreluInputs ()
    let trace = traceOf (grad (fun p -> Tensor.sum [] (exp (srelu p)))) inputs
    let runner = Runner.Of(trace, Compilation.Exact)
    let leaves, _ = Structures.flatten inputs
    let given = blocks leaves

    for _ in 1..50 do
        runner.Run(draw, given) |> ignore

    let before = GC.GetAllocatedBytesForCurrentThread()
    runner.Run(draw, given) |> ignore
    let bytes = GC.GetAllocatedBytesForCurrentThread() - before
    let results = trace.Outputs |> Array.sumBy (fun v -> int64 (trace.TypeOf v).Count * 4L)
    // For each result an array's header and a block, the array of them, and what threads share work by: nothing that grows
    // with the sizes, as any value of [64; 256] would.
    Expect.isLessThan (bytes - results) 2000L "bytes beside the results"
}

let private concurrent = test "threads run one plan at once" {
    let inputs = sreluInputs ()
    let trace =
        traceOf (fun p -> let y = srelu p in Tensor.matmul (Tensor.transpose y) y |> exp |> Tensor.sum [ 0 ]) inputs
    let runner = Runner.Of(trace, Compilation.Exact)
    let leaves, _ = Structures.flatten inputs
    let given = blocks leaves
    let expected = Blocks.toArray trace.Inputs[0] (runner.Run(draw, given)[0])

    System.Threading.Tasks.Parallel.For(
        0,
        64,
        fun _ ->
            let now = Blocks.toArray trace.Inputs[0] (runner.Run(draw, given)[0])
            if not (Blocks.sameBits expected now) then failwith "another result"
    )
    |> ignore
}

let private kept = test "results outlive later runs" {
    let trace = traceOf (fun (x: Tensor) -> exp x, exp x + 1., x * 2.) (vector 100)
    let runner = Runner.Of(trace, Compilation.Exact)
    let run k = runner.Run(draw, blocks [ vector 100 * float k ])
    let first = run 1 |> Array.map (Blocks.toArray trace.Inputs[0])
    let copies = first |> Array.map (fun data -> data.Clone() :?> Array)
    for k in 2..5 do
        run k |> ignore
    Array.iter2 (fun a b -> Expect.isTrue (Blocks.sameBits a b) "the same elements") first copies
}

let private memory = test "memory is used again" {
    let far (x: Tensor) = List.fold (fun (y: Tensor) _ -> Tensor.transpose (exp y)) x [ 1..20 ]
    let trace = traceOf far (Tensor.create [ 100; 100 ] "" (Array.create 10_000 0.1f))
    let plan = Plan.make false (fst (Pipeline.run false trace))
    Expect.isLessThanOrEqual (Plan.arenaBytes plan) (2L * 40_000L + 128L) "bytes for at most two values at once"
}

let private large = test "20,000 pieces of work are fused in groups" {
    let step (y: Tensor) k = if k % 100 = 0 then Tensor.transpose (y + 1.) else y * 1.5 - float (k % 7)
    let trace = traceOf (fun x -> List.fold step x [ 1..20_000 ]) (Tensor.create [ 2; 3 ] "" [| 1f .. 6f |])
    let plan = Plan.make false (fst (Pipeline.run false trace))
    let most =
        plan.Launches
        |> Seq.map (fun launch ->
            match launch with
            | Launch.Fused(_, _, _, _, work) -> work.Length
            | Launch.Followed(_, _, tail) -> 1 + tail.Work.Length
            | Launch.Call _ -> 1)
        |> Seq.max
    Expect.isLessThan most 100 "work in one loop"
    Expect.isLessThan plan.Launches.Length 1000 "loops"
}

let private failing = test "a loop that is not compiled runs piece by piece" {
    let inputs = sreluInputs ()
    let trace = traceOf (grad (fun p -> Tensor.sum [] (exp (srelu p)))) inputs
    let leaves, _ = Structures.flatten inputs
    let plan = Plan.make false (fst (Pipeline.run false trace))
    let broken launch =
        match launch with
        | Launch.Fused(loop, sizes, operands, results, work) ->
            Launch.Fused({ loop with Results = [ 10_000 ] }, sizes, operands, results, work)
        | call -> call
    let reporting (problems: System.Collections.Generic.List<string>) plan =
        Runner(plan, { Compilation.Exact with Report = problems.Add })
    let none, some = System.Collections.Generic.List(), System.Collections.Generic.List()
    let runner = reporting none plan
    let other = reporting some { plan with Launches = Array.map broken plan.Launches }
    let leaves = List.ofArray leaves
    Expect.isEmpty none "compiled"
    Expect.equal some.Count plan.Launches.Length "not compiled"
    Expect.equal (Compare.outcomes (tensors trace runner.Run leaves) (tensors trace other.Run leaves)) None "the bits"
}

/// Weights that a function has captured are packed once, if large: as they lie, turned, or a part of a larger tensor.
let private captured = test "a captured weight gives the bits of one that is given" {
    let random = System.Random 11
    let some sizes =
        Tensor.create<float32> sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> random.NextSingle() - 0.5f))
    for m in [ 1; 3; 64 ] do
        for name, weights, take in
            [ "as it lies", some [ 200; 256 ], id
              "turned", some [ 256; 200 ], Tensor.transpose
              "a part", some [ 2; 200; 256 ], (fun w -> w[1]) ] do
            let x = some [ m; 200 ]
            let run (f: Tensor list -> Tensor list) inputs =
                let trace = traceOf f inputs
                let runner = Runner(Plan.make false (fst (Pipeline.run false trace)), Compilation.Exact)
                tensors trace runner.Run inputs |> ignore
                tensors trace runner.Run inputs
            let given = run (fun args -> [ Tensor.matmul args[0] (take args[1]) ]) [ x; weights ]
            let kept = run (fun args -> [ Tensor.matmul args[0] (take weights) ]) [ x ]
            Expect.equal (Compare.outcomes given kept) None $"{m} rows, {name}"
}

/// A plan that gives the bits of the steps one by one.
let private planned what (f: Tensor list -> Tensor) inputs : Plan =
    let trace = traceOf (fun args -> [ f args ]) inputs
    let plan = Plan.make false (fst (Pipeline.run false trace))
    let runner = Runner(plan, Compilation.Exact)
    let expected = tensors trace (Steps trace).Run inputs
    tensors trace runner.Run inputs |> ignore
    Expect.equal (Compare.outcomes expected (tensors trace runner.Run inputs)) None what
    plan

/// What follows a product of few rows is done with it, whatever is read beside it.
let private followed = test "what follows a product of few rows is one launch with it" {
    let random = System.Random 13
    let some sizes =
        Tensor.create<float32> sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> random.NextSingle() - 0.5f))
    let relu x = Tensor.relu x
    for rows, columns in [ 1, 16; 1, 100; 3, 37; 4, 8; 40, 2; 16, 1 ] do
        let x, w = some [ rows; 20 ], some [ 20; columns ]
        let bias, scale, old = some [ columns ], some [ rows; 1 ], some [ rows; columns ]
        let tails: (string * (Tensor -> Tensor) * int) list =
            [ "a bias and a rectifier", (fun (y: Tensor) -> relu (y + bias)), 1
              "an exponential", (fun y -> exp (scale * y) - old), 1
              "a step", (fun y -> old - 0.1 * y), 1
              "a turned operand", (fun y -> y + Tensor.transpose (some [ columns; rows ])), 1
              "a comparison in between", (fun y -> Tensor.where (y .< old) y bias), 1
              "a sine, which calls", (fun y -> sin y), 2
              "a sum", (fun y -> Tensor.sum [ 1 ] (y * old)), 2 ]
        for name, tail, launches in tails do
            let plan = planned $"{rows} × {columns}, {name}" (fun args -> tail (Tensor.matmul args[0] args[1])) [ x; w ]
            if rows * columns >= 32 && rows < 16 && name <> "a turned operand" then
                Expect.equal plan.Launches.Length launches $"{rows} × {columns}, {name}"
}

/// Of a convolution, the steps on its results.
let private convolved = test "what follows a convolution is one launch with it, gaps between rows or not" {
    let random = System.Random 17
    let some sizes =
        Tensor.create<float32> sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> random.NextSingle() - 0.5f))
    let usual = ConvolutionOptions.Default
    let images labels (sizes: int list) = Tensor.withFormat labels (some sizes)
    for name, x, window, options in
        [ "planes", images "BCSS" [ 3; 4; 28; 20 ], [ 3; 3 ], { usual with Padding = Padding.Same }
          "planes, a margin", images "BCSS" [ 2; 4; 28; 40 ], [ 3; 5 ], usual
          "volumes", images "BCSSS" [ 2; 3; 9; 20; 20 ], [ 2; 3; 3 ], usual
          "sequences", images "BCS" [ 4; 3; 900 ], [ 5 ], usual
          "single positions", images "BCSS" [ 2; 4; 30; 30 ], [ 1; 1 ], usual
          "every other position", images "BCSS" [ 4; 4; 60; 60 ], [ 3; 3 ], { usual with Stride = [ 2; 2 ] }
          "channels last", images "BSSC" [ 3; 28; 28; 4 ], [ 3; 3 ], usual
          "groups", images "BCSS" [ 3; 4; 28; 28 ], [ 3; 3 ], { usual with Groups = 2 } ] do
        let isLast = name = "channels last"
        let filters = 8
        let w =
            some (
                [ filters
                  (match name with
                   | "groups" -> 2
                   | "volumes"
                   | "sequences" -> 3
                   | _ -> 4) ]
                @ window
            )
        let bias, slope = some [ filters ], some [ filters ]
        let perChannel (t: Tensor) =
            if isLast then t else Tensor.reshape ([ filters ] @ List.replicate window.Length 1) t
        let tails: (string * (Tensor -> Tensor) * bool) list =
            [ "a bias and a rectifier", (fun y -> Tensor.relu (y + perChannel bias)), true
              "nothing but a rectifier", (fun y -> Tensor.relu y), true
              "a slope for each channel", (fun y -> Tensor.where (y .< 0.) (y * perChannel slope) y), true
              "what went in", (fun y -> tanh y + y), true
              "a sum", (fun y -> Tensor.sum [ 1 ] y), false ]
        for tailName, tail, isFollowed in tails do
            let convolution (args: Tensor list) = Tensor.convolution options args[1] None args[0]
            let plan = planned $"{name}, {tailName}" (convolution >> tail) [ x; w ]
            let follows =
                plan.Launches
                |> Array.exists (function
                    | Launch.Followed _ -> true
                    | _ -> false)
            Expect.equal follows isFollowed $"{name}, {tailName}: {Plan.text plan}"
}

/// Found as a gradient that differed from the direct one after a collection.
let private noted = test "what is noted of a small product outlives collections" {
    let x, w =
        Tensor.create [ 1; 16 ] "" (Array.init 16 float32), Tensor.create [ 16; 16 ] "" (Array.init 256 float32)
    let trace = traceOf (fun (args: Tensor list) -> [ Tensor.matmul args[0] args[1] ]) [ x; w ]
    let runner = Runner(Plan.make false (fst (Pipeline.run false trace)), Compilation.Exact)
    let expected = tensors trace (Steps trace).Run [ x; w ]
    for _ in 1..5 do
        Expect.equal (Compare.outcomes expected (tensors trace runner.Run [ x; w ])) None "the bits"
        GC.Collect()
        // Memory given up is taken at once.
        for _ in 1..100 do
            Array.Fill(GC.AllocateUninitializedArray<byte>(4096, true), 0xFFuy)
}

let tests =
    testList
        "Plans"
        [ handedOn
          allocation
          concurrent
          kept
          memory
          large
          failing
          captured
          followed
          convolved
          noted
          onPrograms "a plan gives the bits of a program" id
          onPrograms "a plan gives the bits of a gradient" withGradient ]
