namespace Functional

open System
open System.Threading

/// What is open on this thread: traces being recorded and gradients' tapes, nested.
[<Sealed>]
type internal Scopes private () =
    static let mutable lastId = 0L

    [<ThreadStatic; DefaultValue>]
    static val mutable private depth: int

    static member Depth = Scopes.depth
    /// The number of the latest node: later ones have larger ones.
    static member Latest = Volatile.Read &lastId

    /// Runs a function one scope further in, at the depth it is given.
    static member Within(body: int -> 'R) =
        Scopes.depth <- Scopes.depth + 1
        try
            body Scopes.depth
        finally
            Scopes.depth <- Scopes.depth - 1

    /// Records an op on these operands, and gives its results.
    static member Record(owner: Interpreter, op: Op, args: Tensor list, results: TensorType list, values, draw) =
        let node =
            { Id = Interlocked.Increment(&lastId)
              Op = op
              Args = args
              Results = results
              Values = values
              Draw = draw
              Owner = owner }

        results |> List.mapi (fun k ty -> Tensor(ty, Origin.Result(node, k), owner))
