namespace Functional

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Runtime.CompilerServices
open Microsoft.FSharp.Reflection

/// A type whose instance fields are opened as those of a record are: tensors in them are leaves.
type IStructure = interface end

/// Any nesting without its tensors: what of a structure decides whether a trace can be reused.
[<Sealed; AllowNullLiteral(false)>]
type internal Skeleton(kind: Type, fixedValue: objnull, children: Skeleton array) =
    let hash =
        children
        |> Array.fold (fun h (c: Skeleton) -> h * 31 + c.GetHashCode()) (HashCode.Combine(kind, fixedValue))
    static member val Leaf = Skeleton(typeof<Tensor>, null, [||])
    member _.Kind = kind
    member _.Fixed = fixedValue
    member _.Children = children
    override _.GetHashCode() = hash

    override this.Equals other =
        match other with
        | :? Skeleton as o ->
            obj.ReferenceEquals(this, o)
            || (hash = o.GetHashCode()
                && kind = o.Kind
                && Object.Equals(fixedValue, o.Fixed)
                && children.Length = o.Children.Length
                && Array.forall2 (fun (a: Skeleton) b -> a.Equals b) children o.Children)
        | _ -> false

/// Collections from their parts, found by name: the type arguments are known at run time only.
[<AbstractClass; Sealed>]
type internal StructureMakers =
    static member private Typed<'V>(parts: objnull array) = parts |> Array.map (fun part -> unbox<'V> part)
    static member private Keyed<'K, 'V>(keys: objnull, parts: objnull array) =
        List.map2 (fun key part -> unbox<'K> key, unbox<'V> part) (unbox<objnull list> keys) (List.ofArray parts)

    static member Pairs<'K, 'V>(pairs: seq<KeyValuePair<'K, 'V>>) : (objnull * objnull) array =
        [| for p in pairs -> box p.Key, box p.Value |]
    static member Map<'K, 'V when 'K: comparison>(keys, parts) = Map.ofList (StructureMakers.Keyed<'K, 'V>(keys, parts))
    static member Dictionary<'K, 'V when 'K: not null and 'K: equality>(keys, parts) =
        Dictionary<'K, 'V>(StructureMakers.Keyed<'K, 'V>(keys, parts) |> List.map KeyValuePair)
    static member SortedDictionary<'K, 'V when 'K: not null and 'K: equality>(keys, parts) =
        SortedDictionary<'K, 'V>(dict (StructureMakers.Keyed<'K, 'V>(keys, parts)))
    static member ImmutableDictionary<'K, 'V when 'K: not null>(keys, parts) =
        Immutable.ImmutableDictionary.CreateRange<'K, 'V>(
            StructureMakers.Keyed<'K, 'V>(keys, parts) |> List.map KeyValuePair
        )
    static member FSharpList<'V>(parts) = List.ofArray (StructureMakers.Typed<'V> parts)
    static member List<'V>(parts) = List<'V>(StructureMakers.Typed<'V> parts)
    static member ImmutableArray<'V>(parts) = Immutable.ImmutableArray.Create<'V>(StructureMakers.Typed<'V> parts)
    static member ImmutableList<'V>(parts) = Immutable.ImmutableList.CreateRange<'V>(StructureMakers.Typed<'V> parts)

/// Takes structures apart and puts them together: tuples, records, unions, arrays, lists, maps, and what is registered.
[<RequireQualifiedAccess>]
module internal Structures =
    /// The parts of one type of value.
    type Opening =
        | Leaf
        /// Enters the signature by value.
        | Static
        /// What beside the parts decides (the keys of a map), the parts, and the way back.
        | Parts of (obj -> objnull * objnull array) * (obj -> objnull -> objnull array -> obj)

    let private clone =
        typeof<obj>.GetMethod("MemberwiseClone", BindingFlags.Instance ||| BindingFlags.NonPublic)
        |> nonNull

    let rec private fieldsOf (ty: Type) : FieldInfo list =
        let own =
            ty.GetFields(
                BindingFlags.Instance
                ||| BindingFlags.Public
                ||| BindingFlags.NonPublic
                ||| BindingFlags.DeclaredOnly
            )
            |> List.ofArray
        match ty.BaseType with
        | null -> own
        | parent -> fieldsOf parent @ own

    let private byFields (ty: Type) =
        let fields = fieldsOf ty |> Array.ofList
        let read (x: obj) : objnull * objnull array = null, [| for f in fields -> f.GetValue(x) |]

        let write (x: obj) (_: objnull) (parts: objnull array) : obj =
            let copy = clone.Invoke(x, [||]) |> nonNull
            for f, part in Array.zip fields parts do
                f.SetValue(copy, part)
            copy

        Parts(read, write)

    let private generic (definition: Type) (ty: Type) = ty.IsGenericType && ty.GetGenericTypeDefinition() = definition

    /// The name without the number of type arguments.
    let private plainName (ty: Type) =
        let name = ty.Name.Replace("FSharp", "")
        name.Substring(0, name.IndexOf "`")

    let private call (name: string) (types: Type array) (args: objnull array) =
        let maker = typeof<StructureMakers>
        (maker.GetMethod(name, BindingFlags.Static ||| BindingFlags.NonPublic ||| BindingFlags.Public)
         |> nonNull)
            .MakeGenericMethod(types)
            .Invoke(null, args)
        |> nonNull

    let private registered = ConcurrentDictionary<Type, (obj -> objnull array) * (obj -> objnull array -> obj)>()
    let private openings = ConcurrentDictionary<Type, Opening>()

    let register (ty: Type) parts rebuild =
        registered[ty] <- (parts, rebuild)
        openings.Clear()

    let private isCSharpRecord (ty: Type) =
        let members = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic
        not (isNull (ty.GetMethod("<Clone>$", members)))
        || (ty.IsValueType && not (isNull (ty.GetMethod("PrintMembers", members))))

    let private containsReferences (ty: Type) =
        (typeof<RuntimeHelpers>.GetMethod "IsReferenceOrContainsReferences" |> nonNull)
            .MakeGenericMethod(ty)
            .Invoke(null, [||])
        |> nonNull
        |> unbox<bool>

    let rec private ancestors (ty: Type) =
        match ty.BaseType with
        | null -> [ ty ]
        | parent -> ty :: ancestors parent

    let private opening (ty: Type) =
        let isFunction = ancestors ty |> List.exists (fun t -> generic typedefof<FSharpFunc<_, _>> t)
        let known =
            ancestors ty
            |> List.tryPick (fun t ->
                match registered.TryGetValue t with
                | true, r -> Some r
                | _ -> None)

        match known with
        | Some(parts, rebuild) -> Parts((fun x -> null, parts x), (fun x _ values -> rebuild x values))
        | None when ty = typeof<Tensor> -> Leaf
        | None when
            ty = typeof<string>
            || ty = typeof<Format>
            || ty = typeof<TensorType>
            || typeof<Type>.IsAssignableFrom ty
            || typeof<Delegate>.IsAssignableFrom ty
            || isFunction
            ->
            Static
        | None when ty.IsValueType && not (containsReferences ty) -> Static
        | None when ty.IsArray && ty.GetArrayRank() = 1 ->
            let element = ty.GetElementType() |> nonNull
            Parts(
                (fun x -> null, [| for item in (x :?> IEnumerable) -> item |]),
                (fun _ _ parts ->
                    let result = Array.CreateInstance(element, parts.Length)
                    parts |> Array.iteri (fun k part -> result.SetValue(part, k))
                    result)
            )
        | None when
            generic typedefof<Map<_, _>> ty
            || generic typedefof<Dictionary<_, _>> ty
            || generic typedefof<Immutable.ImmutableDictionary<_, _>> ty
            || generic typedefof<SortedDictionary<_, _>> ty
            ->
            let types = ty.GetGenericArguments()
            let maker = plainName ty
            Parts(
                (fun x ->
                    let pairs = call "Pairs" types [| x |] :?> (objnull * objnull) array
                    box (List.ofArray (Array.map fst pairs)), Array.map snd pairs),
                (fun _ keys parts -> call maker types [| keys; parts |])
            )
        | None when ancestors ty |> List.exists (generic typedefof<list<_>>) ->
            let types = ty.GetGenericArguments()
            Parts(
                (fun x -> null, [| for item in (x :?> IEnumerable) -> item |]),
                (fun _ _ parts -> call "FSharpList" types [| parts |])
            )
        | None when
            generic typedefof<List<_>> ty
            || generic typedefof<Immutable.ImmutableArray<_>> ty
            || generic typedefof<Immutable.ImmutableList<_>> ty
            ->
            let types = ty.GetGenericArguments()
            let maker = plainName ty
            Parts(
                (fun x -> null, [| for item in (x :?> IEnumerable) -> item |]),
                (fun _ _ parts -> call maker types [| parts |])
            )
        | None when
            FSharpType.IsRecord(ty, true)
            || FSharpType.IsUnion(ty, true)
            || typeof<ITuple>.IsAssignableFrom ty
            || isCSharpRecord ty
            || ty.IsValueType
            || typeof<IStructure>.IsAssignableFrom ty
            ->
            byFields ty
        | None ->
            raise (
                StructureException(
                    "Structure",
                    [],
                    $"{ty} is no structure of tensors",
                    "use a tuple, record, array, list or map; or register the type with Structure.Register"
                )
            )

    let private openingOf ty = openings.GetOrAdd(ty, opening)

    /// Where a cycle is first looked for: shallower structures pay nothing.
    [<Literal>]
    let private Deep = 64

    /// The tensors of a value, and its skeleton without them.
    let flatten (value: objnull) : Tensor array * Skeleton =
        let leaves = ResizeArray<Tensor>()

        let rec go (above: obj list) depth (value: objnull) : Skeleton =
            match value with
            | null -> Skeleton(typeof<Void>, null, [||])
            | :? Tensor as t ->
                leaves.Add t
                Skeleton.Leaf
            | value ->
                let ty = value.GetType()

                match openingOf ty with
                | Leaf -> Skeleton.Leaf
                | Static -> Skeleton(ty, value, [||])
                | Parts(parts, _) ->
                    if depth > Deep && above |> List.exists (fun a -> obj.ReferenceEquals(a, value)) then
                        raise (
                            StructureException(
                                "Structure",
                                [],
                                $"a {ty} contains itself",
                                "structures of tensors are trees"
                            )
                        )

                    let fixedValue, parts = parts value
                    Skeleton(ty, fixedValue, parts |> Array.map (go (value :: above) (depth + 1)))

        let skeleton = go [] 0 value
        leaves.ToArray(), skeleton

    /// A value like this one with other tensors.
    let rebuild (value: objnull) (leaves: Tensor array) : objnull =
        let mutable next = 0

        let rec go (value: objnull) : objnull =
            match value with
            | null -> null
            | :? Tensor ->
                next <- next + 1
                leaves[next - 1]
            | value ->
                match openingOf (value.GetType()) with
                | Leaf
                | Static -> value
                | Parts(parts, make) ->
                    let fixedValue, parts = parts value
                    make value fixedValue (Array.map go parts)

        go value

    /// A structure like this one with other tensors.
    let replace (value: 'T) (leaves: Tensor array) : 'T = unbox<'T>(rebuild (box value) leaves)
