namespace Functional

/// A closed trace whose draws are those of a key: what it draws is a pure function of the key.
[<RequireQualifiedAccess>]
module internal Keyed =
    /// n keys made of one, each with draws of its own.
    let split n (key: Tensor) =
        let keys = Define.apply (Movement.broadcast [ n ] Format.None []) [ key ]
        Define.apply Uniform.foldIn [ keys; Scans.iota key DType.Int64 n ]

    /// Operands: the trace's inputs, and the key where it draws.
    let rec op (body: Trace) : Op =
        let infer (types: TensorType list) =
            Closed.expect "Keyed" [ body ] (List.ofArray body.Inputs) types
            Closed.outputs body

        let eval _ _ (lanes: Lanes list) =
            let inputs = lanes |> List.take body.Inputs.Length |> List.map Evaluate.flat
            let results = Evaluate.trace body (Closed.start (Closed.keyOfLanes [ body ] lanes)) inputs
            List.map2 (fun ty lanes -> (Evaluate.view ty lanes).At) (Closed.outputs body) results

        // The key comes last: the body takes no notice of it.
        let run _ _ (bodies: Filling list) : Filling =
            let run = bodies.Head
            fun _ blocks targets -> run (Closed.start (Closed.keyIn [ body ] blocks)) blocks targets

        { Name = "Keyed"
          Attributes = [ "body", box body ]
          Infer = infer
          Eval = eval
          Pull = pull body
          Kernel = Nested([ body ], run) }

    and private pull body wanted args results cotangents =
        let isInput i = i < body.Inputs.Length && Scalars.isFloating args[i].DType
        let inputs = wanted |> List.filter isInput

        let given =
            [ for k, d in List.indexed cotangents do
                  if Option.isSome d && Scalars.isFloating (List.item k results: Tensor).DType then k ]

        if inputs.IsEmpty || given.IsEmpty then
            [ for _ in wanted -> None ]
        else
            let operands, key = List.splitAt body.Inputs.Length args
            let dys = [ for k in given -> cotangents[k].Value ]
            let found = Tensor.Apply(op (Closed.pull body given inputs), operands @ dys @ key)
            let byInput = List.zip inputs found |> Map.ofList
            [ for i in wanted -> Map.tryFind i byInput ]
