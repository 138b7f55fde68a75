namespace Functional

open System
open System.Collections.Generic

/// What a processor does to one lane. Each is exact, or rounded once as IEEE 754 says, so that vectors of any width, single
/// lanes and the interpreter agree to the bit (of a NaN no more than that it is one).
[<RequireQualifiedAccess>]
type internal LaneOp =
    | Load of operand: int
    /// The bits of the element type.
    | Constant of bits: int64
    | Add
    | Sub
    | Mul
    | Div
    /// a · b + c, rounded once.
    | Fma
    | Sqrt
    | Neg
    | Abs
    /// NaN where either is, and -0 < 0 (`maximum` of IEEE 754-2019).
    | Max
    | Min
    /// (bound, x): the lesser of x and a number other than 0; NaN where x is.
    | AtMost
    /// (bound, x): the greater of them.
    | AtLeast
    | Less
    | LessEqual
    | Equal
    /// (condition, where true, where false).
    | Select
    | And
    | Or
    | Xor
    | Not
    | ShiftLeft of int
    /// Keeps the sign.
    | ShiftRight of int
    /// Halves to even.
    | Round
    | Floor
    | Ceil
    /// Between Float32 and Float64, Int32 and Int64; to integers of the same size towards zero, saturating, NaN as 0; from
    /// integers of the same size to the nearest.
    | Convert of DType
    /// The same bits as another type of the same size.
    | Bits of DType
    /// One NaN for all. Like the next four, short for other instructions (`Expand`).
    | Settle
    /// (x, n): x · 2ⁿ for an integer n, where x · 2^⌊n/2⌋ is exact.
    | Scale
    /// The number in ¾ … 1½ that x > 0 is when scaled by a power of 2.
    | Mantissa
    /// (x, its mantissa): the logarithm of that power.
    | Exponent
    /// (x, value): what a logarithm of x is: -∞ at 0, NaN below and for NaN, ∞ at ∞, else the value.
    | Logarithmic
    /// A function that is computed lane by lane.
    | Call of Scalar
    /// (condition, operand, otherwise): as `Call` where the condition holds, which is to be rare.
    | CallWhere of Scalar

/// An instruction on earlier ones. `Type` is that of the operands (of `Select` the last two), `Result` that of the value;
/// Bool is a mask.
type internal LaneInstruction = { Op: LaneOp; Type: DType; Args: int list; Result: DType }

/// Collects instructions, equal ones once.
[<Sealed>]
type internal LaneCode() =
    let instructions = List<LaneInstruction>()
    let seen = Dictionary<LaneInstruction, int>()

    member _.Instructions = instructions.ToArray()

    member private code.Add(instruction) =
        match seen.TryGetValue instruction with
        | true, k -> LaneValue(code, k, instruction.Result)
        | _ ->
            seen[instruction] <- instructions.Count
            instructions.Add instruction
            LaneValue(code, instructions.Count - 1, instruction.Result)

    member code.Apply(op, args: LaneValue list, ?result) =
        let operandType = (List.last args).DType
        code.Add
            { Op = op
              Type = operandType
              Args = [ for a in args -> a.Index ]
              Result = defaultArg result operandType }

    member code.Load(operand, dtype) = code.Add { Op = LaneOp.Load operand; Type = dtype; Args = []; Result = dtype }

    /// A constant by its bits.
    member code.Bits(dtype, bits: int64) =
        code.Add { Op = LaneOp.Constant bits; Type = dtype; Args = []; Result = dtype }

    /// The bits of a number as the data type stores it.
    static member BitsOf(dtype, x: float) =
        match dtype with
        | DType.Float32 -> int64 (BitConverter.SingleToInt32Bits(float32 x))
        | DType.Float64 -> BitConverter.DoubleToInt64Bits x
        | DType.Int32 -> int64 (Int32.CreateSaturating x)
        | DType.Int64 -> Int64.CreateSaturating x
        | _ -> if x <> 0. then 1L else 0L

    member code.Number(dtype, x: float) = code.Bits(dtype, LaneCode.BitsOf(dtype, x))

