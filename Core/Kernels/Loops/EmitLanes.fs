namespace Functional

open System
open System.Collections.Generic
open System.Reflection.Emit

/// Writes lane instructions for as many lanes at once as `lanes` says. Where both sizes of elements occur a register holds
/// that many of the smaller, and a value of the larger takes two registers. A mask is held as integers; it is converted when
/// it meets elements of the other size.
[<Sealed>]
type internal LaneEmitter(e: Emission, code: LaneInstruction array, isOutput: bool array) =
    let il = e.IL

    let isNarrow =
        let narrow t = Vectors.size t = 4 in code |> Array.exists (fun i -> narrow i.Type || narrow i.Result)
    let isWide = code |> Array.exists (fun i -> Vectors.size i.Type = 8 || Vectors.size i.Result = 8)
    let lanes = if isNarrow || not isWide then e.Width / 4 else e.Width / 8
    let maskSize = e.Width / lanes
    let parts size = lanes * size / e.Width

    let maskType size = if size = 8 then DType.Int64 else DType.Int32
    /// The size of the elements that a mask was made of.
    let sizes = Array.create code.Length 0

    /// Tests that select between two values and do nothing else: one instruction with the selection, which it is part of.
    let isPart =
        let uses = Array.create code.Length 0
        let selects = Array.create code.Length -1
        code
        |> Array.iteri (fun k i ->
            for n, a in List.indexed i.Args do
                uses[a] <- uses[a] + 1
                if i.Op = LaneOp.Select && n = 0 then selects[a] <- k)
        let isTest (i: LaneInstruction) =
            match i.Op with
            | LaneOp.Less
            | LaneOp.LessEqual
            | LaneOp.Equal -> i.Type <> DType.Bool
            | _ -> false
        code
        |> Array.mapi (fun k i ->
            let s = selects[k]
            isTest i
            && uses[k] = 1
            && not isOutput[k]
            && s >= 0
            && code[s].Type <> DType.Bool
            && Vectors.size code[s].Type = Vectors.size i.Type)

    /// Where calls find their operands and leave their value.
    let mutable spill: LocalBuilder option = None

    /// Registers whose values are not needed any more.
    let idle = Dictionary<DType, Stack<LocalBuilder>>()

    let newLocal dtype =
        match idle.TryGetValue dtype with
        | true, free when free.Count > 0 -> free.Pop()
        | _ -> e.VectorLocal dtype

    let newLocals size (dtype: DType) = Array.init (parts size) (fun _ -> newLocal dtype)

    do
        code
        |> Array.iteri (fun k i ->
            sizes[k] <-
                match i.Op with
                | _ when i.Result <> DType.Bool -> Vectors.size i.Result
                | _ when i.Type <> DType.Bool -> Vectors.size i.Type
                | LaneOp.Load _
                | LaneOp.Constant _ -> maskSize
                | _ -> sizes[i.Args.Head])

    /// Lanes that are computed at once.
    member _.Lanes = lanes
    /// Whether an instruction is written together with the one that uses it.
    member _.IsPart k = isPart[k]

    /// The element type of the registers that hold a value.
    member _.Register k = if code[k].Result = DType.Bool then maskType sizes[k] else code[k].Result

    member _.MaskType = maskType maskSize
    member _.Prepare() =
        let calls i =
            match i.Op with
            | LaneOp.Call _
            | LaneOp.CallWhere _ -> true
            | _ -> false
        if Array.exists calls code then spill <- Some(e.Allocate(3 * 8 * lanes))

    /// A mask as integers of a size.
    member _.Mask(mask: LocalBuilder array, from: int, size: int) : LocalBuilder array =
        if from = size then
            mask
        else
            let target = newLocals size (maskType size)
            if size = 8 then
                for part, name in [ 0, "WidenLower"; 1, "WidenUpper" ] do
                    e.Get(mask[0])
                    e.Operation(name, 1, DType.Int32)
                    e.Set(target[part])
            else
                e.Get(mask[0])
                e.Get(mask[1])
                e.Operation("Narrow", 2, DType.Int64)
                e.Set(target[0])
            target

    /// The value, of a mask as integers of a size.
    member private m.Value(values: LocalBuilder array array, k, size) =
        if code[k].Result = DType.Bool then m.Mask(values[k], sizes[k], size) else values[k]

    /// Loads a mask from bytes at the address on the stack.
    member private _.LoadMask() =
        let bytes = typeof<byte>
        match lanes with
        | 16 ->
            il.Emit(OpCodes.Unaligned, 1uy)
            il.Emit(OpCodes.Ldobj, Vectors.ofElement 16 bytes)
            e.Call(Vectors.operation 16 "ToVector256Unsafe" 1 bytes)
            e.Call(Vectors.operation 32 "ToVector512Unsafe" 1 bytes)
        | n ->
            let load, element =
                match n with
                | 2 -> OpCodes.Ldind_U2, typeof<uint16>
                | 4 -> OpCodes.Ldind_U4, typeof<uint32>
                | _ -> OpCodes.Ldind_I8, typeof<uint64>
            il.Emit(OpCodes.Unaligned, 1uy)
            il.Emit load
            e.Call(Vectors.ofScalar e.Width element)
            e.Reinterpret(element, bytes)
        e.OperationOf("WidenLower", 1, bytes)
        e.OperationOf("WidenLower", 1, typeof<uint16>)
        if maskSize = 8 then
            e.OperationOf("WidenLower", 1, typeof<uint32>)
            e.Reinterpret(typeof<uint64>, typeof<int64>)
        else
            e.Reinterpret(typeof<uint32>, typeof<int>)
        e.Operation("Negate", 1, maskType maskSize)

    /// Loads as many elements as there are lanes; the address is on the stack.
    member m.Load(dtype, target: LocalBuilder array) =
        if dtype = DType.Bool then
            m.LoadMask()
            e.Set(target[0])
        else
            let address = if target.Length > 1 then Some(e.NativeLocal()) else None
            address |> Option.iter e.Set
            for p in 0 .. target.Length - 1 do
                address |> Option.iter e.Get
                e.Plus(p * e.Width)
                e.Load dtype
                e.Set(target[p])

    /// Loads the lanes of a mask, 0 for the others; no masks themselves.
    member m.LoadPresent(dtype, present: LocalBuilder array, address: unit -> unit, target: LocalBuilder array) =
        let present = m.Mask(present, maskSize, Vectors.size dtype)
        for p in 0 .. target.Length - 1 do
            address ()
            e.Plus(p * e.Width)
            e.Get(present[p])
            e.Reinterpret(Vectors.element (maskType (Vectors.size dtype)), Vectors.element dtype)
            e.LoadMasked dtype
            e.Set(target[p])

    /// Stores the lanes of a mask.
    member m.StorePresent(k, value: LocalBuilder array, present: LocalBuilder array, address: unit -> unit) =
        let dtype = code[k].Result
        let present = m.Mask(present, maskSize, Vectors.size dtype)
        for p in 0 .. value.Length - 1 do
            address ()
            e.Plus(p * e.Width)
            e.Get(present[p])
            e.Reinterpret(Vectors.element (maskType (Vectors.size dtype)), Vectors.element dtype)
            e.Get(value[p])
            e.StoreMasked dtype

    /// All lanes from the element at the address on the stack.
    member _.LoadFixed(dtype, target: LocalBuilder array) =
        e.LoadElement dtype
        if dtype = DType.Bool then
            il.Emit OpCodes.Neg
            if maskSize = 8 then il.Emit OpCodes.Conv_I8
            e.Spread(maskType maskSize)
        else
            e.Spread dtype
        e.Set(target[0])
        for p in 1 .. target.Length - 1 do
            e.Get(target[0])
            e.Set(target[p])

    member private m.StoreMask(address: unit -> unit, mask: LocalBuilder) =
        let chosen = e.VectorLocal DType.Bool
        e.Get mask
        if maskSize = 8 then
            e.Get mask
            e.Operation("Narrow", 2, DType.Int64)
            let half = e.VectorLocal DType.Int32
            e.Set half
            e.Get half
            e.Get half
        else
            e.Get mask
        e.Operation("Narrow", 2, DType.Int32)
        let short = il.DeclareLocal(Vectors.ofElement e.Width typeof<int16>)
        e.Set short
        e.Get short
        e.Get short
        e.OperationOf("Narrow", 2, typeof<int16>)
        e.Reinterpret(typeof<sbyte>, typeof<byte>)
        e.Constant(DType.Bool, 1L)
        e.Operation("BitwiseAnd", 2, DType.Bool)
        e.Set chosen
        address ()
        e.Get chosen
        match lanes with
        | 16 ->
            e.Call(Vectors.operation 64 "GetLower" 1 typeof<byte>)
            e.Call(Vectors.operation 32 "GetLower" 1 typeof<byte>)
            il.Emit(OpCodes.Unaligned, 1uy)
            il.Emit(OpCodes.Stobj, Vectors.ofElement 16 typeof<byte>)
        | n ->
            let store, element =
                match n with
                | 2 -> OpCodes.Stind_I2, typeof<uint16>
                | 4 -> OpCodes.Stind_I4, typeof<uint32>
                | _ -> OpCodes.Stind_I8, typeof<uint64>
            e.Reinterpret(typeof<byte>, element)
            e.OperationOf("ToScalar", 1, element)
            il.Emit(OpCodes.Unaligned, 1uy)
            il.Emit store

    /// Stores all lanes of a value of an instruction's type.
    member m.Store(k, value: LocalBuilder array, address: unit -> unit) =
        if code[k].Result = DType.Bool then
            m.StoreMask(address, m.Mask(value, sizes[k], maskSize)[0])
        else
            for p in 0 .. value.Length - 1 do
                address ()
                e.Plus(p * e.Width)
                e.Get(value[p])
                e.Store code[k].Result

    member private _.Each(target: LocalBuilder array, operands: LocalBuilder array list, apply: unit -> unit) =
        for p in 0 .. target.Length - 1 do
            for operand in operands do
                e.Get(operand[p])
            apply ()
            e.Set(target[p])

    /// A test of part p of two values; the mask, of their type, is left on the stack.
    member private _.Test(i: LaneInstruction, values: LocalBuilder array array, p) =
        for a in i.Args do
            e.Get(values[a].[p])
        let name =
            match i.Op with
            | LaneOp.Less -> "LessThan"
            | LaneOp.LessEqual -> "LessThanOrEqual"
            | _ -> "Equals"
        e.Operation(name, 2, i.Type)

    member private m.Select(target: LocalBuilder array, k, values: LocalBuilder array array) =
        let i, register = code[k], m.Register k
        let element = Vectors.element register
        let test = i.Args[0]
        let condition = if isPart[test] then [||] else m.Value(values, test, sizes[k])
        let a, b = m.Value(values, i.Args[1], sizes[k]), m.Value(values, i.Args[2], sizes[k])
        for p in 0 .. target.Length - 1 do
            if isPart[test] then
                m.Test(code[test], values, p)
                e.Reinterpret(Vectors.element code[test].Type, element)
            else
                e.Get(condition[p])
                e.Reinterpret(Vectors.element (maskType (Vectors.size register)), element)
            e.Get(a[p])
            e.Get(b[p])
            e.Operation("ConditionalSelect", 3, register)
            e.Set(target[p])

    member private m.Convert(target: LocalBuilder array, source: DType, result: DType, operand: LocalBuilder array) =
        match source, result with
        | (DType.Float32 | DType.Int32), (DType.Float64 | DType.Int64) ->
            for part, name in [ 0, "WidenLower"; 1, "WidenUpper" ] do
                e.Get(operand[0])
                e.Operation(name, 1, source)
                e.Set(target[part])
        | (DType.Float64 | DType.Int64), (DType.Float32 | DType.Int32) ->
            e.Get(operand[0])
            e.Get(operand[1])
            e.Operation("Narrow", 2, source)
            e.Set(target[0])
        | _ ->
            let name =
                match result with
                | DType.Float32 -> "ConvertToSingle"
                | DType.Float64 -> "ConvertToDouble"
                | DType.Int32 -> "ConvertToInt32"
                | _ -> "ConvertToInt64"
            m.Each(target, [ operand ], fun () -> e.Operation(name, 1, source))

    /// Stores registers into the k-th place for calls.
    member private _.Spill(place: int, dtype, value: LocalBuilder array) =
        for p in 0 .. value.Length - 1 do
            e.Get spill.Value
            e.Plus(place * 8 * lanes + p * e.Width)
            e.Get(value[p])
            e.Store dtype

    /// Address of a lane in the k-th place for calls.
    member private _.Spilled(place: int, dtype, lane: LocalBuilder) =
        e.Get spill.Value
        e.Plus(place * 8 * lanes)
        e.Get lane
        e.Times(Vectors.size dtype)
        il.Emit OpCodes.Add

    member private m.CallLane(f, dtype, result, arity, lane) =
        m.Spilled(2, result, lane)
        for a in 0 .. arity - 1 do
            m.Spilled(a, dtype, lane)
            e.LoadElement dtype
            match dtype with
            | DType.Float32 -> il.Emit OpCodes.Conv_R8
            | DType.Int32 -> il.Emit OpCodes.Conv_I8
            | _ -> ()
        e.Call(Calls.Method(f, dtype))
        match result with
        | DType.Float32 -> il.Emit OpCodes.Conv_R4
        | DType.Int32 -> il.Emit OpCodes.Conv_I4
        | _ -> ()
        e.StoreElement result

    member private m.EachLane(body: LocalBuilder -> unit) =
        let lane = e.NativeLocal()
        e.Native 0
        e.Set lane
        e.While(
            (fun () ->
                e.Get lane
                e.Native lanes
                il.Emit OpCodes.Clt),
            fun () ->
                body lane
                e.Advance(lane, 1)
        )

    member private m.Recall(dtype, target: LocalBuilder array) =
        for p in 0 .. target.Length - 1 do
            e.Get spill.Value
            e.Plus(2 * 8 * lanes + p * e.Width)
            e.Load dtype
            e.Set(target[p])

    member private m.Call(f, i: LaneInstruction, target: LocalBuilder array, operands: LocalBuilder array list) =
        operands |> List.iteri (fun place operand -> m.Spill(place, i.Type, operand))
        m.EachLane(fun lane -> m.CallLane(f, i.Type, i.Result, operands.Length, lane))
        m.Recall(i.Result, target)

    /// Calls for the lanes of a mask; where there are none, nothing is spilled.
    member private m.CallWhere
        (f, dtype, target: LocalBuilder array, condition: LocalBuilder array, operand, otherwise)
        =
        let mask = maskType (Vectors.size dtype)
        m.Each(target, [ otherwise ], ignore)
        e.If(
            (fun () ->
                for p in 0 .. condition.Length - 1 do
                    e.Get(condition[p])
                    if p > 0 then e.Operation("BitwiseOr", 2, mask)
                e.Constant(mask, 0L)
                e.Call(Vectors.operation e.Width "EqualsAll" 2 (Vectors.element mask))
                il.Emit OpCodes.Ldc_I4_0
                il.Emit OpCodes.Ceq),
            fun () ->
                m.Spill(0, dtype, operand)
                m.Spill(1, mask, condition)
                m.Spill(2, dtype, target)
                m.EachLane(fun lane ->
                    e.If(
                        (fun () ->
                            m.Spilled(1, mask, lane)
                            e.LoadElement mask
                            if mask = DType.Int64 then il.Emit OpCodes.Conv_I4),
                        fun () -> m.CallLane(f, dtype, dtype, 1, lane)
                    ))
                m.Recall(dtype, target)
        )

    member private m.Logic(name, i: LaneInstruction, k, target, values) =
        let operands = [ for a in i.Args -> m.Value(values, a, sizes[k]) ]
        m.Each(target, operands, fun () -> e.Operation(name, operands.Length, m.Register k))

    /// Takes back the registers of a value that is not needed any more: the runtime keeps a limited number of variables in
    /// registers, so long code has to make do with few.
    member m.Release(k, value: LocalBuilder array) =
        let register = m.Register k
        if not (idle.ContainsKey register) then idle[register] <- Stack()
        Array.iter idle[register].Push value

    /// The registers for the value of an instruction.
    member m.Locals k = newLocals sizes[k] (m.Register k)

    /// Writes instruction k, given the registers of earlier ones; loads are written by `load`.
    member m.Emit(k, values: LocalBuilder array array, load: int -> LocalBuilder array -> unit) =
        if not isPart[k] then m.EmitWhole(k, values, load)

    member private m.EmitWhole(k, values: LocalBuilder array array, load) =
        let i = code[k]
        let target = m.Locals k
        let operands () = [ for a in i.Args -> values[a] ]
        let plain name = m.Each(target, operands (), fun () -> e.Operation(name, i.Args.Length, i.Type))
        let argument n = values[i.Args[n]]

        match i.Op with
        | LaneOp.Load operand -> load operand target
        | LaneOp.Constant bits when i.Result = DType.Bool ->
            for part in target do
                e.SetConstant(part, maskType maskSize, -bits)
        | LaneOp.Constant bits ->
            for part in target do
                e.SetConstant(part, i.Type, bits)
        | LaneOp.Add -> plain "Add"
        | LaneOp.Sub -> plain "Subtract"
        | LaneOp.Mul -> plain "Multiply"
        | LaneOp.Div -> plain "Divide"
        | LaneOp.Fma -> plain "FusedMultiplyAdd"
        | LaneOp.Sqrt -> plain "Sqrt"
        | LaneOp.Neg -> plain "Negate"
        | LaneOp.Abs -> plain "Abs"
        | LaneOp.Max -> plain "Max"
        | LaneOp.Min -> plain "Min"
        | LaneOp.Round -> plain "Round"
        | LaneOp.Floor -> plain "Floor"
        | LaneOp.Ceil -> plain "Ceiling"
        | LaneOp.AtMost -> plain "MinNative"
        | LaneOp.AtLeast -> plain "MaxNative"
        | LaneOp.Settle
        | LaneOp.Scale
        | LaneOp.Mantissa
        | LaneOp.Exponent
        | LaneOp.Logarithmic ->
            for p in 0 .. target.Length - 1 do
                WideOperations.write e i (fun n -> e.Get(values[i.Args[n]].[p]))
                e.Set(target[p])
        | LaneOp.Less
        | LaneOp.LessEqual
        | LaneOp.Equal ->
            for p in 0 .. target.Length - 1 do
                m.Test(i, values, p)
                e.Reinterpret(Vectors.element i.Type, Vectors.element (maskType (Vectors.size i.Type)))
                e.Set(target[p])
        | LaneOp.And -> m.Logic("BitwiseAnd", i, k, target, values)
        | LaneOp.Or -> m.Logic("BitwiseOr", i, k, target, values)
        | LaneOp.Xor -> m.Logic("Xor", i, k, target, values)
        | LaneOp.Not -> m.Logic("OnesComplement", i, k, target, values)
        | LaneOp.Select -> m.Select(target, k, values)
        | LaneOp.ShiftLeft n -> m.Each(target, operands (), fun () -> e.Shift("ShiftLeft", n, i.Type))
        | LaneOp.ShiftRight n -> m.Each(target, operands (), fun () -> e.Shift("ShiftRightArithmetic", n, i.Type))
        | LaneOp.Convert result -> m.Convert(target, i.Type, result, argument 0)
        | LaneOp.Bits result ->
            m.Each(target, operands (), fun () -> e.Reinterpret(Vectors.element i.Type, Vectors.element result))
        | LaneOp.Call f -> m.Call(f, i, target, operands ())
        | LaneOp.CallWhere f ->
            let condition = m.Value(values, i.Args[0], Vectors.size i.Type)
            m.CallWhere(f, i.Type, target, condition, argument 1, argument 2)

        values[k] <- target
