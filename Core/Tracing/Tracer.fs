namespace Functional

open System
open System.Collections.Generic

/// Records one call: ops become nodes. Values are computed only where the host reads one, and each reading is noted.
[<Sealed>]
type internal Tracer(name: string, depth: int, inputs: Tensor list) as this =
    inherit OpInterpreter()
    let values = Dictionary<int64, Block array>()
    let reads = ResizeArray<Tensor * Array>()
    let draws = ResizeArray<Draw>()
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

    let escaped op (args: Tensor list) =
        let strays =
            [ for t in args do
                  if foreign t || closed && owned t then string t.Type ]
        let owner =
            args
            |> List.tryPick (fun t ->
                match t.Interpreter with
                | :? Tracer as tracer when foreign t || closed -> Some tracer.Name
                | _ -> None)

        raise (
            EscapedTensorException(
                op,
                [ for a in args -> a.Type ],
                $"""{String.Join(", ", strays)} belongs to a trace of {Option.defaultValue name owner}, and is used outside of it""",
                "return the tensor from the function instead of keeping it elsewhere"
            )
        )

    let blockOf (t: Tensor) =
        match t.Origin with
        | Origin.Result(node, k) when owned t -> ValueSome(values[node.Id].[k])
        | _ -> Execute.blockOf t

    let evaluate (node: Node) =
        let draw =
            match node.Op.Kernel with
            | Random -> draws[node.Draw]
            | _ -> { Key = 0UL; Position = 0UL }
        let blocks = [| for a in node.Args -> (blockOf a).Value |]
        values[node.Id] <- Program.Prepare node.Op.Kernel [ for a in node.Args -> a.Type ] node.Results draw blocks

    member _.Name = name
    /// The inputs as the function is to see them.
    member _.Inputs = variables
    /// What the host read, in order, and the elements it saw.
    member _.Reads = List.ofSeq reads
    member _.Draws = draws
    /// No more ops: from here on the tensors of this trace are out of place.
    member _.Close() = closed <- true

    // Of several interpreters, a closed tracer is asked first, to refuse.
    override _.Depth = if closed then Int32.MinValue else depth

    override _.Apply(op, args) =
        if closed || List.exists foreign args then escaped op.Name args

        let results = op.Infer [ for a in args -> a.Type ]
        let draw =
            match op.Kernel with
            | Random ->
                Generator.Next() |> ignore
                draws.Count - 1
            | _ -> 0
        Scopes.Record(this, op, args, results, [||], draw)

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
        Linearise.trace this [| for x in inputs -> x.Type |] draws.Count outputs

/// Functions of tensors, recorded.
[<RequireQualifiedAccess>]
module internal Tracing =
    /// Runs a function on traced inputs; what `finish` makes of the trace and the function's result.
    let record name (inputs: Tensor list) (f: Tensor list -> 'R) (finish: Tracer -> 'R -> 'S) =
        Scopes.Within(fun depth ->
            let tracer = Tracer(name, depth, inputs)
            let outer = Generator.Recording
            Generator.Recording <- tracer.Draws
            try
                finish tracer (f tracer.Inputs)
            finally
                Generator.Recording <- outer
                tracer.Close())