/// The value of an instruction.
and [<Sealed>] internal LaneValue(code: LaneCode, index: int, dtype: DType) =
    member _.Code = code
    member _.Index = index
    member _.DType = dtype
    member v.Number x = code.Number(dtype, x)

/// Instructions by name. Each is appended to the code of its operands.
[<RequireQualifiedAccess>]
module internal Lanewise =
    let private one op (a: LaneValue) = a.Code.Apply(op, [ a ])
    let private two op (a: LaneValue) (b: LaneValue) = a.Code.Apply(op, [ a; b ])

    /// Arithmetic with lanes and, dotted, with numbers. Functions: F# finds no operators on internal types.
    module Operators =
        let (+) (a: LaneValue) b = two LaneOp.Add a b
        let (-) (a: LaneValue) b = two LaneOp.Sub a b
        let (*) (a: LaneValue) b = two LaneOp.Mul a b
        let (/) (a: LaneValue) b = two LaneOp.Div a b
        let (+.) (a: LaneValue) (b: float) = a + a.Number b
        let (-.) (a: LaneValue) (b: float) = a - a.Number b
        let ( *. ) (a: LaneValue) (b: float) = a * a.Number b
    let private test op (a: LaneValue) (b: LaneValue) = a.Code.Apply(op, [ a; b ], DType.Bool)

    let negate a = one LaneOp.Neg a
    let abs a = one LaneOp.Abs a
    let sqrt a = one LaneOp.Sqrt a
    let round a = one LaneOp.Round a
    let floor a = one LaneOp.Floor a
    let ceil a = one LaneOp.Ceil a
    let max a b = two LaneOp.Max a b
    let min a b = two LaneOp.Min a b

    /// x, but a number other than 0 at most.
    let atMost (bound: float) (x: LaneValue) = two LaneOp.AtMost (x.Number bound) x
    let atLeast (bound: float) (x: LaneValue) = two LaneOp.AtLeast (x.Number bound) x
    let settle a = one LaneOp.Settle a
    let scale n x = two LaneOp.Scale x n
    let mantissa x = one LaneOp.Mantissa x
    let exponent x mantissa = two LaneOp.Exponent x mantissa
    let logarithmic x value = two LaneOp.Logarithmic x value
    let bitAnd a b = two LaneOp.And a b
    let bitOr a b = two LaneOp.Or a b
    let bitXor a b = two LaneOp.Xor a b
    let bitNot a = one LaneOp.Not a
    let shiftLeft n a = one (LaneOp.ShiftLeft n) a
    let shiftRight n a = one (LaneOp.ShiftRight n) a
    let less a b = test LaneOp.Less a b
    let lessEqual a b = test LaneOp.LessEqual a b
    let equal a b = test LaneOp.Equal a b

    let fma (a: LaneValue) (b: LaneValue) (c: LaneValue) = a.Code.Apply(LaneOp.Fma, [ a; b; c ])

    let select (condition: LaneValue) (a: LaneValue) (b: LaneValue) = a.Code.Apply(LaneOp.Select, [ condition; a; b ])

    let convert target (a: LaneValue) = a.Code.Apply(LaneOp.Convert target, [ a ], target)
    let bits target (a: LaneValue) = a.Code.Apply(LaneOp.Bits target, [ a ], target)
    let call f (args: LaneValue list) = args.Head.Code.Apply(LaneOp.Call f, args)

    let callWhere f (condition: LaneValue) (a: LaneValue) (otherwise: LaneValue) =
        a.Code.Apply(LaneOp.CallWhere f, [ condition; a; otherwise ])

    /// c0 + c1·x + c2·x² + …, by Horner's rule.
    let polynomial (coefficients: float list) (x: LaneValue) =
        match List.rev coefficients with
        | [] -> x.Number 0.
        | last :: rest -> rest |> List.fold (fun sum c -> fma sum x (x.Number c)) (x.Number last)
