namespace Functional

open System
open System.Collections.Generic

/// A traced tensor was used after its trace had ended.
[<Sealed>]
type EscapedTensorException internal (op, operands, problem, remedy) =
    inherit FunctionalException(op, operands, problem, remedy)

/// The value of a tensor was asked for where only its type is known.
[<Sealed>]
type HostReadException internal (op, operands, problem, remedy) =
    inherit FunctionalException(op, operands, problem, remedy)
module private Limits =
    /// For so many constants of a trace their place in the user's code is kept.
    [<Literal>]
    let SitesKept = 100

/// What it means for a trace that the host reads a value: in a condition, a loop, a cast, `ToArray`, `ToString`.
type BranchPolicy =
    /// The value read becomes a guard: the trace holds for calls that read the same, others take another path.
    | Guard = 0
    /// The value is taken as it is: the first path is replayed for ever, whatever later calls would read.
    | Freeze = 1
    /// The function must not read: it throws HostReadException where it does.
    | Reject = 2

/// Records one call: ops become nodes. Values are computed only where the host reads one, and each reading is noted.
[<Sealed>]
type internal Tracer(name: string, depth: int, inputs: Tensor list) as this =
    inherit OpInterpreter()
    let values = Dictionary<int64, Block array>()
    let reads = ResizeArray<Tensor * Sight>()
    let readBefore = HashSet<struct (int64 * int * DType voption)>()
    let mutable site = ""
    let recording = Recording(Generator.Current, Generator.Recording)
    let constants = Dictionary<Tensor, Frozen>(HashIdentity.Reference)
    let sites = Dictionary<int64, string>()
    /// Results of ops that may refuse the values they are given: a replay is to refuse them too, whether or not it needs them.
    let refusing = ResizeArray<Tensor>()
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

    let here () = FunctionalException.SiteOf(Diagnostics.StackTrace(true))

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
            constants[t] <- Frozen(kind, (if constants.Count < Limits.SitesKept then here () else ""))

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
        values[node.Id] <- Steps.Prepare node.Op.Kernel [ for a in node.Args -> a.Type ] node.Results draw blocks

    member _.Name = name
    member _.IsClosed = closed
    /// The inputs as the function is to see them.
    member _.Inputs = variables
    /// What the host read, in order, and what it saw.
    member _.Reads = List.ofSeq reads
    /// What a read of a value means.
    member val Policy = BranchPolicy.Guard with get, set
    /// The number of the read whose place in the user's code is wanted; finding it costs more than the read.
    member val Watched = -1 with get, set
    /// The place of the watched read, once it was made.
    member _.Site = site
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
        if Drop.mayRefuse op then refusing.Add recorded.Head
        if this.KeepsSites then
            Graph.nodeOf recorded.Head |> ValueOption.iter (fun node -> sites[node.Id] <- here ())
        recorded

    member _.Value(t: Tensor) =
        if foreign t then escaped "Trace" [ t ]

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

    /// A second read of the same value tells nothing new.
    member private _.Note(t: Tensor, block: Block, seen: DType voption) =
        let key =
            match (Graph.behind t).Origin with
            | Origin.Result(node, k) -> struct (node.Id, k, seen)
            | Origin.Input(k, _) -> struct (-1L - int64 k, 0, seen)
            | _ -> struct (0L, 0, seen)

        if readBefore.Add key then
            if reads.Count = this.Watched then site <- FunctionalException.SiteOf(Diagnostics.StackTrace(true))

            let sight =
                match seen with
                | ValueNone -> Sight.whole t.Type block
                | ValueSome dtype -> Sight.number dtype block
            reads.Add(t, sight)

    /// The host reads a value: all of it, or what a data type keeps of a number.
    member private _.Look(t: Tensor, seen) =
        if closed then escaped "Read" [ t ]

        if this.Policy = BranchPolicy.Reject then
            raise (
                HostReadException(
                    "Read",
                    [ t.Type ],
                    $"{name} reads the value of a tensor, and its traces are to have no branches",
                    "use Tensor.Where, mask arithmetic or cond instead of a condition in the host language"
                )
            )

        // The function may read from several threads of its own.
        lock values (fun () ->
            let block = this.Value t
            if this.Policy = BranchPolicy.Guard then this.Note(t, block, seen)
            block)

    override this.Read t = this.Look(t, ValueNone)
    override this.Number(t, dtype) = HostNumber.bits dtype (this.Look(t, ValueSome dtype))

    override this.Show t =
        let isKnown = inputs.IsEmpty || variables |> List.forall (fun v -> (Execute.blockOf v).IsSome)

        if closed || not isKnown then $"{t.Type} (traced)" else Display.show t.Type (this.Read t)

    /// The program that computes these tensors from the inputs.
    member this.Trace(outputs: Tensor list) : Trace = fst (this.Record([], outputs, []))

    /// The program of the call so far, in which each read has its place; with what no output needs but may refuse its values.
    member this.Call(outputs: Tensor list) : Trace * Read list =
        this.Record(List.ofSeq reads, outputs, List.ofSeq refusing)

    /// Computes what no output needs but may refuse its values.
    member this.Refuse() =
        for t in refusing do
            this.Value t |> ignore

    member private this.Record(reads, outputs: Tensor list, besides: Tensor list) =
        if List.exists foreign outputs then escaped "Trace" outputs
        List.iter note outputs
        let trace, reads =
            Linearise.call this [| for x in inputs -> x.Type |] recording.Draws.Count reads outputs besides
        { trace with Constants = trace.Constants |> Array.map marked }, reads

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
