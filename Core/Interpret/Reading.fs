namespace Functional

open System.Collections.Generic
open System.Runtime.CompilerServices

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

    /// The types of the tensors that it was made for, in the order in which they stand in the arguments.
    [<Extension>]
    static member InputTypes(trace: Trace) : IReadOnlyList<TensorType> = trace.Inputs

    /// The types of the tensors that it gives, in the order in which they stand in the result.
    [<Extension>]
    static member OutputTypes(trace: Trace) : IReadOnlyList<TensorType> =
        [| for v in trace.Outputs -> Program.TypeOf(trace, v) |]

    /// How many ops one run takes.
    [<Extension>]
    static member InstructionCount(trace: Trace) = trace.Instructions.Length

    /// The random draws that belong to one run.
    [<Extension>]
    static member DrawCount(trace: Trace) = trace.Draws

    /// Numbers in the code, and tensors from outside, which every run sees as they were when the trace was made.
    [<Extension>]
    static member Constants(trace: Trace) : IReadOnlyList<Tensor> = trace.Constants

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
