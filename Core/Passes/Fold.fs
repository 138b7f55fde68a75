namespace Functional

open System.Collections.Generic

/// What depends on constants alone is computed once, by the kernels that would compute it in each run.
[<RequireQualifiedAccess>]
module internal Fold =
    /// Bytes of one constant, and of all that one trace may gain.
    let private largest, inAll = 1L <<< 20, 1L <<< 24

    let private bytes (t: TensorType) =
        let size =
            match t.DType with
            | DType.Float64
            | DType.Int64 -> 8L
            | DType.Bool -> 1L
            | _ -> 4L
        size * int64 t.Count

    let private isView move =
        match move with
        | Broadcast _
        | Permute _
        | Reshape _
        | Windows _
        | Slice _ -> true
        | _ -> false

    /// The results; none where the op has an error to report, which is for the call to do.
    let private compute (kernel: Kernel) types (results: TensorType array) blocks =
        try
            ValueSome(Steps.Prepare kernel types (List.ofArray results) { Key = 0UL; Position = 0UL } blocks)
        with :? FunctionalException ->
            ValueNone

    /// The trace, and how many instructions became constants. Views of constants stay: they cost nothing and say more.
    let run (trace: Trace) : Trace * (string * int) list =
        let known = Dictionary<Value, Block>()
        let mutable folded, room = 0, inAll

        let blockOf (draft: Draft) value =
            match value with
            | Value.Constant k -> ValueSome(draft.Block k)
            | value ->
                match known.TryGetValue value with
                | true, block -> ValueSome block
                | _ -> ValueNone

        let place (draft: Draft) (instruction: Instruction) =
            let blocks = instruction.Operands |> Array.map (blockOf draft)
            let result = instruction.Results[0]
            let size = bytes result

            let run () =
                let types = [ for v in instruction.Operands -> draft.TypeOf v ]
                compute instruction.Op.Kernel types instruction.Results (Array.map ValueOption.get blocks)

            match instruction.Op.Kernel with
            | Random
            | Opaque _
            | Nested _ -> Draft.keep draft instruction
            | _ when Array.exists ValueOption.isNone blocks -> Draft.keep draft instruction
            | Move move when isView move ->
                let values = Draft.keep draft instruction
                run () |> ValueOption.iter (fun results -> known[values[0]] <- results[0])
                values
            | _ when size > largest || size > room -> Draft.keep draft instruction
            | _ ->
                match run () with
                | ValueSome results ->
                    folded <- folded + 1
                    room <- room - size
                    [| for ty, block in Array.zip instruction.Results results ->
                           draft.Constant(Direct.Tensor(ty, block)) |]
                | ValueNone -> Draft.keep draft instruction

        let result = Draft.rewrite place trace
        result, (if folded = 0 then [] else [ "f constant = constant", folded ])
