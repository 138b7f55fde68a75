namespace Functional

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Collections.Immutable
open System.Collections.ObjectModel
open System.Reflection
open System.Runtime.CompilerServices
open Microsoft.FSharp.Reflection

/// A type whose instance fields are opened as those of a record are: tensors in them are leaves.
type IStructure = interface end

/// Is shown a structure part by part.
[<AbstractClass>]
type internal PartVisitor() =
    /// A tensor, a structure or a static value.
    abstract Part: objnull -> unit
    /// A key, which is static.
    abstract Key: objnull -> unit

/// How values of one type are taken apart and put together.
[<AbstractClass>]
type internal Opening() =
    abstract Parts: obj -> objnull array
    /// A value like the given one with other parts.
    abstract Make: obj * objnull array -> obj
    /// Shows the parts, each after its key where it has one.
    abstract Show: obj * PartVisitor -> unit
    /// Whether the parts have keys.
    abstract HasKeys: bool
    /// What users call the k-th part.
    abstract PartName: int -> string

    default this.Show(x, visitor) =
        for part in this.Parts x do
            visitor.Part part

    default _.HasKeys = false
    default _.PartName k = $"[{k}]"

[<Sealed>]
type internal ByFields(ty: Type) =
    inherit Opening()

    let rec fieldsOf (ty: Type) : FieldInfo list =
        let all =
            BindingFlags.Instance
            ||| BindingFlags.Public
            ||| BindingFlags.NonPublic
            ||| BindingFlags.DeclaredOnly

        match ty.BaseType with
        | null -> List.ofArray (ty.GetFields all)
        | parent -> fieldsOf parent @ List.ofArray (ty.GetFields all)

    let fields = Array.ofList (fieldsOf ty)
    static let clone =
        typeof<obj>.GetMethod("MemberwiseClone", BindingFlags.Instance ||| BindingFlags.NonPublic)
        |> nonNull

    /// Compilers call the field of a property <Name>k__BackingField or Name@; tuples call it m_Item1.
    let nameOf (field: FieldInfo) =
        match field.Name.IndexOf '>' with
        | stop when stop > 1 -> field.Name.Substring(1, stop - 1)
        | _ when typeof<ITuple>.IsAssignableFrom ty && field.Name.StartsWith "m_" -> field.Name.Substring 2
        | _ -> field.Name.TrimEnd '@'

    override _.Parts x = [| for f in fields -> f.GetValue(x) |]

    override _.Show(x, visitor) =
        for f in fields do
            visitor.Part(f.GetValue x)

    override _.PartName k = "." + nameOf fields[k]

    override _.Make(x, parts) =
        let copy = clone.Invoke(x, [||]) |> nonNull
        Array.iter2 (fun (f: FieldInfo) (part: objnull) -> f.SetValue(copy, part)) fields parts
        copy

