namespace Functional

/// What a constant of a trace is.
type ConstantKind =
    /// A number in the code.
    | Number = 0
    /// A tensor from outside: made before the trace, or by another part of the program.
    | Captured = 1
    /// A random draw that is not like a traced tensor, or what was computed of one: each replay repeats it.
    | PlainDraw = 2
    /// A tensor that the function makes of data or numbers of the host language, or computes of such tensors.
    | Created = 3

/// Computes at once.
type internal Direct internal () =
    inherit OpInterpreter()
    static member val Instance = Direct()

    static member private Made(ty, block, isDrawn) =
        let t = Tensor(ty, Origin.Concrete block, Direct.Instance)
        match Generator.Recording with
        | null -> ()
        | recording -> recording.Made(t, isDrawn)
        t

    static member Tensor(ty, block) = Direct.Made(ty, block, false)

    /// Runs an op on operands at hand.
    static member Run(op: Op, args: Tensor list, types: TensorType list, results: TensorType list, draw) =
        let blocks = [| for a in args -> (Execute.blockOf a).Value |]
        Steps.Prepare op.Kernel types results draw blocks

    /// Runs an op whose draws are a generator's.
    static member Compute(op: Op, args: Tensor list, generator: Generator) =
        let types = [ for a in args -> a.Type ]
        let results = op.Infer types
        let draw =
            match op.Kernel with
            | Random -> Generator.Next generator
            | _ -> { Key = 0UL; Position = 0UL }
        let blocks = Direct.Run(op, args, types, results, draw)
        let isDrawn =
            match op.Kernel, Generator.Recording with
            | Random, _ -> true
            | _, null -> false
            | _, recording -> List.exists recording.WasDrawn args
        results |> List.mapi (fun k ty -> Direct.Made(ty, blocks[k], isDrawn))

    override _.Depth = System.Int32.MaxValue
    override _.Show t = Display.show t.Type (Execute.blockOf t).Value
    override _.Read t = (Execute.blockOf t).Value
    override _.Apply(op, args) = Direct.Compute(op, args, Generator.Current)

/// Computes at once. Its tensors are the constants of traces, and know how they came there: what they are, and the place in
/// the user's code; "" where it is not known.
[<Sealed>]
type internal Frozen(kind: ConstantKind, site: string) =
    inherit Direct()
    member _.Kind = kind
    member _.Site = site
