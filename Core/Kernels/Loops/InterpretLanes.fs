namespace Functional

open System
open System.Numerics
open System.Numerics.Tensors

/// Runs lane instructions one after another, each over a chunk of lanes. The vectorised primitives are those that IEEE 754
/// defines to the bit.
[<RequireQualifiedAccess>]
module internal InterpretLanes =
    /// Operands, value, number of lanes.
    type Run = Array array -> Array -> int -> unit

    let inline private from<'T> (a: Array) n = ReadOnlySpan<'T>(a :?> 'T array, 0, n)
    let inline private into<'T> (a: Array) n = Span<'T>(a :?> 'T array, 0, n)

    let inline private each<'A, 'R> ([<InlineIfLambda>] f: 'A -> 'R) : Run =
        fun args result n ->
            let a = from<'A> args[0] n
            let r = into<'R> result n
            for k in 0 .. n - 1 do
                r[k] <- f a[k]

    let inline private each2<'A, 'R> ([<InlineIfLambda>] f: 'A -> 'A -> 'R) : Run =
        fun args result n ->
            let a = from<'A> args[0] n
            let b = from<'A> args[1] n
            let r = into<'R> result n
            for k in 0 .. n - 1 do
                r[k] <- f a[k] b[k]

    let private select<'T> () : Run =
        fun args result n ->
            let c = from<bool> args[0] n
            let a = from<'T> args[1] n
            let b = from<'T> args[2] n
            let r = into<'T> result n
            for k in 0 .. n - 1 do
                r[k] <- if c[k] then a[k] else b[k]

    let private callWhere<'T> (f: 'T -> 'T) : Run =
        fun args result n ->
            let c = from<bool> args[0] n
            let a = from<'T> args[1] n
            let b = from<'T> args[2] n
            let r = into<'T> result n
            for k in 0 .. n - 1 do
                r[k] <- if c[k] then f a[k] else b[k]

    let private number<'T when 'T: struct and 'T :> INumber<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        op
        : Run =
        match op with
        | LaneOp.Add -> fun args r n -> TensorPrimitives.Add<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Sub -> fun args r n -> TensorPrimitives.Subtract<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Mul -> fun args r n -> TensorPrimitives.Multiply<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Neg -> fun args r n -> TensorPrimitives.Negate<'T>(from args[0] n, into r n)
        | LaneOp.Max -> fun args r n -> TensorPrimitives.Max<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Min -> fun args r n -> TensorPrimitives.Min<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Less -> each2 (fun (a: 'T) b -> 'T.op_LessThan (a, b))
        | LaneOp.LessEqual -> each2 (fun (a: 'T) b -> 'T.op_LessThanOrEqual (a, b))
        | LaneOp.Equal -> each2 (fun (a: 'T) b -> 'T.op_Equality (a, b))
        | LaneOp.Select -> select<'T>()
        | _ -> invalidOp $"numbers have no {op}"

    let private floating<'T
        when 'T: struct and 'T :> IFloatingPointIeee754<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        op
        : Run =
        match op with
        | LaneOp.Div -> fun args r n -> TensorPrimitives.Divide<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.AtMost -> each2 (fun (bound: 'T) x -> if 'T.op_LessThan (bound, x) then bound else x)
        | LaneOp.AtLeast -> each2 (fun (bound: 'T) x -> if 'T.op_LessThan (x, bound) then bound else x)
        | LaneOp.Fma ->
            fun args r n ->
                TensorPrimitives.FusedMultiplyAdd<'T>(from args[0] n, from args[1] n, from<'T> args[2] n, into r n)
        | LaneOp.Abs -> fun args r n -> TensorPrimitives.Abs<'T>(from args[0] n, into r n)
        | LaneOp.Sqrt -> fun args r n -> TensorPrimitives.Sqrt<'T>(from args[0] n, into r n)
        | LaneOp.Floor -> fun args r n -> TensorPrimitives.Floor<'T>(from args[0] n, into r n)
        | LaneOp.Ceil -> fun args r n -> TensorPrimitives.Ceiling<'T>(from args[0] n, into r n)
        | LaneOp.Round -> fun args r n -> TensorPrimitives.Round<'T>(from args[0] n, into r n)
        | _ -> number<'T> op

    let private whole<'T when 'T: struct and 'T :> IBinaryInteger<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        op
        : Run =
        match op with
        | LaneOp.And -> fun args r n -> TensorPrimitives.BitwiseAnd<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Or -> fun args r n -> TensorPrimitives.BitwiseOr<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Xor -> fun args r n -> TensorPrimitives.Xor<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.Not -> fun args r n -> TensorPrimitives.OnesComplement<'T>(from args[0] n, into r n)
        | LaneOp.ShiftLeft bits -> each (fun (a: 'T) -> 'T.op_LeftShift (a, bits))
        | LaneOp.ShiftRight bits -> each (fun (a: 'T) -> 'T.op_RightShift (a, bits))
        | LaneOp.Abs -> each (fun (a: 'T) -> if 'T.IsNegative a then 'T.op_UnaryNegation a else a)
        | _ -> number<'T> op

    let private logical op : Run =
        match op with
        | LaneOp.And -> each2 (fun a b -> a && b)
        | LaneOp.Or -> each2 (fun a b -> a || b)
        | LaneOp.Xor -> each2 (fun (a: bool) b -> a <> b)
        | LaneOp.Not -> each not
        | LaneOp.Select -> select<bool>()
        | _ -> invalidOp $"Bool has no {op}"

    let inline private toBits32 (a: float32) = BitConverter.SingleToInt32Bits a
    let inline private toBits64 (a: float) = BitConverter.DoubleToInt64Bits a

    let private bits source target : Run =
        match source, target with
        | DType.Float32, _ -> each toBits32
        | DType.Float64, _ -> each toBits64
        | DType.Int32, _ -> each BitConverter.Int32BitsToSingle
        | _ -> each BitConverter.Int64BitsToDouble

    let private convert source target : Run =
        match source, target with
        | DType.Float32, DType.Float64 -> each (fun (a: float32) -> float a)
        | DType.Float64, DType.Float32 -> each (fun (a: float) -> float32 a)
        | DType.Int32, DType.Int64 -> each (fun (a: int) -> int64 a)
        | DType.Int64, DType.Int32 -> each (fun (a: int64) -> int32 a)
        | DType.Float32, DType.Int32 -> each (fun (a: float32) -> Int32.CreateSaturating a)
        | DType.Float64, DType.Int64 -> each (fun (a: float) -> Int64.CreateSaturating a)
        | DType.Int32, DType.Float32 -> each (fun (a: int) -> float32 a)
        | DType.Int64, DType.Float64 -> each (fun (a: int64) -> float a)
        | _ -> invalidOp $"{source} is not converted to {target} at once"

    /// Logic on floating-point numbers is on their bits.
    let private bitwise (op: LaneOp) (dtype: DType) : Run =
        match dtype, op with
        | DType.Float32, LaneOp.And -> each2 (fun a b -> BitConverter.Int32BitsToSingle(toBits32 a &&& toBits32 b))
        | DType.Float32, LaneOp.Or -> each2 (fun a b -> BitConverter.Int32BitsToSingle(toBits32 a ||| toBits32 b))
        | DType.Float32, _ -> each2 (fun a b -> BitConverter.Int32BitsToSingle(toBits32 a ^^^ toBits32 b))
        | _, LaneOp.And -> each2 (fun a b -> BitConverter.Int64BitsToDouble(toBits64 a &&& toBits64 b))
        | _, LaneOp.Or -> each2 (fun a b -> BitConverter.Int64BitsToDouble(toBits64 a ||| toBits64 b))
        | _ -> each2 (fun a b -> BitConverter.Int64BitsToDouble(toBits64 a ^^^ toBits64 b))

    let private call f dtype : Run =
        let m = Calls.Method(f, dtype)
        let bind (kind: Type) = m.CreateDelegate kind
        match dtype, Scalars.arity f with
        | DType.Int64, 1 -> let g = bind typeof<Func<int64, float32>> :?> Func<int64, float32> in each g.Invoke
        | (DType.Int32 | DType.Int64), _ ->
            let g = bind typeof<Func<int64, int64, int64>> :?> Func<int64, int64, int64>
            if dtype = DType.Int64 then
                each2 (fun (a: int64) b -> g.Invoke(a, b))
            else
                each2 (fun (a: int) b -> int32 (g.Invoke(int64 a, int64 b)))
        | _, 1 ->
            let g = bind typeof<Func<float, float>> :?> Func<float, float>
            if dtype = DType.Float64 then
                each g.Invoke
            else
                each (fun (a: float32) -> float32 (g.Invoke(float a)))
        | _ ->
            let g = bind typeof<Func<float, float, float>> :?> Func<float, float, float>
            if dtype = DType.Float64 then
                each2 (fun a b -> g.Invoke(a, b))
            else
                each2 (fun (a: float32) b -> float32 (g.Invoke(float a, float b)))

    let private callRarely f dtype : Run =
        let g = Calls.Method(f, dtype).CreateDelegate typeof<Func<float, float>> :?> Func<float, float>
        if dtype = DType.Float64 then
            callWhere g.Invoke
        else
            callWhere (fun (a: float32) -> float32 (g.Invoke(float a)))

    /// What runs an instruction other than a load or a constant.
    let instruction (i: LaneInstruction) : Run =
        match i.Op, i.Type with
        | LaneOp.Convert target, _ -> convert i.Type target
        | LaneOp.Bits target, _ -> bits i.Type target
        | LaneOp.Call f, _ -> call f i.Type
        | LaneOp.CallWhere f, _ -> callRarely f i.Type
        | (LaneOp.And | LaneOp.Or | LaneOp.Xor), (DType.Float32 | DType.Float64) -> bitwise i.Op i.Type
        | op, DType.Float32 -> floating<float32> op
        | op, DType.Float64 -> floating<float> op
        | op, DType.Int32 -> whole<int> op
        | op, DType.Int64 -> whole<int64> op
        | op, _ -> logical op
