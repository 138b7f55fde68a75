namespace Functional

open System.Collections.Concurrent
open System.Reflection
open System.Runtime.Intrinsics.X86

/// Instructions that registers of 64 bytes have and others, which get their definitions (`Expand`), have not.
[<RequireQualifiedAccess>]
module internal WideOperations =
    let isSupported width = width = 64 && Avx512F.IsSupported

    let private method =
        let found = ConcurrentDictionary<struct (string * DType), MethodInfo>()
        fun (name: string) (dtype: DType) ->
            let find struct (name, dtype) =
                typeof<Avx512F>.GetMethods()
                |> Array.find (fun m ->
                    m.Name = name
                    && (m.GetParameters() |> Array.head).ParameterType = Vectors.ofElement 64 (Vectors.element dtype))
            found.GetOrAdd(struct (name, dtype), find)

    /// VFIXUPIMM: for each class of numbers four bits that say what takes their place.
    let private fixup (e: Emission) dtype (table: int64) =
        e.Constant((if dtype = DType.Float32 then DType.Int32 else DType.Int64), table)
        e.Number(DType.Bool, 0L)
        e.Call(method "Fixup" dtype)

    // Quiet and signalling NaN: the one NaN.
    let private ofNaN = 0x33L
    // 0: -∞; -∞ and negative numbers: NaN; ∞: itself.
    let private ofLogarithm = ofNaN ||| 0x03530400L

    /// Leaves the value on the stack; `operand` puts one there.
    let write (e: Emission) (i: LaneInstruction) (operand: int -> unit) =
        match i.Op with
        | LaneOp.Settle ->
            operand 0
            operand 0
            fixup e i.Type ofNaN
        | LaneOp.Scale ->
            operand 0
            operand 1
            e.Call(method "Scale" i.Type)
        | LaneOp.Mantissa ->
            operand 0
            // From ¾ to 1½.
            e.Number(DType.Bool, 3L)
            e.Call(method "GetMantissa" i.Type)
        | LaneOp.Exponent ->
            for n in 0..1 do
                operand n
                e.Call(method "GetExponent" i.Type)
            e.Operation("Subtract", 2, i.Type)
        | _ ->
            operand 1
            operand 0
            fixup e i.Type ofLogarithm
