namespace Functional

open System.Collections.Generic

/// What one piece of work does.
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal Task =
    /// A formula in every lane.
    | Lanes of Formula
    /// Over dimensions of the space, given by flags.
    | Fold of Reduction * reduced: bool array
    /// Elements put into row-major order.
    | Copy
    /// An op that runs by itself.
    | Call of Instruction

[<RequireQualifiedAccess; NoComparison>]
type internal Argument =
    | Number of DType * float
    | At of Access * TensorType

/// A piece of work: it reads operands and makes dense roots. The space is what it runs through, dimensions of size 1 left
/// out; strides of its operands are those of the space, except for a call's, which are those of the operand's type.
[<NoEquality; NoComparison>]
type internal Work = { Task: Task; Space: int array; Operands: Argument array; Results: int array }

/// A trace as work on roots; views are gone.
[<NoEquality; NoComparison>]
type internal WorkList =
    {
        /// First the inputs, then the constants, then what work makes.
        Roots: TensorType array
        Work: Work array
        Outputs: (Access * TensorType) array
    }

[<RequireQualifiedAccess>]
module internal Work =
    let private squeezed (sizes: int array) (items: 'T array) =
        [| for k in 0 .. sizes.Length - 1 do
               if sizes[k] <> 1 then items[k] |]

    /// Sizes without those of 1.
    let space (t: TensorType) = squeezed t.Sizes t.Sizes

    /// Reads values off a trace in order.
    [<Sealed>]
    type private Reader(trace: Trace) =
        let roots, work = List<TensorType>(trace.Inputs), List<Work>()
        let accesses = Dictionary<Value, Access>()
        do roots.AddRange(trace.Constants |> Seq.map (fun c -> c.Type))

        let numberOf value =
            match value with
            | Value.Constant k ->
                match trace.Constants[k].Origin with
                | _ when trace.Constants[k].Rank > 0 -> None
                | Origin.Literal x -> Some x
                | _ ->
                    match (Evaluate.lanes trace.Constants[k].Type (Execute.blockOf trace.Constants[k]).Value)[0] with
                    | Real x -> Some x
                    | Whole n when abs n <= (1L <<< 53) -> Some(float n)
                    | Whole _ -> None
            | _ -> None

        member _.Roots = roots
        member _.Work = work

        member _.Access value =
            match value with
            | Value.Input k -> Access.dense k trace.Inputs[k].Sizes
            | Value.Constant k -> Access.dense (trace.Inputs.Length + k) trace.Constants[k].Type.Sizes
            | value -> accesses[value]

        member private _.Root(ty: TensorType) =
            roots.Add ty
            roots.Count - 1

        /// Work with new roots for its results.
        member private r.Add(task, space, operands, results: TensorType array) =
            let made = results |> Array.map r.Root
            work.Add { Task = task; Space = space; Operands = operands; Results = made }
            made

        member private r.Set(i, results: TensorType array, made: int array) =
            for k in 0 .. made.Length - 1 do
                accesses[Value.Result(i, k)] <- Access.dense made[k] results[k].Sizes

        /// An operand whose strides are those of a space that it has the sizes of, or that it, a scalar, is repeated in.
        member private r.In(sizes: int array, value) =
            let ty = trace.TypeOf value
            match numberOf value with
            | Some x -> Argument.Number(ty.DType, x)
            | None ->
                let access = r.Access value
                let strides = if ty.Rank = 0 then Array.zeroCreate sizes.Length else access.Strides
                Argument.At({ access with Strides = squeezed sizes strides }, ty)

        member private r.Call(i, instruction: Instruction) =
            let operands = [| for v in instruction.Operands -> Argument.At(r.Access v, trace.TypeOf v) |]
            let results = instruction.Results
            r.Set(i, results, r.Add(Task.Call instruction, [||], operands, results))

        /// A change of indexing: a view, if need be of a copy in row-major order.
        member private r.Move(i, instruction: Instruction, move) =
            let x = instruction.Operands[0]
            let operand, result = trace.TypeOf x, instruction.Results[0]

            match Access.move operand result move (r.Access x) with
            | Some access -> accesses[Value.Result(i, 0)] <- access
            | None ->
                match move with
                | Reshape _ when result.Count > 0 ->
                    let copy = r.Add(Task.Copy, space operand, [| r.In(operand.Sizes, x) |], [| operand |])
                    r.Set(i, instruction.Results, copy)
                | _ -> r.Call(i, instruction)

        member r.Place(i, instruction: Instruction) =
            let operand k = trace.TypeOf instruction.Operands[k]
            let isEmpty =
                instruction.Results |> Array.exists (fun t -> t.Count = 0)
                || instruction.Operands |> Array.exists (fun v -> (trace.TypeOf v).Count = 0)

            match instruction.Op.Kernel with
            | Map formula when not isEmpty ->
                let result = instruction.Results[0]
                let operands = [| for v in instruction.Operands -> r.In(result.Sizes, v) |]
                r.Set(i, instruction.Results, r.Add(Task.Lanes formula, space result, operands, instruction.Results))
            | Reduce((SumOf | ProductOf | MaxOf | MinOf | AnyOf | AllOf) as reduction, dims) when
                not isEmpty && dims |> List.exists (fun d -> (operand 0).Sizes[d] > 1)
                ->
                let x = operand 0
                let reduced = squeezed x.Sizes [| for d in 0 .. x.Rank - 1 -> List.contains d dims |]
                let operands = [| r.In(x.Sizes, instruction.Operands[0]) |]
                r.Set(
                    i,
                    instruction.Results,
                    r.Add(Task.Fold(reduction, reduced), space x, operands, instruction.Results)
                )
            | Move((Broadcast _ | Permute _ | Slice _ | Windows _ | Reshape _) as move) -> r.Move(i, instruction, move)
            | _ -> r.Call(i, instruction)

    let ofTrace (trace: Trace) : WorkList =
        let reader = Reader trace
        trace.Instructions |> Array.iteri (fun i instruction -> reader.Place(i, instruction))

        { Roots = reader.Roots.ToArray()
          Work = reader.Work.ToArray()
          Outputs = [| for v in trace.Outputs -> reader.Access v, trace.TypeOf v |] }
