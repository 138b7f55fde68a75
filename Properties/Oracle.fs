namespace Functional.Properties

open Functional

/// Agreement of kernels with the oracle, instruction by instruction, on the very operands that the kernel saw: errors do
/// not pile up, so the bound of each op alone is tested.
[<RequireQualifiedAccess>]
module internal Oracle =
    let private show lane =
        match lane with
        | Real x -> $"{x:R}"
        | Whole n -> string n

    let private compare (op: Op) results operands (expected: Lane array list) (actual: Lane array list) =
        Seq.zip3 (Seq.initInfinite id) expected actual
        |> Seq.tryPick (fun (k, expected, actual) ->
            let agrees = Bounds.agreement op results operands k

            Seq.zip expected actual
            |> Seq.indexed
            |> Seq.tryFind (fun (i, (e, a)) -> not (agrees i e a))
            |> Option.map (fun (i, (e, a)) -> $"result {k}, element {i}: oracle {show e}, kernel {show a}"))

    /// Runs a trace whose draws follow `start`.
    let agrees (trace: Trace) (start: Draw) (inputs: Tensor list) =
        let inputs = Array.ofList inputs
        let results = Array.create<Block array> trace.Instructions.Length [||]

        let block value =
            match value with
            | Value.Input k -> (Execute.blockOf inputs[k]).Value
            | Value.Constant k -> (Execute.blockOf trace.Constants[k]).Value
            | Value.Result(i, k) -> results[i][k]

        let step i (instruction: Instruction) =
            let types = [ for v in instruction.Operands -> Program.TypeOf(trace, v) ]
            let outputs = List.ofArray instruction.Results
            let draw = { start with Position = start.Position + uint64 instruction.Draw }
            let blocks = instruction.Operands |> Array.map block
            let operands = [ for ty, b in Seq.zip types blocks -> ty, Evaluate.lanes ty b ]
            results[i] <- Program.Prepare instruction.Op.Kernel types outputs draw blocks

            let actual = [ for ty, b in Seq.zip outputs results[i] -> Evaluate.lanes ty b ]
            let expected = Evaluate.op instruction.Op draw outputs operands

            compare instruction.Op outputs operands expected actual
            |> Option.map (fun problem -> $"instruction {i}, {Print.op instruction.Op}: {problem}")

        match Verify.faults trace with
        | [] ->
            match trace.Instructions |> Seq.indexed |> Seq.tryPick (fun (i, instruction) -> step i instruction) with
            | None -> Verdict.Holds
            | Some problem -> Verdict.Fails problem
        | faults -> Verdict.Fails $"the trace is no program: %A{faults}"

    /// A function's trace for a value, on that value.
    let agreesOn (f: 'T -> 'R) (x: 'T) seed =
        let trace = Functions.seeded seed (fun () -> Functional.FSharp.Acceleration.traceOf f x)
        agrees trace { Key = seed; Position = 0UL } (Functions.leaves x)
