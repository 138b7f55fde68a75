/// Passes keep the meaning of a trace.
module Functional.Tests.Passes.PipelineTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private draw: Draw = { Key = 7UL; Position = 3UL }
let private blocks inputs = [| for t in inputs -> (Execute.blockOf t).Value |]

let private run (trace: Trace) (inputs: Tensor list) : Result<Tensor list, exn> =
    Compare.attempt (fun () ->
        let results = Steps(trace).Run(draw, blocks inputs)
        [ for v, block in Seq.zip trace.Outputs results -> Direct.Tensor(trace.TypeOf v, block) ])

let private trace (f: Tensor list -> Tensor list) inputs = traceOf f inputs

/// What a pass breaks, if anything.
let private broken (pass: Pass) before inputs expected =
    let after, _ = pass.Run before

    match Verify.faults after with
    | [] ->
        Compare.outcomes expected (run after inputs)
        |> Option.map (fun problem -> $"{problem} in {Print.text after}")
    | faults -> Some $"no program: %A{faults}"
    |> Option.map (fun problem -> $"{pass.Name} of {Print.text before}: {problem}")

let private keepsMeaning (f: Tensor list -> Tensor list) inputs =
    match Compare.attempt (fun () -> trace f inputs) with
    | Error e -> Verdict.Silent e.Message
    | Ok recorded ->
        let expected = run recorded inputs
        let each = Pipeline.passes false |> List.tryPick (fun pass -> broken pass recorded inputs expected)

        let whole =
            Pipeline.passes false
            |> List.scan (fun (t: Trace) pass -> fst (pass.Run t)) recorded
            |> List.zip (Pipeline.passes false @ [ Pipeline.drop ])
            |> List.tryPick (fun (pass, t) -> broken pass t inputs expected)

        match each |> Option.orElse whole with
        | Some problem -> Verdict.Fails problem
        | None -> Verdict.Holds

let private onPrograms name change =
    Seed.law name 300 0.5 (fun random ->
        let program = Generate.program 8 random
        keepsMeaning (change (RandomProgram.run program)) (RandomProgram.inputs program))

let private withGradient f xs = let ys, gradient = Functions.withGradient f xs in ys @ gradient

let private long =
    testList
        "100,000 instructions"
        [ test "of arithmetic" {
              let step (y: Tensor) k = if k % 3 = 0 then y * 1. else y + float (k % 7)
              let recorded = trace (fun xs -> [ List.fold step xs[0] [ 1..100_000 ] ]) [ Tensor.scalar 1f ]
              let better, _ = Pipeline.run false recorded
              Expect.equal recorded.Instructions.Length 100_000 "recorded"
              Expect.isLessThan better.Instructions.Length 70_000 "better"
          }
          test "of which one is left" {
              let recorded = trace (fun xs -> [ List.fold (fun y _ -> -y) xs[0] [ 1..100_001 ] ]) [ Tensor.scalar 1f ]
              let better, _ = Pipeline.run false recorded
              Expect.equal better.Instructions.Length 1 "better"
          }
          test "of views" {
              let x = Tensor.create [ 2; 3 ] "" [| 1f .. 6f |]
              let turn (y: Tensor) = Define.apply (Movement.permute [ 1; 0 ]) [ y ]
              let recorded = trace (fun xs -> [ List.fold (fun y _ -> turn y) xs[0] [ 1..100_000 ] ]) [ x ]
              let better, _ = Pipeline.run false recorded
              Expect.equal better.Instructions.Length 0 "better"
          } ]

let private draws = test "draws keep their ordinals" {
    let f (xs: Tensor list) =
        let draw () = Uniform.draw xs[0].Interpreter xs[0].Type
        let a, b, c, d = draw (), draw (), draw (), draw ()
        [ Elementwise.lift Where [ Movement.constant a.Interpreter (TensorType(DType.Bool, [ 2 ])) 0.; a + c; b ]
          d ]
    let x = Tensor.create [ 2 ] "" [| 1f; 2f |]
    let recorded = trace f [ x ]
    let better, _ = Pipeline.run false recorded
    let ordinals (t: Trace) =
        [ for i in t.Instructions do
              if i.Op.Name = "Uniform" then i.Draw ]
    Expect.equal (ordinals recorded, ordinals better) ([ 0; 1; 2; 3 ], [ 1; 3 ]) "draws"
    Expect.equal better.Draws 4 "draws of a run"
    Expect.equal (Compare.outcomes (run recorded [ x ]) (run better [ x ])) None "values"
}

let private folding =
    testList
        "constants"
        [ test "numbered positions are one constant" {
              let f (xs: Tensor list) = [ xs[0] + Scans.iota xs[0] DType.Float32 3 ]
              let recorded = trace f [ Tensor.create [ 3 ] "" [| 1f; 2f; 3f |] ]
              let better, _ = Pipeline.run false recorded
              Expect.equal better.Instructions.Length 1 (Print.text better)
          }
          test "large ones are not made" {
              let f (xs: Tensor list) = [ xs[0] + Scans.iota xs[0] DType.Float32 300_000 ]
              let recorded = trace f [ Tensor.scalar 1f ]
              let better, _ = Pipeline.run false recorded
              Expect.isTrue (better.Constants |> Array.forall (fun c -> c.Count < 300_000)) (Print.text better)
          }
          test "an error is the call's" {
              let f (xs: Tensor list) =
                  let table = Movement.constant xs[0].Interpreter (TensorType(DType.Float32, [ 3 ])) 1.
                  let outside = Movement.constant xs[0].Interpreter (TensorType(DType.Int32, [ 2 ])) 7.
                  [ xs[0] + Define.apply (Gathering.gather 0) [ table; outside ] ]
              let x = Tensor.create [ 2 ] "" [| 1f; 2f |]
              let better, _ = Pipeline.run false (trace f [ x ])
              Expect.throwsT<DimensionException> (fun () -> Steps(better).Run(draw, blocks [ x ]) |> ignore) "run"
          } ]

let private verified = test "a wrong pass is seen" {
    let recorded = trace (fun xs -> [ xs[0] * 2. - xs[1] ]) [ Tensor.scalar 1f; Tensor.scalar 3f ]
    let wrong (t: Trace) =
        { t with
            Instructions = t.Instructions |> Array.map (fun i -> { i with Operands = Array.rev i.Operands }) }
    let pass = { Name = "wrong"; Run = fun t -> wrong t, [] }
    let inputs = [ Tensor.scalar 1f; Tensor.scalar 3f ]
    Expect.isSome (broken pass recorded inputs (run recorded inputs)) "the difference"
}

let tests =
    testList
        "Pipeline"
        [ onPrograms "each pass keeps the meaning of a program" id
          onPrograms "each pass keeps the meaning of a gradient" withGradient
          long
          draws
          folding
          verified ]
