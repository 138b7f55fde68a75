namespace Functional

open System
open System.Reflection

/// The functions that lanes call one by one: on Float64, to which Float32 is widened and whose result is rounded to it, and
/// on Int64, likewise for Int32.
[<Sealed; AbstractClass>]
type internal Calls private () =
    static member Rem(a: float, b: float) = a % b
    static member Hypot(a: float, b: float) = Double.Hypot(a, b)
    // MathNet's loses the sign of 0.
    static member Erf(a: float) = if a = 0. then a else MathNet.Numerics.SpecialFunctions.Erf a

    static member Quotient(a: int64, b: int64) =
        if b = 0L then 0L
        elif b = -1L then -a
        else a / b

    static member Remainder(a: int64, b: int64) = if b = 0L || b = -1L then 0L else a % b
    static member ToSingle(a: int64) = float32 a

    static member private Math(name: string, arity: int) =
        typeof<Math>.GetMethod(name, Array.create arity typeof<float>) |> nonNull

    static member private Own(name: string) =
        typeof<Calls>.GetMethod(name, BindingFlags.Static ||| BindingFlags.NonPublic ||| BindingFlags.Public)
        |> nonNull

    /// The method of a scalar function for a data type.
    static member Method(f: Scalar, dtype: DType) : MethodInfo =
        match f, Scalars.isFloating dtype with
        | Div, false -> Calls.Own "Quotient"
        | Rem, false -> Calls.Own "Remainder"
        | Cast DType.Float32, false -> Calls.Own "ToSingle"
        | (Rem | Hypot | Erf), true -> Calls.Own(string f)
        | (Pow | Atan2), true -> Calls.Math(string f, 2)
        | _, true -> Calls.Math(string f, 1)
        | _ -> invalidOp $"{dtype} has no {f}"