/// A sequence of one element type, made anew from an array.
[<Sealed>]
type internal BySequence<'C, 'V when 'C :> seq<'V> and 'C: not null>(make: 'V array -> 'C) =
    inherit Opening()
    override _.Parts x = [| for item in unbox<'C> x -> box item |]

    override _.Show(x, visitor) =
        match x with
        | :? ('V array) as items ->
            for item in items do
                visitor.Part item
        | _ ->
            for item in unbox<'C> x do
                visitor.Part item

    override _.Make(_, parts) = box (make (Array.map unbox<'V> parts)) |> nonNull

/// Keys, which are fixed, and values.
[<Sealed>]
type internal ByKeys<'C, 'K, 'V when 'C :> seq<KeyValuePair<'K, 'V>> and 'C: not null>
    (make: 'C -> KeyValuePair<'K, 'V> array -> 'C) =
    inherit Opening()
    override _.HasKeys = true

    override _.Show(x, visitor) =
        for pair in unbox<'C> x do
            visitor.Key pair.Key
            visitor.Part pair.Value

    override _.Parts x = [| for pair in unbox<'C> x -> box pair.Value |]

    override _.Make(x, parts) =
        let pairs = [| for pair, part in Seq.zip (unbox<'C> x) parts -> KeyValuePair(pair.Key, unbox<'V> part) |]
        box (make (unbox<'C> x) pairs) |> nonNull

[<Sealed>]
type internal Registered(parts: obj -> objnull array, make: obj -> objnull array -> obj) =
    inherit Opening()
    override _.Parts x = parts x
    override _.Make(x, values) = make x values

/// The openings of collections, whose type arguments are known at run time only: found by name of the collection.
[<AbstractClass; Sealed>]
type internal Collections =
    static member Array<'V>() : Opening = BySequence<'V array, 'V> id
    static member List<'V>() : Opening = BySequence<List<'V>, 'V>(fun items -> List<'V> items)
    static member FSharpList<'V>() : Opening = BySequence<'V list, 'V> List.ofArray
    static member ImmutableList<'V>() : Opening =
        BySequence<ImmutableList<'V>, 'V>(fun items -> ImmutableList.CreateRange items)
    static member FSharpMap<'K, 'V when 'K: comparison>() : Opening =
        ByKeys<Map<'K, 'V>, 'K, 'V>(fun _ pairs -> Map.ofSeq [ for pair in pairs -> pair.Key, pair.Value ])
    static member Dictionary<'K, 'V when 'K: not null and 'K: equality>() : Opening =
        ByKeys<Dictionary<'K, 'V>, 'K, 'V>(fun like pairs -> Dictionary<'K, 'V>(pairs, like.Comparer))
    static member SortedDictionary<'K, 'V when 'K: not null and 'K: equality>() : Opening =
        ByKeys<SortedDictionary<'K, 'V>, 'K, 'V>(fun like pairs ->
            SortedDictionary<'K, 'V>(Dictionary pairs, like.Comparer))
    static member ImmutableDictionary<'K, 'V when 'K: not null>() : Opening =
        ByKeys<ImmutableDictionary<'K, 'V>, 'K, 'V>(fun like pairs -> like.SetItems pairs)

/// Which types are structures, and how they open.
[<RequireQualifiedAccess>]
module internal Openings =
    /// A type of structures, and how it opens. One stands for another of the same type: a trace outlives registrations.
    [<CustomEquality; NoComparison>]
    type Node =
        { Type: Type
          Opening: Opening }

        override node.GetHashCode() = node.Type.GetHashCode()
        override node.Equals other =
            match other with
            | :? Node as o -> o.Type = node.Type
            | _ -> false

    [<RequireQualifiedAccess>]
    type Kind =
        | Leaf
        /// Enters the signature by value.
        | Static
        | Parts of Node

    let private registered = ConcurrentDictionary<Type, Opening>()
    let private known = ConcurrentDictionary<Type, Kind>()

    let register ty opening =
        registered[ty] <- opening
        known.Clear()

    let rec private ancestors (ty: Type) =
        match ty.BaseType with
        | null -> [ ty ]
        | parent -> ty :: ancestors parent

    let private isGeneric (definitions: Type list) (ty: Type) =
        ty.IsGenericType && List.contains (ty.GetGenericTypeDefinition()) definitions

    let private isStatic (ty: Type) =
        ty.IsPrimitive
        || ty.IsEnum
        || List.contains ty [ typeof<string>; typeof<Format>; typeof<TensorType> ]
        || typeof<Type>.IsAssignableFrom ty
        || typeof<Delegate>.IsAssignableFrom ty
        || ancestors ty |> List.exists (isGeneric [ typedefof<FSharpFunc<_, _>> ])

    /// What C# makes of `new { … }`, and of `[ … ]` where an interface is wanted.
    let private isMadeByCompiler (ty: Type) =
        ty.Name.StartsWith "<>f__AnonymousType" || ty.Name.StartsWith "<>z__ReadOnly"

    let private isRecord (ty: Type) =
        FSharpType.IsRecord(ty, true)
        || FSharpType.IsUnion(ty, true)
        || not (
            isNull (ty.GetMethod("<Clone>$", BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic))
        )

    let private collection (name: string) (arguments: Type array) =
        let maker =
            typeof<Collections>.GetMethod(name, BindingFlags.Static ||| BindingFlags.NonPublic ||| BindingFlags.Public)
            |> nonNull
        maker.MakeGenericMethod(arguments).Invoke(null, [||]) |> nonNull |> unbox<Opening>

    let private collections =
        [ typedefof<List<_>>
          typedefof<list<_>>
          typedefof<ImmutableList<_>>
          typedefof<Map<_, _>>
          typedefof<Dictionary<_, _>>
          typedefof<SortedDictionary<_, _>>
          typedefof<ImmutableDictionary<_, _>> ]

    let private find (ty: Type) =
        let own =
            ancestors ty
            |> List.tryPick (fun t ->
                match registered.TryGetValue t with
                | true, opening -> Some opening
                | _ -> None)

        let parts opening = Kind.Parts { Type = ty; Opening = opening }

        match own, ancestors ty |> List.tryFind (isGeneric collections) with
        | Some opening, _ -> parts opening
        | None, Some collectionType ->
            parts (
                collection
                    (collectionType.Name.Substring(0, collectionType.Name.IndexOf "`"))
                    (collectionType.GetGenericArguments())
            )
        | None, None when ty = typeof<Tensor> -> Kind.Leaf
        | None, None when isStatic ty -> Kind.Static
        | None, None when ty.IsSZArray -> parts (collection "Array" [| ty.GetElementType() |> nonNull |])
        | None, None when
            ty.IsValueType
            || isRecord ty
            || isMadeByCompiler ty
            || isGeneric [ typedefof<ReadOnlyCollection<_>> ] ty
            || typeof<ITuple>.IsAssignableFrom ty
            || typeof<IStructure>.IsAssignableFrom ty
            ->
            parts (ByFields ty)
        | _ ->
            raise (
                StructureException(
                    "Structure",
                    [],
                    $"{ty} is no structure of tensors",
                    "use a tuple, record, array, list or map; or register the type with Structure.Register"
                )
            )

    let ofType ty = known.GetOrAdd(ty, find)
