namespace Functional

open System
open System.Collections.Generic
open System.Runtime.CompilerServices

/// What a trace has fixed: every run sees it as it was when the trace was made.
[<Sealed; AllowNullLiteral(false)>]
type TraceConstant internal (value: Tensor) =
    let frozen =
        match value.Interpreter with
        | :? Frozen as frozen -> frozen
        | null -> Frozen(ConstantKind.Number, "")
        | _ -> Frozen(ConstantKind.Captured, "")
    /// The constant itself, a concrete tensor.
    member _.Value: Tensor = Direct.Tensor(value.Type, (Execute.blockOf value).Value)
    member _.Type = value.Type
    /// Number in the code, captured tensor, plain draw, or made inside the function.
    member _.Kind = frozen.Kind
    /// The size of its elements in memory, as far as this constant alone holds them.
    member _.Bytes = int64 (Buffer.ByteLength (Execute.blockOf value).Value.Data)
    /// The place in the user's code where it was first used: file and line, or method. "" for numbers, and beyond the first
    /// hundred constants.
    member _.Site = frozen.Site

    override this.ToString() =
        let place = if this.Site = "" then "" else $" at {this.Site}"
        let kind =
            match this.Kind with
            | ConstantKind.Number -> "number"
            | ConstantKind.PlainDraw -> "plain draw, repeated by every replay"
            | ConstantKind.Created -> "made inside"
            | _ -> "captured"
        $"{value.Type}, {this.Bytes} bytes, {kind}{place}"

/// What can be read from a trace.
[<Extension; AbstractClass; Sealed>]
type TraceReading =
    /// One line for each instruction, with types; for example `%3: Float32[64, 10] "BC" = Mul %1 %2`. The bodies of
    /// structured control flow follow their instruction, indented, each with names of its own.
    [<Extension>]
    static member ToText(trace: Trace) = Print.text trace

    /// A Mermaid flowchart.
    [<Extension>]
    static member ToMermaid(trace: Trace) = Print.mermaid trace

    /// A graph in the DOT language of Graphviz.
    [<Extension>]
    static member ToDot(trace: Trace) = Print.dot trace

    /// What becomes of it when it is compiled: a line for each pass, with its number of instructions before and after and the
    /// rules that fired; a line for each kernel, with the values that it reads and makes; and the working memory of a run.
    /// The text is for people; it changes between versions.
    [<Extension>]
    static member Explain(trace: Trace) = Explain.text trace

    /// Bytes that a run of the compiled trace needs beside arguments, constants and results: what it has at most at a time, planned
    /// by how long each value is needed.
    [<Extension>]
    static member WorkingMemory(trace: Trace) : int64 = Explain.workingMemory trace

    /// The types of the tensors that it was made for, in the order in which they stand in the arguments.
    [<Extension>]
    static member InputTypes(trace: Trace) : IReadOnlyList<TensorType> = trace.Inputs

    /// The types of the tensors that it gives, in the order in which they stand in the result.
    [<Extension>]
    static member OutputTypes(trace: Trace) : IReadOnlyList<TensorType> = [| for v in trace.Outputs -> trace.TypeOf v |]

    /// How many ops one run takes.
    [<Extension>]
    static member InstructionCount(trace: Trace) = trace.Instructions.Length

    /// The random draws that belong to one run.
    [<Extension>]
    static member DrawCount(trace: Trace) = trace.Draws

    /// What every run sees as it was when the trace was made: numbers in the code, tensors from outside, plain random draws,
    /// tensors made of the host's data. What looks like a number may be the value of a variable: see FreezeAudit.
    [<Extension>]
    static member Constants(trace: Trace) : IReadOnlyList<TraceConstant> =
        [| for c in trace.Constants -> TraceConstant c |]

namespace Functional.FSharp

open Functional

/// Readable forms of a trace.
[<RequireQualifiedAccess>]
module Trace =
    /// One line for each instruction, with types; for example `%3: Float32[64, 10] "BC" = Mul %1 %2`. The bodies of
    /// structured control flow follow their instruction, indented, each with names of its own.
    let print (trace: Trace) = Print.text trace

    /// A Mermaid flowchart.
    let toMermaid (trace: Trace) = Print.mermaid trace

    /// A graph in the DOT language of Graphviz.
    let toDot (trace: Trace) = Print.dot trace

    /// What becomes of it when it is compiled: a line for each pass, with its number of instructions before and after and the
    /// rules that fired; a line for each kernel, with the values that it reads and makes; and the working memory of a run.
    /// The text is for people; it changes between versions.
    let explain (trace: Trace) = Explain.text trace
    /// What a trace has fixed: every run sees it as it was when the trace was made.
    let constants (trace: Trace) : TraceConstant list = [ for c in trace.Constants -> TraceConstant c ]
