namespace Functional

open System
open System.Runtime.CompilerServices

/// A type whose instance fields are opened as those of a record are: tensors in them are leaves.
type IStructure = interface end

/// Marks a part of a structure as state: what its owner computes and hands on, such as running statistics or what a
/// recurrent layer remembers. Gradients hold it fixed, with zeros in its place, and optimisers leave it as it is; for traces
/// it is a part like others. On a field, a property, or the parameter of a constructor that becomes one.
[<Sealed; AttributeUsage(AttributeTargets.Field ||| AttributeTargets.Property ||| AttributeTargets.Parameter)>]
type StateAttribute() =
    inherit Attribute()

/// How values of a primitive type or an enum stand in a signature: as bits, in no box.
[<AbstractClass; AllowNullLiteral(false)>]
type internal Primitive() =
    abstract Bits: obj -> int64
    abstract Value: bits: int64 -> obj

[<Sealed; AllowNullLiteral(false)>]
type internal Primitive<'V>() =
    inherit Primitive()
    static member val Instance = Primitive<'V>()

    static member BitsOf(value: 'V) : int64 =
        let mutable bits = 0L
        let place = &Unsafe.As<int64, 'V>(&bits)
        place <- value
        bits

    override _.Bits x = Primitive<'V>.BitsOf(unbox<'V> x)

    override _.Value bits =
        let mutable bits = bits
        box (Unsafe.As<int64, 'V>(&bits)) |> nonNull

/// Is shown a structure part by part.
[<AbstractClass>]
type internal PartVisitor() =
    /// A tensor, a structure or a static value.
    abstract Part: objnull -> unit
    /// A static value of a primitive type.
    abstract Number: Primitive * bits: int64 -> unit
    /// A key, which is static.
    abstract Key: objnull -> unit
    /// How a type opens; null for a type that is no structure.
    abstract OpeningOf: Type -> Opening | null
    /// Before and after the parts of a structure that stands in no object of its own.
    abstract Enter: Opening -> unit
    abstract Leave: unit -> unit
    /// Before and after a part that is state. Where it is not to be entered, it is neither shown nor left.
    abstract EnterState: unit -> bool
    abstract LeaveState: unit -> unit

/// Gives what is to stand in the place of each part, one after the other.
and [<AbstractClass>] internal PartSource() =
    abstract Part: objnull -> objnull
    abstract OpeningOf: Type -> Opening | null
    /// Before and after a part that is state. Where it is not to be entered, it stays as it is.
    abstract EnterState: unit -> bool
    abstract LeaveState: unit -> unit

/// How values of one type are taken apart and put together. One stands for another of the same type: a trace outlives
/// registrations.
and [<AbstractClass; AllowNullLiteral(false)>] internal Opening(ty: Type) =
    member _.Type = ty
    /// Shows the parts, each after its key where it has one.
    abstract Show: obj * PartVisitor -> unit
    /// A value like the given one with other parts.
    abstract Replace: obj * PartSource -> obj
    /// Whether the parts have keys.
    abstract HasKeys: bool
    /// What users call the k-th part.
    abstract PartName: int -> string

    default _.HasKeys = false
    default _.PartName k = $"[{k}]"
    override _.GetHashCode() = ty.GetHashCode()

    override _.Equals other =
        match other with
        | :? Opening as o -> obj.ReferenceEquals(o.Type, ty)
        | _ -> false

/// The same for values that are in no box.
[<AbstractClass; AllowNullLiteral(false)>]
type internal Opening<'T>(ty: Type) =
    inherit Opening(ty)
    abstract ShowValue: 'T * PartVisitor -> unit
    abstract ReplaceValue: 'T * PartSource -> 'T

    /// Of a reference the cast need not be checked: it was found by its type.
    member private _.Own(x: obj) : 'T =
        if typeof<'T>.IsValueType then
            unbox<'T> x
        else
            let mutable x = x
            Unsafe.As<obj, 'T>(&x)

    override o.Show(x, visitor) = o.ShowValue(o.Own x, visitor)
    override o.Replace(x, source) = box (o.ReplaceValue(o.Own x, source)) |> nonNull

/// Values in places of a declared type.
[<AbstractClass; Sealed>]
type internal Parts<'V> private () =
    static let isPrimitive = typeof<'V>.IsPrimitive || typeof<'V>.IsEnum

    // The JIT compiler knows the answer to `IsValueType`.
    static member Show(value: 'V, visitor: PartVisitor) : unit =
        if not typeof<'V>.IsValueType then
            visitor.Part value
        elif isPrimitive then
            visitor.Number(Primitive<'V>.Instance, Primitive<'V>.BitsOf value)
        else
            match visitor.OpeningOf typeof<'V> with
            | :? Opening<'V> as opening ->
                visitor.Enter opening
                opening.ShowValue(value, visitor)
                visitor.Leave()
            | _ -> visitor.Part value

    static member Replace(value: 'V, source: PartSource) : 'V =
        if not typeof<'V>.IsValueType then
            unbox<'V>(source.Part value)
        elif isPrimitive then
            value
        else
            match source.OpeningOf typeof<'V> with
            | :? Opening<'V> as opening -> opening.ReplaceValue(value, source)
            | _ -> unbox<'V>(source.Part value)
