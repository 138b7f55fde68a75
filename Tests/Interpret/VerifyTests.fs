/// The verifier: what is a program, and each way not to be one.
module Functional.Tests.Interpret.VerifyTests

open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private trace () =
    traceOf
        (fun (x: Tensor) -> tanh (x * 2.) + Tensor.uniformLike x * Tensor.uniformLike x)
        (Tensor.ones DType.Float32 [ 3 ] "")

/// The trace with one instruction changed.
let private changed at change (trace: Trace) =
    { trace with
        Instructions =
            Array.mapi (fun i instruction -> if i = at then change instruction else instruction) trace.Instructions }

let private find name (trace: Trace) = trace.Instructions |> Array.findIndex (fun i -> i.Op.Name = name)

let private finds name (expected: Fault -> bool) (broken: Trace -> Trace) = test name {
    match Verify.faults (broken (trace ())) with
    | [ fault ] -> Expect.isTrue (expected fault) $"%A{fault}"
    | faults -> failtest $"%A{faults}"
}

let private later (trace: Trace) =
    let at = find "Tanh" trace
    changed at (fun i -> { i with Operands = [| Value.Result(at + 1, 0) |] }) trace

let private mistyped (trace: Trace) =
    let last = trace.Instructions.Length - 1
    changed last (fun i -> { i with Results = [| TensorType(DType.Float32, [ 4 ]) |] }) trace

let private illTyped (trace: Trace) =
    changed (find "Tanh" trace) (fun i -> { i with Op = Elementwise.scalar Not }) trace

let private drawnTwice (trace: Trace) =
    let draws =
        [ for i in 0 .. trace.Instructions.Length - 1 do
              if trace.Instructions[i].Op.Name = "Uniform" then i ]
    changed draws[1] (fun i -> { i with Draw = trace.Instructions[draws[0]].Draw }) trace

let tests =
    testList
        "Verify"
        [ Seed.property
              "the trace of a program, and of its gradient, has no fault"
              200
              Arbitraries.program
              (fun program ->
                  let faults f = Verify.faults (traceOf f (RandomProgram.inputs program))
                  match
                      faults (RandomProgram.run program) @ faults (Functions.withGradient (RandomProgram.run program))
                  with
                  | [] -> Verdict.Holds
                  | faults -> Verdict.Fails $"%A{faults}")
          finds
              "an operand that is computed later"
              (function
              | Fault.Undefined(Some _, Value.Result _) -> true
              | _ -> false)
              later
          finds
              "an output that there is not"
              (function
              | Fault.Undefined(None, Value.Constant 7) -> true
              | _ -> false)
              (fun trace -> { trace with Outputs = [| Value.Constant 7 |] })
          finds
              "a result of another type than the op's"
              (function
              | Fault.WrongTypes _ -> true
              | _ -> false)
              mistyped
          finds
              "an op that refuses its operands"
              (function
              | Fault.Refused(_, (:? DTypeException)) -> true
              | _ -> false)
              illTyped
          finds
              "a draw taken twice"
              (function
              | Fault.WrongDraw _ -> true
              | _ -> false)
              drawnTwice
          finds
              "a draw beyond the trace's"
              (function
              | Fault.WrongDraw _ -> true
              | _ -> false)
              (fun trace -> { trace with Draws = 1 }) ]
