namespace Functional

open System

/// Runs ops: the kernel of each, made ready once for its types.
[<RequireQualifiedAccess>]
module internal Execute =
    /// From operands to results.
    type Prepared = Draw -> Block array -> Block array

    /// From operands into the results' dense blocks.
    type Filling = Draw -> Block array -> Block array -> unit

    /// Whether a kernel writes where it is told to.
    let fills kernel =
        match kernel with
        | Move(Concat _ | Pad _ | Overlap _ | Gather _ | ScatterAdd _)
        | Contract _
        | Random -> true
        | _ -> false

    /// A kernel that writes where it is told to; none for others.
    let filling (kernel: Kernel) (types: TensorType list) (results: TensorType list) : Filling option =
        match kernel with
        | Move move ->
            Moving.filling (Array.ofList types) results.Head move
            |> Option.map (fun fill -> fun _ blocks targets -> fill blocks targets[0])
        | Contract contraction ->
            let fill = Contracting.filling types[0] types[1] results.Head contraction
            Some(fun _ blocks targets -> fill blocks[0] blocks[1] targets[0])
        | Random -> Some(fun draw _ targets -> Drawing.fill draw results.Head targets[0])
        | _ -> None

    /// A kernel made ready; `nested` makes ready the traces that an op runs.
    let prepare
        (nested: Trace -> Prepared)
        (kernel: Kernel)
        (types: TensorType list)
        (results: TensorType list)
        : Prepared =
        let result = results.Head
        let one (f: Block array -> Array) : Prepared = fun _ blocks -> [| Blocks.ofArray result (f blocks) |]

        match kernel with
        | Map formula -> one (Looping.prepareMap types result formula)
        | Reduce((ArgMaxOf | ArgMinOf) as reduction, dims) ->
            let run = Folds.prepareExtremes types.Head result reduction dims in one (fun blocks -> run blocks[0])
        | Reduce(reduction, dims) -> one (Looping.prepareReduce types.Head result reduction dims)
        | Scan(reduction, dim) ->
            let run = Folds.prepareScan types.Head reduction dim in one (fun blocks -> run blocks[0])
        | Contract contraction ->
            let run = Contracting.prepare types[0] types[1] result contraction in
            one (fun blocks -> run blocks[0] blocks[1])
        | Move move -> let run = Moving.prepare (Array.ofList types) result move in fun _ blocks -> [| run blocks |]
        | Random ->
            fun draw _ ->
                let target = Blocks.ofArray result (Blocks.uninitialised result.DType result.Count)
                Drawing.fill draw result target
                [| target |]
        | Opaque run ->
            fun _ blocks ->
                let arrays = [ for ty, block in Seq.zip types blocks -> Blocks.toArray ty block ]
                [| for ty, data in List.zip results (run types results arrays) -> Blocks.ofArray ty data |]
        | Nested(traces, run) -> let run = run types results (List.map nested traces) in fun _ blocks -> run blocks

    /// The elements of a tensor that is at hand.
    let blockOf (t: Tensor) =
        match t.Origin with
        | Origin.Literal x -> ValueSome(Blocks.ofArray t.Type (Blocks.ofNumber t.DType x))
        | Origin.Concrete block -> ValueSome block
        | Origin.Input(_, block) -> block
        | Origin.Result(node, k) -> if node.Values.Length = 0 then ValueNone else ValueSome node.Values[k]

    /// The elements of an argument. A tensor of a trace, which has none, refuses.
    let read (t: Tensor) =
        match blockOf t with
        | ValueSome block -> block
        | ValueNone -> t.Interpreter.Read t
