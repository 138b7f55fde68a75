namespace Functional.FSharp

open System.ComponentModel
open Functional

/// The overloads behind comparisons and selections: of tensors, and of tensors and numbers.
[<Sealed; AbstractClass; EditorBrowsable(EditorBrowsableState.Never)>]
type Overloads private () =
    static member private Number(like: Tensor, value: float) = Tensor.Literal((given "Number" like).DType, value)
    /// a < b.
    static member Less(a: Tensor, b: Tensor) : Tensor = Tensor.op_LessThan (a, b)
    /// a < b.
    static member Less(a: Tensor, b: float) : Tensor = Tensor.op_LessThan (a, b)
    /// a < b.
    static member Less(a: float, b: Tensor) : Tensor = Tensor.op_GreaterThan (b, a)
    /// a ≤ b.
    static member LessEqual(a: Tensor, b: Tensor) : Tensor = Tensor.op_LessThanOrEqual (a, b)
    /// a ≤ b.
    static member LessEqual(a: Tensor, b: float) : Tensor = Tensor.op_LessThanOrEqual (a, b)
    /// a ≤ b.
    static member LessEqual(a: float, b: Tensor) : Tensor = Tensor.op_GreaterThanOrEqual (b, a)
    /// a = b.
    static member Equal(a: Tensor, b: Tensor) : Tensor = Elementwise.lift Equal [ a; b ]
    /// a = b.
    static member Equal(a: Tensor, b: float) : Tensor = Overloads.Equal(a, Overloads.Number(a, b))
    /// a = b.
    static member Equal(a: float, b: Tensor) : Tensor = Overloads.Equal(Overloads.Number(b, a), b)
    /// a where c holds, else b.
    static member Where(c: Tensor, a: Tensor, b: Tensor) : Tensor = Elementwise.lift Where [ c; a; b ]
    /// a where c holds, else b.
    static member Where(c: Tensor, a: Tensor, b: float) : Tensor = Overloads.Where(c, a, Overloads.Number(a, b))
    /// a where c holds, else b.
    static member Where(c: Tensor, a: float, b: Tensor) : Tensor = Overloads.Where(c, Overloads.Number(b, a), b)

/// Chooses among the overloads by the types of the operands.
[<RequireQualifiedAccess; EditorBrowsable(EditorBrowsableState.Never)>]
module Overload =
    /// a < b.
    let inline less (_: ^W, a: ^A, b: ^B) : Tensor = ((^W or ^A or ^B): (static member Less: ^A * ^B -> Tensor) (a, b))

    /// a ≤ b.
    let inline lessEqual (_: ^W, a: ^A, b: ^B) : Tensor =
        ((^W or ^A or ^B): (static member LessEqual: ^A * ^B -> Tensor) (a, b))

    /// a = b.
    let inline equal (_: ^W, a: ^A, b: ^B) : Tensor =
        ((^W or ^A or ^B): (static member Equal: ^A * ^B -> Tensor) (a, b))

    /// a where c holds, else b.
    let inline where (_: ^W, c: Tensor, a: ^A, b: ^B) : Tensor =
        ((^W or ^A or ^B): (static member Where: Tensor * ^A * ^B -> Tensor) (c, a, b))

/// Comparisons, lane by lane, to Bool. Of the operands at least one is a tensor, the other a tensor or a number; they align
/// as those of arithmetic do. NaN is less than nothing, equal to nothing, and different from everything. The order of Bool
/// is not defined (DTypeException).
[<AutoOpen>]
module Comparisons =
    /// Less: a < b.
    let inline (.<) a b : Tensor = Overload.less (Unchecked.defaultof<Overloads>, a, b)
    /// Less or equal: a ≤ b.
    let inline (.<=) a b : Tensor = Overload.lessEqual (Unchecked.defaultof<Overloads>, a, b)
    /// Equal: a = b.
    let inline (.=) a b : Tensor = Overload.equal (Unchecked.defaultof<Overloads>, a, b)
    /// Greater: a > b.
    let inline (.>) a b : Tensor = b .< a
    /// Greater or equal: a ≥ b.
    let inline (.>=) a b : Tensor = b .<= a
    /// Different: a ≠ b.
    let inline (.<>) a b : Tensor = Tensor.op_LogicalNot (a .= b)
