namespace Functional

open System

/// Runs ops: the kernel of each, made ready once for its types.
[<RequireQualifiedAccess>]
module internal Execute =
    /// From operands to results.
    type Prepared = Draw -> Block array -> Block array

    /// Whether a kernel writes where it is told to.
    let fills kernel =
        match kernel with
        | Reduce((ArgMaxOf | ArgMinOf), _)
        | Scan _
        | Move(Concat _ | Pad _ | Overlap _ | Gather _ | Scatter _)
        | Contract _
        | Convolve _
        | Random
        | Nested _ -> true
        | _ -> false

    /// A kernel that writes where it is told to; none for others. `nested` makes ready the traces that an op runs; `report` is
    /// told what is interpreted though it was meant to be compiled.
    let filling
        (nested: Trace -> Filling)
        (report: string -> unit)
        (kernel: Kernel)
        (types: TensorType list)
        (results: TensorType list)
        : Filling option =
        match kernel with
        | Move move ->
            Moving.filling (Array.ofList types) results.Head move
            |> Option.map (fun fill -> fun _ blocks targets -> fill blocks targets[0])
        | Reduce((ArgMaxOf | ArgMinOf) as reduction, dims) ->
            let fill = Folds.extremesInto types.Head results.Head reduction dims
            Some(fun _ blocks targets -> fill blocks[0] targets[0])
        | Scan(reduction, dim) ->
            let fill = Folds.scanInto types.Head reduction dim
            Some(fun _ blocks targets -> fill blocks[0] targets[0])
        | Contract contraction ->
            let fill = Contracting.filling report types[0] types[1] results.Head contraction
            Some(fun _ blocks targets -> fill blocks[0] blocks[1] targets[0])
        | Convolve filtering ->
            let fill = Convolving.filling report types[0] types[1] results.Head filtering
            Some(fun _ blocks targets -> fill blocks[0] blocks[1] targets[0])
        | Random -> Some(fun draw _ targets -> Drawing.fill draw results.Head targets[0])
        | Nested(traces, run) -> Some(run types results (List.map nested traces))
        | _ -> None

    /// A kernel made ready.
    let prepare
        (nested: Trace -> Filling)
        (report: string -> unit)
        (kernel: Kernel)
        (types: TensorType list)
        (results: TensorType list)
        : Prepared =
        let result = results.Head
        let one (f: Block array -> Array) : Prepared = fun _ blocks -> [| Blocks.ofArray result (f blocks) |]

        match filling nested report kernel types results, kernel with
        | Some fill, _ ->
            let made = Array.ofList results
            fun draw blocks ->
                let targets = made |> Array.map Blocks.fresh
                fill draw blocks targets
                targets
        | None, Map formula -> one (Looping.prepareMap types result formula)
        | None, Reduce(reduction, dims) -> one (Looping.prepareReduce types.Head result reduction dims)
        | None, Move move -> let run = Moving.viewing types.Head result move in fun _ blocks -> [| run blocks[0] |]
        | None, Opaque run ->
            fun _ blocks ->
                let arrays = [ for ty, block in Seq.zip types blocks -> Blocks.toArray ty block ]
                [| for ty, data in List.zip results (run types results arrays) -> Blocks.ofArray ty data |]
        | None, (Scan _ | Contract _ | Convolve _ | Random | Nested _) ->
            invalidOp "unreachable: these write where they are told to"

    /// The elements of a tensor that is at hand.
    let blockOf (t: Tensor) =
        match t.Origin with
        | Origin.Literal x -> ValueSome(Blocks.ofArray t.Type (Blocks.ofNumber t.DType x))
        | Origin.Concrete block -> ValueSome block
        | Origin.Input(_, block) -> block
        | Origin.Result(node, k) -> if node.Values.Length = 0 then ValueNone else ValueSome node.Values[k]

    /// The elements of an argument. A tensor of a trace, which has none, refuses.
    let read (t: Tensor) =
        match t.Origin with
        | Origin.Concrete block -> block
        | _ ->
            match blockOf t with
            | ValueSome block -> block
            | ValueNone -> t.Interpreter.Read t
