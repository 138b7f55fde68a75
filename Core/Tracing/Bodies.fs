namespace Functional

open System
open System.Collections.Generic

/// Records a body of structured control flow from the types of its inputs: no values, and draws of its own. It goes before
/// whatever it stands in, whose tensors the body may use: they become operands.
[<Sealed>]
type internal BodyTracer(name: string, depth: int, types: TensorType list) as this =
    inherit OpInterpreter()
    let mutable closed = false
    let mutable draws = 0
    let inputs = types |> List.mapi (fun k ty -> Tensor(ty, Origin.Input(k, ValueNone), this))

    let escaped op (args: Tensor list) =
        raise (
            EscapedTensorException(
                op,
                [ for a in args -> a.Type ],
                $"a tensor belongs to a body of {name}, and is used outside of it",
                "let the body return the tensor"
            )
        )

    member _.Inputs = inputs
    member _.Close() = closed <- true
    member _.Trace(outputs: Tensor list) = Linearise.trace this (Array.ofList types) draws outputs

    /// The outputs of another trace on these operands. Where it comes first, its draws keep their numbers.
    member this.Replay(trace: Trace, operands: Tensor list) : Tensor list =
        let operands, first = Array.ofList operands, draws
        let results = Array.create<Tensor list> trace.Instructions.Length []

        let value v =
            match v with
            | Value.Input k -> operands[k]
            | Value.Constant k -> trace.Constants[k]
            | Value.Result(i, k) -> results[i].[k]

        for i, instruction in Seq.indexed trace.Instructions do
            let args = [ for v in instruction.Operands -> value v ]
            let types = List.ofArray instruction.Results
            results[i] <- Scopes.Record(this, instruction.Op, args, types, [||], first + instruction.Draw)

        draws <- first + trace.Draws
        [ for v in trace.Outputs -> value v ]

    override _.IsTracing = true
    override _.Depth = if closed then Int32.MinValue else -depth

    override this.Apply(op, args) =
        if closed then escaped op.Name args
        let results = op.Infer [ for a in args -> a.Type ]

        let draw =
            match op.Kernel with
            | Random ->
                draws <- draws + 1
                draws - 1
            | _ -> 0

        Scopes.Record(this, op, args, results, [||], draw)

    override _.Read t =
        if closed then escaped "Read" [ t ]

        raise (
            HostReadException(
                "Read",
                [ t.Type ],
                $"a body of {name} is recorded once, from types alone: its tensors have no values yet",
                "use cond, Tensor.Where or mask arithmetic instead of a condition in the host language"
            )
        )

/// Bodies of structured control flow.
[<RequireQualifiedAccess>]
module internal Bodies =
    let private isLiteral (t: Tensor) =
        match t.Origin with
        | Origin.Literal _ -> true
        | _ -> false

    /// The trace with its captured tensors made inputs, which follow its own as they stand in the list.
    let private close (captured: Tensor list) (trace: Trace) : Trace =
        let literals = trace.Constants |> Array.filter isLiteral
        let place (t: Tensor) = List.findIndex (fun c -> obj.ReferenceEquals(c, t)) captured

        let value v =
            match v with
            | Value.Constant k when isLiteral trace.Constants[k] ->
                Value.Constant(Array.findIndex (fun c -> obj.ReferenceEquals(c, trace.Constants[k])) literals)
            | Value.Constant k -> Value.Input(trace.Inputs.Length + place trace.Constants[k])
            | v -> v

        { trace with
            Inputs = Array.append trace.Inputs [| for t in captured -> t.Type |]
            Constants = literals
            Instructions = [| for i in trace.Instructions -> { i with Operands = Array.map value i.Operands } |]
            Outputs = Array.map value trace.Outputs }

    let private recordOne name types (f: BodyTracer -> Tensor list -> 'R) : Trace * 'R =
        Scopes.Within(fun depth ->
            let tracer = BodyTracer(name, depth, types)

            try
                let result = f tracer tracer.Inputs
                let leaves, _ = Structures.flatten result
                tracer.Trace(List.ofArray leaves), result
            finally
                tracer.Close())

    /// Functions of tensors of the same types, recorded; the structures that they return; and the tensors from outside
    /// that they use, which all of them take after their own inputs.
    let record name types (functions: (Tensor list -> 'R) list) : Trace list * 'R list * Tensor list =
        let traces, results = [ for f in functions -> recordOne name types (fun _ inputs -> f inputs) ] |> List.unzip
        let captured = HashSet<Tensor>(HashIdentity.Reference)
        let ordered = List<Tensor>()

        for trace in traces do
            for c in trace.Constants do
                if not (isLiteral c) && captured.Add c then ordered.Add c

        let captured = List.ofSeq ordered
        List.map (close captured) traces, results, captured

    /// A trace made of others, which are given as functions of tensors.
    let compose types (f: (Trace -> Tensor list -> Tensor list) -> Tensor list -> Tensor list) : Trace =
        let run (tracer: BodyTracer) inputs = f (fun trace operands -> tracer.Replay(trace, operands)) inputs

        recordOne "a loop" types run |> fst
