namespace Functional

/// Computes at once.
[<Sealed>]
type internal Direct private () =
    inherit OpInterpreter()
    static member val Instance = Direct()

    static member Tensor(ty, block) = Tensor(ty, Origin.Concrete block, Direct.Instance)

    /// Runs an op on operands at hand.
    static member Run(op: Op, args: Tensor list, types: TensorType list, results: TensorType list, draw) =
        let blocks = [| for a in args -> (Execute.blockOf a).Value |]
        Program.Prepare op.Kernel types results draw blocks

    override _.Depth = System.Int32.MaxValue
    override _.Show t = Display.show t.Type (Execute.blockOf t).Value
    override _.Read t = (Execute.blockOf t).Value

    override _.Apply(op, args) =
        let types = [ for a in args -> a.Type ]
        let results = op.Infer types
        let draw =
            match op.Kernel with
            | Random -> Generator.Next()
            | _ -> { Key = 0UL; Position = 0UL }
        let blocks = Direct.Run(op, args, types, results, draw)
        results |> List.mapi (fun k ty -> Direct.Tensor(ty, blocks[k]))
