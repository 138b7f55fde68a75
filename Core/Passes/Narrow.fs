namespace Functional

open System.Collections.Generic

/// Constants that repeat their elements, such as a captured bias for all examples, as broadcasts of what they repeat: kernels
/// read that as often as they need it, and nothing is copied.
[<RequireQualifiedAccess>]
module internal Narrow =
    /// What a constant repeats, and which of its dimensions that has; none where nothing is repeated.
    let private repeated (t: Tensor) : struct (Tensor * int list) voption =
        let block = (Execute.blockOf t).Value
        let isRepeated d = block.Strides[d] = 0 && t.Type.Sizes[d] > 1
        if t.Rank > 0 && t.Type.Count > 0 && Seq.exists isRepeated (seq { 0 .. t.Rank - 1 }) then
            let dims = [ 0 .. t.Rank - 1 ] |> List.filter (isRepeated >> not)
            let ty = TensorType(t.DType, [ for d in dims -> t.Type.Sizes[d] ])
            let strides = [| for d in dims -> block.Strides[d] |]
            ValueSome(struct (Direct.Tensor(ty, { block with Strides = strides }), dims))
        else
            ValueNone

    /// The trace, and how many constants became smaller.
    let run (trace: Trace) : Trace * (string * int) list =
        let found = trace.Constants |> Array.map repeated
        let narrowed = Dictionary<int, Value>()

        let place (draft: Draft) (instruction: Instruction) =
            let operand value =
                match value with
                | Value.Constant k when k < found.Length ->
                    match narrowed.TryGetValue k, found[k] with
                    | (true, other), _ -> other
                    | _, ValueSome(struct (small, dims)) ->
                        let t = trace.Constants[k].Type
                        let op = Movement.broadcast (List.ofArray t.Sizes) t.Format dims
                        let term = apply op [ { Draft = draft; Value = draft.Constant small } ]
                        narrowed[k] <- term.Value
                        term.Value
                    | _ -> value
                | value -> value
            Draft.keep draft { instruction with Operands = Array.map operand instruction.Operands }

        if Array.exists ValueOption.isSome found then
            let result = Draft.rewrite place trace
            result, (if narrowed.Count = 0 then [] else [ "constant = broadcast constant", narrowed.Count ])
        else
            trace, []
