namespace Functional

open System.Collections.Generic

/// What is wrong with a trace. An instruction is given by its number.
[<RequireQualifiedAccess>]
type internal Fault =
    /// An operand or output that the trace does not have, or has not computed yet. No instruction: an output.
    | Undefined of instruction: int option * value: Value
    /// The results that an instruction states, and those that its op infers from the operands.
    | WrongTypes of instruction: int * stated: IReadOnlyList<TensorType> * inferred: IReadOnlyList<TensorType>
    /// The op does not take its operands.
    | Refused of instruction: int * FunctionalException
    /// A draw beyond the trace's number of draws, or one that another instruction takes too.
    | WrongDraw of instruction: int * draw: int
    /// The fault is in a trace that the instruction runs.
    | Inside of instruction: int * Fault
    /// A trace that an instruction runs has captured a tensor: it is an operand of the instruction.
    | Open of constant: int

/// A trace that is no program: a bug in whatever made it.
[<Sealed>]
type InvalidTraceException internal (faults: Fault list, explanation: string) =
    inherit FunctionalException("Verify", [], explanation, "report this: the library, or an op of yours, made it")
    member internal _.Faults = faults

/// Checks that a trace is a program: operands before their use, types as inferred, each draw its own.
[<RequireQualifiedAccess>]
module internal Verify =
    let private typeOf (trace: Trace) until value =
        match value with
        | Value.Input k when k >= 0 && k < trace.Inputs.Length -> Some trace.Inputs[k]
        | Value.Constant k when k >= 0 && k < trace.Constants.Length -> Some trace.Constants[k].Type
        | Value.Result(i, k) when i >= 0 && i < until && k >= 0 && k < trace.Instructions[i].Results.Length ->
            Some trace.Instructions[i].Results[k]
        | _ -> None

    let private typeFaults i (instruction: Instruction) operands =
        try
            match instruction.Op.Infer operands with
            | inferred when inferred = List.ofArray instruction.Results -> []
            | inferred -> [ Fault.WrongTypes(i, instruction.Results, inferred) ]
        with :? FunctionalException as refusal ->
            [ Fault.Refused(i, refusal) ]

    let private isLiteral (t: Tensor) =
        match t.Origin with
        | Origin.Literal _ -> true
        | _ -> false

    let rec faults (trace: Trace) : Fault list =
        let taken = HashSet<int>()

        let undefined instruction until values =
            [ for v in values do
                  if (typeOf trace until v).IsNone then Fault.Undefined(instruction, v) ]

        let drawFaults i (instruction: Instruction) =
            match instruction.Op.Kernel with
            | Random when instruction.Draw < 0 || instruction.Draw >= trace.Draws || not (taken.Add instruction.Draw) ->
                [ Fault.WrongDraw(i, instruction.Draw) ]
            | _ -> []

        let instructionFaults i (instruction: Instruction) =
            match undefined (Some i) i instruction.Operands with
            | [] ->
                typeFaults i instruction [ for v in instruction.Operands -> (typeOf trace i v).Value ]
                @ drawFaults i instruction
                @ nestedFaults i instruction
            | missing -> missing

        List.concat (Seq.mapi instructionFaults trace.Instructions)
        @ undefined None trace.Instructions.Length trace.Outputs

    and private nestedFaults i (instruction: Instruction) =
        match instruction.Op.Kernel with
        | Nested(bodies, _) ->
            [ for body in bodies do
                  for fault in faults body do
                      Fault.Inside(i, fault)
                  for k, c in Seq.indexed body.Constants do
                      if not (isLiteral c) then Fault.Inside(i, Fault.Open k) ]
        | _ -> []

    let private explain (trace: Trace) fault =
        let types (list: TensorType seq) = System.String.Join(", ", list)
        let named i = $"instruction {i} ({Print.op trace.Instructions[i].Op})"

        match fault with
        | Fault.Undefined(Some i, v) -> $"{named i} uses %A{v}, which is not defined before it"
        | Fault.Undefined(None, v) -> $"the output %A{v} is not defined"
        | Fault.WrongTypes(i, stated, inferred) -> $"{named i} states {types stated} but gives {types inferred}"
        | Fault.Refused(i, refusal) -> $"{named i} is refused: {refusal.Message}"
        | Fault.Inside(i, fault) -> $"a body of {named i}: %A{fault}"
        | Fault.Open k -> $"constant {k} is a captured tensor"
        | Fault.WrongDraw(i, draw) -> $"{named i} takes draw {draw} of {trace.Draws}, or takes it a second time"

    /// Throws InvalidTraceException where the trace has a fault.
    let check (trace: Trace) =
        match faults trace with
        | [] -> ()
        | found -> raise (InvalidTraceException(found, found |> List.map (explain trace) |> String.concat "; "))
