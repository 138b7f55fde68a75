namespace Functional

open System
open System.Collections.Generic

module private Limits =
    /// For so many constants of a trace their place in the user's code is kept.
    [<Literal>]
    let SitesKept = 100

/// Records one call: ops become nodes. Values are computed only where the host reads one, and each reading is noted.
[<Sealed>]
type internal Tracer(name: string, depth: int, inputs: Tensor list) as this =
    inherit OpInterpreter()
    let values = Dictionary<int64, Block array>()
    let reads = ResizeArray<Tensor * Array>()
    let recording = Recording(Generator.Current, Generator.Recording)
    let constants = Dictionary<Tensor, Frozen>(HashIdentity.Reference)
    let sites = Dictionary<int64, string>()
    let mutable closed = false

    let variables =
        inputs
        |> List.mapi (fun k x ->
            let block = if isNull x.Interpreter then Execute.blockOf x else ValueSome(x.Interpreter.Read x)
            Tensor(x.Type, Origin.Input(k, block), this))

    let owned (t: Tensor) = obj.ReferenceEquals(t.Interpreter, this)

    /// Of another trace: one that has ended, or that another thread is recording.
    let foreign (t: Tensor) =
        match t.Interpreter with
        | :? Tracer as other -> not (obj.ReferenceEquals(other, this))
        | _ -> false

    /// Of the operands some belong to another trace, or to this one, which has ended.
    let escaped op (args: Tensor list) =
        let isStray (t: Tensor) =
            match t.Interpreter with
            | :? Tracer as tracer when closed -> tracer.IsClosed
            | _ -> foreign t
        let strays, others = List.partition isStray args
        let tracerOf (t: Tensor) =
            match t.Interpreter with
            | :? Tracer as tracer -> Some tracer.Name
            | _ -> None
        let owner = List.tryPick tracerOf strays |> Option.defaultValue name
        let user = if closed then List.tryPick tracerOf others else Some name
        let types = String.Join(", ", [ for t in strays -> string t.Type ])

        raise (
            EscapedTensorException(
                op,
                [ for a in args -> a.Type ],
                (match user with
                 | Some user -> $"{types} belongs to a trace of {owner}, and is used in a trace of {user}"
                 | None -> $"{types} belongs to a trace of {owner}, and is used outside of it"),
                "return the tensor from the function instead of keeping it elsewhere"
            )
        )

    let otherGenerator op results deed =
        raise (
            GeneratorException(
                op,
                results,
                $"{name} makes another generator current while it is traced and {deed}, which no replay would do",
                "set Generator.Current outside of the function"
            )
        )

    let site () = FunctionalException.SiteOf(Diagnostics.StackTrace(true))

    let isLiteral (t: Tensor) =
        match t.Origin with
        | Origin.Literal _ -> true
        | _ -> false

    /// How a constant came here, when it is first used. Finding the place takes longer than the op.
    let note (t: Tensor) =
        if not (owned t) && not (isLiteral t) && not (constants.ContainsKey t) then
            let kind =
                if recording.WasDrawn t then ConstantKind.PlainDraw
                elif recording.WasMade t then ConstantKind.Created
                else ConstantKind.Captured
            constants[t] <- Frozen(kind, (if constants.Count < Limits.SitesKept then site () else ""))

    let marked (t: Tensor) =
        match constants.TryGetValue t with
        | true, frozen -> Tensor(t.Type, Origin.Concrete (Execute.blockOf t).Value, frozen)
        | _ -> t

    let blockOf (t: Tensor) =
        match t.Origin with
        | Origin.Result(node, k) when owned t -> ValueSome(values[node.Id].[k])
        | _ -> Execute.blockOf t

    let evaluate (node: Node) =
        let draw =
            match node.Op.Kernel with
            | Random -> recording.Draws[node.Draw]
            | _ -> { Key = 0UL; Position = 0UL }
        let blocks = [| for a in node.Args -> (blockOf a).Value |]
        values[node.Id] <- Program.Prepare node.Op.Kernel [ for a in node.Args -> a.Type ] node.Results draw blocks

    member _.Name = name
    member _.IsClosed = closed
    /// The inputs as the function is to see them.
    member _.Inputs = variables
    /// What the host read, in order, and the elements it saw.
    member _.Reads = List.ofSeq reads
    member _.Recording = recording
    /// Whether the place of each op in the user's code is kept, for audits.
    member val KeepsSites = false with get, set
    /// The places of the ops of a trace of these outputs, in the order of its instructions.
    member _.Sites(outputs: Tensor list) =
        [| for node in Graph.reach owned outputs |> Graph.withoutVariables -> sites.GetValueOrDefault(node.Id, "") |]
    /// The function has returned: its generator is the one that it found.
    member _.CheckGenerator() = if not recording.IsCurrent then otherGenerator "Trace" [] "leaves it so"

    /// No more ops: from here on the tensors of this trace are out of place.
    member _.Close() = closed <- true

    override _.IsTracing = true

    // Of several interpreters, a closed tracer is asked first, to refuse.
    override _.Depth = if closed then Int32.MinValue else depth

    override _.Apply(op, args) =
        if closed || List.exists foreign args then escaped op.Name args
        List.iter note args

        let results = op.Infer [ for a in args -> a.Type ]
        let draw =
            match op.Kernel with
            | Random ->
                if not recording.IsCurrent then otherGenerator op.Name results "takes a draw from it"
                Generator.Next() |> ignore
                recording.Draws.Count - 1
            | _ -> 0
        let recorded = Scopes.Record(this, op, args, results, [||], draw)
        if this.KeepsSites then
            Graph.nodeOf recorded.Head |> ValueOption.iter (fun node -> sites[node.Id] <- site ())
        recorded

    member _.Value(t: Tensor) =
        let missing (t: Tensor) =
            match t.Origin with
            | Origin.Result(node, _) when owned t -> not (values.ContainsKey node.Id)
            | _ -> false
        Graph.reach missing [ t ] |> List.iter evaluate

        match blockOf t with
        | ValueSome block -> block
        | ValueNone ->
            raise (
                HostReadException(
                    "Read",
                    [ t.Type ],
                    $"the value of a tensor is not known while {name} is traced from types alone",
                    "use Tensor.Where or mask arithmetic instead of a condition in the host language"
                )
            )

    override this.Read t =
        if closed then escaped "Read" [ t ]

        let block = this.Value t
        reads.Add(t, Blocks.toArray t.Type block)
        block

    /// The program that computes these tensors from the inputs.
    member _.Trace(outputs: Tensor list) : Trace =
        for t in outputs do
            if foreign t then escaped "Trace" [ t ]

        List.iter note outputs
        let trace = Linearise.trace this [| for x in inputs -> x.Type |] recording.Draws.Count outputs
        { trace with Constants = trace.Constants |> Array.map marked }

/// Functions of tensors, recorded.
[<RequireQualifiedAccess>]
module internal Tracing =
    /// Runs a function on traced inputs, with a tracer that `prepare` sets up; what `finish` makes of it and of the
    /// function's result.
    let recordWith
        (prepare: Tracer -> unit)
        name
        (inputs: Tensor list)
        (f: Tensor list -> 'R)
        (finish: Tracer -> 'R -> 'S)
        =
        Scopes.Within(fun depth ->
            let tracer = Tracer(name, depth, inputs)
            prepare tracer
            let outer = Generator.Recording
            Generator.Recording <- tracer.Recording
            try
                let result = f tracer.Inputs
                tracer.CheckGenerator()
                finish tracer result
            finally
                Generator.Recording <- outer
                tracer.Close())

    /// Runs a function on traced inputs; what `finish` makes of the trace and the function's result.
    let record name inputs f finish = recordWith ignore name inputs f finish
