namespace Functional

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Collections.Immutable
open System.Collections.ObjectModel
open System.Reflection
open System.Runtime.CompilerServices
open Microsoft.FSharp.Reflection

/// Which types are structures, and how they open.
[<RequireQualifiedAccess>]
module internal Openings =
    [<RequireQualifiedAccess>]
    type Kind =
        | Leaf
        /// Enters the signature by value.
        | Static
        /// The same, in no box.
        | Number of Primitive
        | Parts of Opening
        /// No structure.
        | Foreign

    /// A type, and what it is.
    [<Sealed; AllowNullLiteral(true)>]
    type private Finding(ty: Type, kind: Kind) =
        let opening: Opening | null =
            match kind with
            | Kind.Parts opening -> opening
            | _ -> null
        member _.Type = ty
        member _.Kind = kind
        member _.Opening: Opening | null = opening

    let private registered = ConcurrentDictionary<Type, Type -> Opening>()
    let private known = ConcurrentDictionary<Type, Kind>()

    /// Found lately, each where its hash code says: a look-up takes a few nanoseconds.
    let private recent = Array.zeroCreate<Finding> 256

    /// A derived type opens as its parent does.
    let register ty (opening: Type -> Opening) =
        registered[ty] <- opening
        known.Clear()
        Array.Clear recent

    let rec private ancestors (ty: Type) =
        match ty.BaseType with
        | null -> [ ty ]
        | parent -> ty :: ancestors parent

    let private isGeneric (definitions: Type list) (ty: Type) =
        ty.IsGenericType && List.contains (ty.GetGenericTypeDefinition()) definitions

    let private isStatic (ty: Type) =
        List.contains ty [ typeof<string>; typeof<Format>; typeof<TensorType> ]
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

    let private collection (ty: Type) (name: string) (arguments: Type array) =
        let maker =
            typeof<Collections>.GetMethod(name, BindingFlags.Static ||| BindingFlags.NonPublic ||| BindingFlags.Public)
            |> nonNull
        maker.MakeGenericMethod(arguments).Invoke(null, [| ty |]) |> nonNull |> unbox<Opening>

    let private byFields (ty: Type) =
        Activator.CreateInstance(typedefof<FieldOpening<_>>.MakeGenericType ty) |> nonNull |> unbox<Opening>

    let private primitive (ty: Type) =
        Activator.CreateInstance(typedefof<Primitive<_>>.MakeGenericType ty) |> nonNull |> unbox<Primitive>

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
                | true, opening -> Some(opening ty)
                | _ -> None)

        match own, ancestors ty |> List.tryFind (isGeneric collections) with
        | Some opening, _ -> Kind.Parts opening
        | None, Some collectionType ->
            Kind.Parts(
                collection
                    ty
                    (collectionType.Name.Substring(0, collectionType.Name.IndexOf "`"))
                    (collectionType.GetGenericArguments())
            )
        | None, None when ty = typeof<Tensor> -> Kind.Leaf
        | None, None when ty.IsPrimitive || ty.IsEnum -> Kind.Number(primitive ty)
        | None, None when isStatic ty -> Kind.Static
        | None, None when ty.IsSZArray -> Kind.Parts(collection ty "Array" [| ty.GetElementType() |> nonNull |])
        | None, None when
            ty.IsValueType
            || isRecord ty
            || isMadeByCompiler ty
            || isGeneric [ typedefof<ReadOnlyCollection<_>> ] ty
            || typeof<ITuple>.IsAssignableFrom ty
            || typeof<IStructure>.IsAssignableFrom ty
            ->
            Kind.Parts(byFields ty)
        | _ -> Kind.Foreign

    let private finding (ty: Type) : Finding =
        let place = RuntimeHelpers.GetHashCode ty % recent.Length

        match recent[place] with
        | found when not (isNull found) && obj.ReferenceEquals(found.Type, ty) -> found
        | _ ->
            let made = Finding(ty, known.GetOrAdd(ty, find))
            recent[place] <- made
            made

    /// What a type is, structure or not.
    let kindOf (ty: Type) : Kind = (finding ty).Kind

    let private accepted (ty: Type) (kind: Kind) : Kind =
        match kind with
        | Kind.Foreign ->
            raise (
                StructureException(
                    "Structure",
                    [],
                    $"{ty} is no structure of tensors",
                    "use a tuple, record, array, list or map; or register the type with Structure.Register"
                )
            )
        | kind -> kind

    /// What the type of a part of a structure is. Throws StructureException for one that is no structure.
    let ofType (ty: Type) : Kind = accepted ty (kindOf ty)

    /// How a type opens; null where nothing in it does. Throws as `ofType`.
    let openingOf ty : Opening | null =
        let found = finding ty
        if isNull found.Opening then accepted ty found.Kind |> ignore
        found.Opening
