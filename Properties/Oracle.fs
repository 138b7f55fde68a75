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

    /// Runs a trace whose draws follow `start`, and the traces that its ops run; the outputs, and the first disagreement.
    let rec private follow (trace: Trace) (start: Draw) (inputs: Block array) : Block array * string option =
        let results = Array.create<Block array> trace.Instructions.Length [||]
        let problems = ResizeArray<string>()
        let note found = Option.iter problems.Add found

        let block value =
            match value with
            | Value.Input k -> inputs[k]
            | Value.Constant k -> (Execute.blockOf trace.Constants[k]).Value
            | Value.Result(i, k) -> results[i][k]

        let step i (instruction: Instruction) =
            let types = [ for v in instruction.Operands -> trace.TypeOf v ]
            let outputs = List.ofArray instruction.Results
            let draw = { start with Position = start.Position + uint64 instruction.Draw }
            let blocks = instruction.Operands |> Array.map block
            let operands = [ for ty, b in Seq.zip types blocks -> ty, Evaluate.lanes ty b ]
            let nested (trace: Trace) : Filling =
                fun start blocks targets ->
                    let outputs, found = follow trace start blocks
                    note found
                    for k in 0 .. outputs.Length - 1 do
                        Blocks.place (trace.TypeOf trace.Outputs[k]) outputs[k] targets[k]
            results[i] <- Execute.prepare nested ignore instruction.Op.Kernel types outputs draw blocks

            let actual = [ for ty, b in Seq.zip outputs results[i] -> Evaluate.lanes ty b ]
            let expected = Evaluate.op instruction.Op draw outputs operands

            compare instruction.Op outputs operands expected actual
            |> Option.map (fun problem -> $"instruction {i}, {Print.op instruction.Op}: {problem}")
            |> note

        trace.Instructions |> Array.iteri step
        Array.map block trace.Outputs, Seq.tryHead problems

    /// Runs a trace whose draws follow `start`.
    let agrees (trace: Trace) (start: Draw) (inputs: Tensor list) =
        match Verify.faults trace with
        | [] ->
            match follow trace start [| for x in inputs -> (Execute.blockOf x).Value |] with
            | _, None -> Verdict.Holds
            | _, Some problem -> Verdict.Fails problem
        | faults -> Verdict.Fails $"the trace is no program: %A{faults}"

    /// A function's trace for a value, on that value.
    let agreesOn (f: 'T -> 'R) (x: 'T) seed =
        let trace = Functions.seeded seed (fun () -> Functional.FSharp.Acceleration.traceOf f x)
        agrees trace { Key = seed; Position = 0UL } (Functions.leaves x)
