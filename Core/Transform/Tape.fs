namespace Functional

/// Computes at once and keeps the graph, as far as a gradient being taken needs it.
[<Sealed>]
type internal Tape(depth: int) =
    inherit OpInterpreter()
    let mutable closed = false
    member _.IsClosed = closed
    /// From here on its tensors are as good as concrete.
    member _.Close() = closed <- true
    override _.Depth = if closed then System.Int32.MaxValue else depth
    override _.Show t = Direct.Instance.Show t
    override _.Read t = (Execute.blockOf t).Value

    override this.Apply(op, args) =
        if closed then
            Direct.Instance.Apply(op, args)
        else
            let results = Direct.Instance.Apply(op, args)
            let values = [| for r in results -> (Execute.blockOf r).Value |]
            Scopes.Record(this, op, args, [ for r in results -> r.Type ], values, 0)
