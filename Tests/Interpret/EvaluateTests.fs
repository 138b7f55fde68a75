/// The oracle on whole traces.
module Functional.Tests.Interpret.EvaluateTests

open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private lanesOf (t: Tensor) = Evaluate.lanes t.Type (Execute.blockOf t).Value

let rec private isExact (op: Op) =
    match op.Kernel with
    | Map formula ->
        let rec exact formula =
            match formula with
            | Formula.Apply(f, args) -> Range.ulps f = 0. && List.forall exact args
            | _ -> true
        exact formula
    | Move(Scatter(Added, _) | Overlap _)
    | Contract _
    | Convolve _
    | Opaque _ -> false
    | Reduce(reduction, _)
    | Scan(reduction, _) -> reduction <> SumOf && reduction <> ProductOf
    | Nested(traces, _) ->
        traces |> List.forall (fun trace -> trace.Instructions |> Array.forall (fun i -> isExact i.Op))
    | _ -> true

/// The bits, whatever NaN it is.
let private bits lane =
    match lane with
    | Real x when x <> x -> 1L
    | Real x -> System.BitConverter.DoubleToInt64Bits x
    | Whole n -> n

let private equalsDirect (program: RandomProgram) =
    if not (program.Steps |> List.forall (fun step -> isExact step.Op)) then
        Verdict.Silent "an op that rounds"
    else
        let inputs = RandomProgram.inputs program
        let direct = Functions.seeded 5UL (fun () -> RandomProgram.run program inputs)
        let trace = traceOf (RandomProgram.run program) inputs
        let results = Evaluate.trace trace { Key = 5UL; Position = 0UL } (List.map lanesOf inputs)
        let same a b = Array.map bits a = Array.map bits b

        match List.tryFindIndex (fun (t, lanes) -> not (same (lanesOf t) lanes)) (List.zip direct results) with
        | None -> Verdict.Holds
        | Some k -> Verdict.Fails $"output {k} differs"

let tests =
    testList
        "Evaluate"
        [ Seed.law "programs of ops that round nothing have the bits of direct calls, draws too" 1000 0.1 (fun random ->
              equalsDirect (Generate.program 2 random))
          test "a trace with captured tensors, two results and a draw" {
              let c = Tensor.create [ 2 ] "" [| 10L; 20L |]
              let f (x: Tensor) = x * x + c, -x
              let trace = traceOf f (Tensor.create [ 2 ] "" [| 1L; 2L |])
              let results = Evaluate.trace trace { Key = 0UL; Position = 0UL } [ [| Whole 3L; Whole -4L |] ]
              Expect.equal results [ [| Whole 19L; Whole 36L |]; [| Whole -3L; Whole 4L |] ] "lanes"
          } ]
