namespace Functional

open System
open System.Collections.Generic

/// Writes down as a program what an interpreter has recorded.
[<RequireQualifiedAccess>]
module internal Linearise =
    /// The program that computes these tensors from the inputs. What the interpreter does not own is a constant.
    let trace (owner: Interpreter) (inputs: TensorType array) draws (outputs: Tensor list) : Trace =
        let owned (t: Tensor) = obj.ReferenceEquals(t.Interpreter, owner)
        let nodes = Graph.reach owned outputs |> Graph.withoutVariables
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
