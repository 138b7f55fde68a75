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
        let plan = Plan.make better
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
                | Launch.Call _ -> None)
        let runner = Runner plan
        let first, second = tensors trace runner.Run inputs, tensors trace runner.Run inputs

        match loops, Compare.outcomes expected first, Compare.outcomes expected second with
        | None, None, None -> Verdict.Holds
        | loops, first, second -> Verdict.Fails $"{loops} {first} {second}\n{Print.text better}\n{Plan.text plan}"

let private onPrograms name change =
    Seed.law name 500 0.5 (fun random ->
        let program = Generate.program 10 random
        agrees (change (RandomProgram.run program)) (RandomProgram.inputs program))

let private withGradient f xs = let ys, gradient = Functions.withGradient f xs in ys @ gradient

let tests =
    testList
        "Plans"
        [ onPrograms "a plan gives the bits of a program" id
          onPrograms "a plan gives the bits of a gradient" withGradient ]
