namespace Functional

open System
open System.Numerics
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Runtime.Intrinsics

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

    let private select<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType> () : Run =
        fun args result n ->
            MaskRuns.select<'T> (from<bool> args[0] n) (from<'T> args[1] n) (from<'T> args[2] n) (into<'T> result n)

    let inline private compare<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        ([<InlineIfLambda>] vectors: Vector128<'T> -> Vector128<'T> -> Vector128<'T>)
        ([<InlineIfLambda>] single: 'T -> 'T -> bool)
        : Run =
        fun args result n ->
            MaskRuns.compare<'T> vectors single (from<'T> args[0] n) (from<'T> args[1] n) (into<bool> result n)

    let inline private choose<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        ([<InlineIfLambda>] vectors: Vector128<'T> -> Vector128<'T> -> Vector128<'T>)
        ([<InlineIfLambda>] single: 'T -> 'T -> bool)
        : Run =
        fun args result n ->
            MaskRuns.choose<'T> vectors single (from<'T> args[0] n) (from<'T> args[1] n) (into<'T> result n)

    /// Lanes as elements of another type of the same size.
    let private bitsInto<'U when 'U: struct> (a: Array) n =
        MemoryMarshal.CreateSpan(&Unsafe.As<byte, 'U>(&MemoryMarshal.GetArrayDataReference a), n)

    let private bitsFrom<'U when 'U: struct> (a: Array) n =
        MemoryMarshal.CreateReadOnlySpan(&Unsafe.As<byte, 'U>(&MemoryMarshal.GetArrayDataReference a), n)

    /// On bits: those of lanes as numbers of their size.
    let private logic<'U when 'U: struct and 'U :> IBinaryInteger<'U>> op : Run =
        match op with
        | LaneOp.And ->
            fun args r n -> TensorPrimitives.BitwiseAnd<'U>(bitsFrom args[0] n, bitsFrom args[1] n, bitsInto r n)
        | LaneOp.Or ->
            fun args r n -> TensorPrimitives.BitwiseOr<'U>(bitsFrom args[0] n, bitsFrom args[1] n, bitsInto r n)
        | _ -> fun args r n -> TensorPrimitives.Xor<'U>(bitsFrom args[0] n, bitsFrom args[1] n, bitsInto r n)

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
        | LaneOp.Less -> compare<'T> (fun a b -> Vector128.LessThan(a, b)) (fun a b -> 'T.op_LessThan (a, b))
        | LaneOp.LessEqual ->
            compare<'T> (fun a b -> Vector128.LessThanOrEqual(a, b)) (fun a b -> 'T.op_LessThanOrEqual (a, b))
        | LaneOp.Equal -> compare<'T> (fun a b -> Vector128.Equals(a, b)) (fun a b -> 'T.op_Equality (a, b))
        | LaneOp.Select -> select<'T>()
        | _ -> invalidOp $"numbers have no {op}"

    let private floating<'T
        when 'T: struct and 'T :> IFloatingPointIeee754<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        op
        : Run =
        match op with
        | LaneOp.Div -> fun args r n -> TensorPrimitives.Divide<'T>(from args[0] n, from args[1] n, into r n)
        | LaneOp.AtMost ->
            choose<'T> (fun bound x -> Vector128.LessThan(bound, x)) (fun bound x -> 'T.op_LessThan (bound, x))
        | LaneOp.AtLeast ->
            choose<'T> (fun bound x -> Vector128.LessThan(x, bound)) (fun bound x -> 'T.op_LessThan (x, bound))
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
        | LaneOp.And
        | LaneOp.Or
        | LaneOp.Xor -> logic<'T> op
        | LaneOp.Not -> fun args r n -> TensorPrimitives.OnesComplement<'T>(from args[0] n, into r n)
        | LaneOp.ShiftLeft bits -> fun args r n -> TensorPrimitives.ShiftLeft<'T>(from args[0] n, bits, into r n)
        | LaneOp.ShiftRight bits ->
            fun args r n -> TensorPrimitives.ShiftRightArithmetic<'T>(from args[0] n, bits, into r n)
        | LaneOp.Abs -> each (fun (a: 'T) -> if 'T.IsNegative a then 'T.op_UnaryNegation a else a)
        | _ -> number<'T> op

    let private logical op : Run =
        match op with
        | LaneOp.And
        | LaneOp.Or
        | LaneOp.Xor -> logic<byte> op
        | LaneOp.Not -> fun args r n -> TensorPrimitives.Xor<byte>(bitsFrom<byte> args[0] n, 1uy, bitsInto<byte> r n)
        | LaneOp.Select ->
            fun args result n ->
                let c = bitsFrom<byte> args[0] n
                let a = bitsFrom<byte> args[1] n
                let b = bitsFrom<byte> args[2] n
                let r = bitsInto<byte> result n
                for k in 0 .. n - 1 do
                    r[k] <- (c[k] &&& a[k]) ||| ((c[k] ^^^ 1uy) &&& b[k])
        | _ -> invalidOp $"Bool has no {op}"

    let private bits source target : Run =
        match source, target with
        | DType.Float32, _ -> fun args r n -> (bitsFrom<int> args[0] n).CopyTo(into<int> r n)
        | DType.Float64, _ -> fun args r n -> (bitsFrom<int64> args[0] n).CopyTo(into<int64> r n)
        | DType.Int32, _ -> fun args r n -> (from<int> args[0] n).CopyTo(bitsInto<int> r n)
        | _ -> fun args r n -> (from<int64> args[0] n).CopyTo(bitsInto<int64> r n)

    let private converted<'T, 'U when 'T: struct and 'T :> INumberBase<'T> and 'U: struct and 'U :> INumberBase<'U>>
        : Run =
        fun args r n -> TensorPrimitives.ConvertSaturating<'T, 'U>(from args[0] n, into r n)

    let private convert source target : Run =
        match source, target with
        | DType.Float32, DType.Float64 -> converted<float32, float>
        | DType.Float64, DType.Float32 -> converted<float, float32>
        | DType.Int32, DType.Int64 -> converted<int, int64>
        // To what is left of it, not to what is nearest.
        | DType.Int64, DType.Int32 ->
            fun args r n -> TensorPrimitives.ConvertTruncating<int64, int>(from args[0] n, into r n)
        | DType.Float32, DType.Int32 -> converted<float32, int>
        | DType.Float64, DType.Int64 -> converted<float, int64>
        | DType.Int32, DType.Float32 -> converted<int, float32>
        | DType.Int64, DType.Float64 -> converted<int64, float>
        | _ -> invalidOp $"{source} is not converted to {target} at once"

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
        // Logic on floating-point numbers is on their bits.
        | (LaneOp.And | LaneOp.Or | LaneOp.Xor), DType.Float32 -> logic<int> i.Op
        | (LaneOp.And | LaneOp.Or | LaneOp.Xor), DType.Float64 -> logic<int64> i.Op
        | op, DType.Float32 -> floating<float32> op
        | op, DType.Float64 -> floating<float> op
        | op, DType.Int32 -> whole<int> op
        | op, DType.Int64 -> whole<int64> op
        | op, _ -> logical op
