namespace Functional

open System
open System.Collections.Generic

/// A host read: after so many instructions of the trace the host saw this of a value.
type internal Read = { After: int; Of: Value; Seen: Sight }

/// Writes down as a program what an interpreter has recorded.
[<RequireQualifiedAccess>]
module internal Linearise =
    /// Groups of nodes in which they are to run: what the first tensors need, then what else the next need, and so on.
    let private groups owned (tensors: Tensor list list) =
        let placed = HashSet<int64>()

        let isNew (t: Tensor) =
            match t.Origin with
            | Origin.Result(node, _) -> owned t && not (placed.Contains node.Id)
            | _ -> false

        [ for group in tensors do
              let nodes = Graph.reach isNew group
              for node in nodes do
                  placed.Add node.Id |> ignore

              Graph.withoutVariables nodes ]

    /// The program of a call: what each read needs, read by read, then the rest of what the outputs need, and what is to
    /// run beside them. What the interpreter does not own is a constant.
    let call
        (owner: Interpreter)
        (inputs: TensorType array)
        draws
        (reads: (Tensor * Sight) list)
        (outputs: Tensor list)
        (besides: Tensor list)
        : Trace * Read list =
        let owned (t: Tensor) = obj.ReferenceEquals(t.Interpreter, owner)
        let groups = groups owned ([ for t, _ in reads -> [ t ] ] @ [ outputs @ besides ])
        let nodes = List.concat groups
        let constants = List<Tensor>()
        let literals = Dictionary<struct (DType * int64), Value>()
        let captured = Dictionary<Tensor, Value>(HashIdentity.Reference)
        let numbers = Dictionary<int64, int>()
        nodes |> List.iteri (fun i node -> numbers[node.Id] <- i)

        let constant (known: Dictionary<'K, Value>) key (t: Tensor) =
            match known.TryGetValue key with
            | true, value -> value
            | _ ->
                constants.Add t
                known[key] <- Value.Constant(constants.Count - 1)
                known[key]

        let value (t: Tensor) =
            let t = if owned t then Graph.behind t else t

            match t.Origin with
            | Origin.Input(k, _) when owned t -> Value.Input k
            | Origin.Result(node, k) when owned t -> Value.Result(numbers[node.Id], k)
            | Origin.Literal x -> constant literals (struct (t.DType, BitConverter.DoubleToInt64Bits x)) t
            | _ -> constant captured t t

        let trace =
            { Inputs = inputs
              Instructions =
                [| for node in nodes ->
                       { Op = node.Op
                         Operands = [| for a in node.Args -> value a |]
                         Results = Array.ofList node.Results
                         Draw = node.Draw } |]
              Outputs = [| for t in outputs -> value t |]
              Constants = constants.ToArray()
              Draws = draws }

        let ends = groups |> List.scan (fun after nodes -> after + List.length nodes) 0 |> List.tail
        let read after (t, seen) = { After = after; Of = value t; Seen = seen }
        trace, List.map2 read (List.truncate reads.Length ends) reads

    /// The program that computes these tensors from the inputs.
    let trace owner inputs draws outputs : Trace = fst (call owner inputs draws [] outputs [])
