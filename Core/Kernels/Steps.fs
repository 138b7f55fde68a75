namespace Functional

open System
open System.Collections.Generic

/// A trace made ready to run op by op: a kernel for each instruction, and what each may forget.
[<Sealed>]
type internal Steps(trace: Trace) =
    let inputs, constants = trace.Inputs.Length, trace.Constants.Length
    let first = Array.scan (fun at (i: Instruction) -> at + i.Results.Length) (inputs + constants) trace.Instructions

    let slot value =
        match value with
        | Value.Input k -> k
        | Value.Constant k -> inputs + k
        | Value.Result(i, k) -> first[i] + k

    let kernels =
        trace.Instructions
        |> Array.map (fun i ->
            Steps.Prepare i.Op.Kernel [ for v in i.Operands -> trace.TypeOf v ] (List.ofArray i.Results))

    let operands = trace.Instructions |> Array.map (fun i -> Array.map slot i.Operands)
    let outputs = Array.map slot trace.Outputs
    let fixedSlots = trace.Constants |> Array.map (fun c -> (Execute.blockOf c).Value)

    /// For each instruction the slots that nothing later reads.
    let released =
        let last = Dictionary<int, int>()
        for i in 0 .. operands.Length - 1 do
            for k in 0 .. trace.Instructions[i].Results.Length - 1 do
                last[first[i] + k] <- i
            for s in operands[i] do
                last[s] <- i
        let kept, released = HashSet outputs, Array.create operands.Length []
        for entry in last do
            if not (kept.Contains entry.Key) then released[entry.Value] <- entry.Key :: released[entry.Value]
        released |> Array.map Array.ofList

    /// The kernel of an op made ready for its types.
    static member Prepare (kernel: Kernel) (types: TensorType list) (results: TensorType list) : Execute.Prepared =
        let nested trace : Filling =
            let steps = Steps trace
            fun start blocks targets -> steps.Fill(start, blocks, targets)

        Execute.prepare nested ignore kernel types results

    /// Runs the trace; its draws follow `start` in the stream.
    member _.Run(start: Draw, blocks: Block array) : Block array =
        let slots = Array.zeroCreate<Block> first[operands.Length]
        Array.Copy(blocks, slots, inputs)
        Array.Copy(fixedSlots, 0, slots, inputs, constants)
        for i in 0 .. operands.Length - 1 do
            let from = operands[i]
            let args = Array.zeroCreate<Block> from.Length
            for k in 0 .. from.Length - 1 do
                args[k] <- slots[from[k]]
            let draw = { start with Position = start.Position + uint64 trace.Instructions[i].Draw }
            let results = kernels[i] draw args
            Array.Copy(results, 0, slots, first[i], results.Length)
            for s in released[i] do
                slots[s] <- Unchecked.defaultof<Block>
        [| for s in outputs -> slots[s] |]

    /// The same, into dense blocks.
    member steps.Fill(start: Draw, blocks: Block array, targets: Block array) =
        let results = steps.Run(start, blocks)
        for k in 0 .. results.Length - 1 do
            Blocks.place (trace.TypeOf trace.Outputs[k]) results[k] targets[k]
