namespace Functional

open System
open System.Buffers

/// One of two closed traces of the same inputs and output types, chosen by a condition.
[<RequireQualifiedAccess>]
module internal Branch =
    /// Operands: the condition, a Bool scalar; the traces' inputs; a key where one of them draws.
    let rec op (whenTrue: Trace) (whenFalse: Trace) : Op =
        let traces = [ whenTrue; whenFalse ]

        let infer (types: TensorType list) =
            Closed.expect "Cond" traces (TensorType(DType.Bool, []) :: List.ofArray whenTrue.Inputs) types
            let results = Closed.outputs whenTrue

            if results <> Closed.outputs whenFalse then
                Closed.refuse
                    "Cond"
                    types
                    $"one branch gives %A{results}, the other %A{Closed.outputs whenFalse}"
                    "let both give tensors of the same types"

            results

        let eval _ _ (lanes: Lanes list) =
            let chosen = if Closed.isTrueLane (lanes.Head.At []) then whenTrue else whenFalse
            let inputs = lanes.Tail |> List.take chosen.Inputs.Length |> List.map Evaluate.flat
            let results = Evaluate.trace chosen (Closed.start (Closed.keyOfLanes traces lanes)) inputs
            List.map2 (fun ty lanes -> (Evaluate.view ty lanes).At) (Closed.outputs chosen) results

        let run _ _ (bodies: Filling list) : Filling =
            let ifTrue, ifFalse = bodies[0], bodies[1]
            let count = whenTrue.Inputs.Length
            fun _ blocks targets ->
                let inputs = ArrayPool<Block>.Shared.Rent(max 1 count)
                Array.Copy(blocks, 1, inputs, 0, count)
                try
                    (if Closed.isTrue blocks[0] then ifTrue else ifFalse)
                        (Closed.start (Closed.keyIn traces blocks))
                        inputs
                        targets
                finally
                    ArrayPool<Block>.Shared.Return(inputs, true)

        { Name = "Cond"
          Attributes = [ "whenTrue", box whenTrue; "whenFalse", whenFalse ]
          Infer = infer
          Eval = eval
          Pull = pull whenTrue whenFalse
          Kernel = Nested(traces, run) }

    /// Each branch's own pull, chosen by the same condition.
    and private pull whenTrue whenFalse wanted args results cotangents =
        let isInput i = i >= 1 && i <= whenTrue.Inputs.Length && Scalars.isFloating args[i].DType
        let inputs = wanted |> List.filter isInput

        let given =
            [ for k, d in List.indexed cotangents do
                  if Option.isSome d && Scalars.isFloating (List.item k results: Tensor).DType then k ]

        if inputs.IsEmpty || given.IsEmpty then
            [ for _ in wanted -> None ]
        else
            let back trace = Closed.pull trace given [ for i in inputs -> i - 1 ]
            let operands, key = List.splitAt (1 + whenTrue.Inputs.Length) args
            let dys = [ for k in given -> cotangents[k].Value ]
            let found = Tensor.Apply(op (back whenTrue) (back whenFalse), operands @ dys @ key)
            let byInput = List.zip inputs found |> Map.ofList
            [ for i in wanted -> Map.tryFind i byInput ]
