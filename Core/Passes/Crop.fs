namespace Functional

/// A part of a convolution, all that is read of it, is computed as the convolution of a part: what a gradient throws away of the
/// padding is not computed first.
[<RequireQualifiedAccess>]
module internal Crop =
    /// How often each instruction's results are read.
    let private reads (trace: Trace) =
        let reads = Array.zeroCreate<int> trace.Instructions.Length
        let read value =
            match value with
            | Value.Result(i, _) -> reads[i] <- reads[i] + 1
            | _ -> ()
        for instruction in trace.Instructions do
            Array.iter read instruction.Operands
        Array.iter read trace.Outputs
        reads

    /// The same positions of a convolution of part of its operand: the part, and the convolution.
    let private within (f: Filtering) (x: TensorType) (result: TensorType) (ranges: (int * int * int) list) =
        let windowOf d = f.Windows |> List.tryFind (fun w -> w.Dim = d)
        let channels = ranges[f.Channel]
        if
            channels = (0, 1, result.Sizes[f.Channel])
            && ranges |> List.forall (fun (_, step, count) -> step > 0 && count > 0)
        then
            let part =
                [ for d in 0 .. x.Rank - 1 do
                      let start, step, count = ranges[d]
                      match windowOf d with
                      | Some w -> start * w.Stride, 1, (count - 1) * step * w.Stride + int (Windows.reach w)
                      | None when d = f.Channel -> 0, 1, x.Sizes[d]
                      | None -> start, step, count ]
            let windows =
                [ for w in f.Windows ->
                      let _, step, _ = ranges[w.Dim]
                      { w with Stride = w.Stride * step } ]
            Some(part, { f with Windows = windows })
        else
            None

    /// Whether a movement gives nothing but other labels.
    let private relabels (kernel: Kernel) =
        match kernel with
        | Move(Broadcast(sizes, dims)) -> dims = [ 0 .. sizes.Length - 1 ]
        | _ -> false

    /// The convolution that a value is, whatever its labels.
    let rec private convolution (draft: Draft) value =
        match draft.Definition value with
        | ValueSome({ Op = { Kernel = Convolve f } } as instruction) -> ValueSome(struct (f, instruction))
        | ValueSome instruction when
            relabels instruction.Op.Kernel
            && (draft.TypeOf instruction.Operands[0]).Sizes = instruction.Results[0].Sizes
            ->
            convolution draft instruction.Operands[0]
        | _ -> ValueNone

    /// The trace, and how many convolutions became smaller.
    let run (trace: Trace) : Trace * (string * int) list =
        let reads = reads trace
        /// Whether nothing else reads what an instruction reads, labels apart.
        let rec readsAlone i =
            match trace.Instructions[i].Operands[0] with
            | Value.Result(j, 0) when reads[j] = 1 -> not (relabels trace.Instructions[j].Op.Kernel) || readsAlone j
            | _ -> false
        let mutable next, cropped = 0, 0

        let part (draft: Draft) ranges (instruction: Instruction) =
            match convolution draft instruction.Operands[0] with
            | ValueSome(struct (f, whole)) ->
                let x, filters = whole.Operands[0], whole.Operands[1]
                within f (draft.TypeOf x) whole.Results[0] ranges
                |> Option.map (fun (part, f) ->
                    let term value = { Draft = draft; Value = value }
                    let cut = apply (Movement.slice part) [ term x ]
                    let y = apply (Convolutions.filter f) [ cut; term filters ]
                    let result = instruction.Results[0]
                    let sizes = List.ofArray result.Sizes
                    apply (Movement.broadcast sizes result.Format [ 0 .. sizes.Length - 1 ]) [ y ])
            | ValueNone -> None

        let place (draft: Draft) (instruction: Instruction) =
            let i = next
            next <- next + 1
            match instruction.Op.Kernel with
            | Move(Slice ranges) when readsAlone i ->
                match part draft ranges instruction with
                | Some y ->
                    cropped <- cropped + 1
                    [| y.Value |]
                | None -> Draft.keep draft instruction
            | _ -> Draft.keep draft instruction

        let result = Draft.rewrite place trace
        if cropped = 0 then
            trace, []
        else
            result, [ "slice (convolution x) = convolution (slice x)", cropped ]
