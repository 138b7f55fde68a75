namespace Functional

open System
open System.Collections.Generic

/// A trace being written anew: instructions are appended, operands first.
[<Sealed>]
type internal Draft(source: Trace) =
    let instructions = List<Instruction>(source.Instructions.Length)
    let constants = List<Tensor>(source.Constants)
    let numbers = Dictionary<Value, float>()
    let literals = Dictionary<struct (DType * int64), Value>()

    /// Integers beyond 2^53 are no exact numbers here.
    let number (t: Tensor) =
        if t.Rank > 0 then
            ValueNone
        else
            match (Evaluate.lanes t.Type (Execute.blockOf t).Value)[0] with
            | Real x -> ValueSome x
            | Whole n when abs n <= (1L <<< 53) -> ValueSome(float n)
            | Whole _ -> ValueNone

    let note k =
        match number constants[k] with
        | ValueSome x ->
            numbers[Value.Constant k] <- x
            literals[struct (constants[k].DType, BitConverter.DoubleToInt64Bits x)] <- Value.Constant k
        | ValueNone -> ()

    do
        for k in 0 .. constants.Count - 1 do
            note k

    member _.TypeOf value =
        match value with
        | Value.Input k -> source.Inputs[k]
        | Value.Constant k -> constants[k].Type
        | Value.Result(i, k) -> instructions[i].Results[k]

    /// The instruction that a value is the only result of.
    member _.Definition value =
        match value with
        | Value.Result(i, 0) when instructions[i].Results.Length = 1 -> ValueSome instructions[i]
        | _ -> ValueNone

    member _.Block constant = (Execute.blockOf constants[constant]).Value

    /// The number that a scalar constant is.
    member _.NumberOf value =
        match numbers.TryGetValue value with
        | true, x -> ValueSome x
        | _ -> ValueNone

    /// A number of a data type, as the trace's scalar constant.
    member this.Number(dtype, x: float) =
        match literals.TryGetValue(struct (dtype, BitConverter.DoubleToInt64Bits x)) with
        | true, value -> value
        | _ -> this.Constant(Tensor.Literal(dtype, x))

    member _.Constant(t: Tensor) =
        constants.Add t
        note (constants.Count - 1)
        Value.Constant(constants.Count - 1)

    /// The number of the instruction.
    member _.Append(instruction: Instruction) =
        instructions.Add instruction
        instructions.Count - 1

    member _.Finish outputs : Trace =
        { source with
            Constants = constants.ToArray()
            Instructions = instructions.ToArray()
            Outputs = outputs }

/// Walks a trace from its first instruction to its last, in a loop: a trace of 100,000 instructions takes no deep stack.
[<RequireQualifiedAccess>]
module internal Draft =
    /// The trace in which `place` has put each instruction, given with its new operands: what its results are from then on.
    let rewrite (place: Draft -> Instruction -> Value array) (trace: Trace) : Trace =
        let draft = Draft trace
        let moved = Array.zeroCreate<Value array> trace.Instructions.Length

        let current value =
            match value with
            | Value.Result(i, k) -> moved[i][k]
            | value -> value

        for i in 0 .. moved.Length - 1 do
            let instruction = trace.Instructions[i]
            moved[i] <- place draft { instruction with Operands = Array.map current instruction.Operands }

        draft.Finish(Array.map current trace.Outputs)

    /// An instruction put into the draft as it is.
    let keep (draft: Draft) (instruction: Instruction) =
        let i = draft.Append instruction
        Array.init instruction.Results.Length (fun k -> Value.Result(i, k))
