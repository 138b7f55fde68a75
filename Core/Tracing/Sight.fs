namespace Functional

open System
open System.Collections.Generic

/// What the host saw of a value: all of its elements, or a number as far as a type of the host's keeps it.
[<Struct; RequireQualifiedAccess; CustomEquality; NoComparison>]
type internal Sight =
    | Elements of elements: Array
    | Number of dtype: DType * bits: int64

    /// To the bit.
    member s.Is(other: Sight) =
        match s, other with
        | Sight.Elements a, Sight.Elements b -> Blocks.sameBits a b
        | Sight.Number(dtype, a), Sight.Number(other, b) -> dtype = other && a = b
        | _ -> false

    override s.GetHashCode() =
        match s with
        | Sight.Elements data -> Blocks.hashBits data
        | Sight.Number(dtype, bits) -> HashCode.Combine(dtype, bits)

    override s.Equals other =
        match other with
        | :? Sight as other -> s.Is other
        | _ -> false

/// Looks up what was seen, without a box.
[<Sealed>]
type internal SightComparer private () =
    static member val Instance = SightComparer()

    interface IEqualityComparer<Sight> with
        member _.Equals(a, b) = a.Is b
        member _.GetHashCode s = s.GetHashCode()

[<RequireQualifiedAccess>]
module internal Sight =
    let whole (ty: TensorType) block = Sight.Elements(Blocks.toArray ty block)
    let number dtype block = Sight.Number(dtype, HostNumber.bits dtype block)

    /// What the host would see of another value, looking in the same way.
    let again (before: Sight) (ty: TensorType) block =
        match before with
        | Sight.Elements _ -> whole ty block
        | Sight.Number(dtype, _) -> number dtype block

    /// The same in memory of its own.
    let kept (seen: Sight) =
        match seen with
        | Sight.Elements data -> Sight.Elements(data.Clone() :?> Array)
        | number -> number

    /// Whether the host looks in the same way.
    let isAlike (a: Sight) (b: Sight) =
        match a, b with
        | Sight.Elements _, Sight.Elements _ -> true
        | Sight.Number(a, _), Sight.Number(b, _) -> a = b
        | _ -> false

    /// As text, of a value of this type.
    let show (ty: TensorType) (seen: Sight) =
        match seen with
        | Sight.Elements data -> Display.show ty (Blocks.ofArray ty data)
        | Sight.Number(dtype, bits) -> Display.show (TensorType(dtype, [])) (HostNumber.block dtype bits)
