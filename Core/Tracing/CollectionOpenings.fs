namespace Functional

open System
open System.Collections.Generic
open System.Collections.Immutable
open Microsoft.FSharp.Core.CompilerServices

/// Arrays.
[<Sealed>]
type internal ArrayOpening<'V>() =
    inherit Opening<'V array>(typeof<'V array>)

    override _.ShowValue(items, visitor) =
        for item in items do
            Parts<'V>.Show(item, visitor)

    override _.ReplaceValue(items, source) =
        let made = Array.zeroCreate<'V> items.Length
        for k in 0 .. items.Length - 1 do
            made[k] <- Parts<'V>.Replace(items[k], source)
        made

/// Lists that grow, and types derived from them.
[<Sealed>]
type internal ListOpening<'V>(ty: Type) =
    inherit Opening<List<'V>>(ty)

    override _.ShowValue(items, visitor) =
        for item in items do
            Parts<'V>.Show(item, visitor)

    override _.ReplaceValue(items, source) =
        let made = List<'V> items.Count
        for item in items do
            made.Add(Parts<'V>.Replace(item, source))
        made

/// Lists of F#.
[<Sealed>]
type internal FSharpListOpening<'V>(ty: Type) =
    inherit Opening<'V list>(ty)

    override _.ShowValue(items, visitor) =
        let mutable rest = items
        while not rest.IsEmpty do
            Parts<'V>.Show(rest.Head, visitor)
            rest <- rest.Tail

    override _.ReplaceValue(items, source) =
        let mutable made, rest = ListCollector<'V>(), items
        while not rest.IsEmpty do
            made.Add(Parts<'V>.Replace(rest.Head, source))
            rest <- rest.Tail
        made.Close()

/// Sequences of one element type, made anew from an array.
[<Sealed>]
type internal SequenceOpening<'C, 'V when 'C :> seq<'V> and 'C: not null>(ty: Type, make: 'V array -> 'C) =
    inherit Opening<'C>(ty)

    override _.ShowValue(items, visitor) =
        for item in items do
            Parts<'V>.Show(item, visitor)

    override _.ReplaceValue(items, source) = make [| for item in items -> Parts<'V>.Replace(item, source) |]

/// Keys, which are fixed, and values.
[<Sealed>]
type internal KeyOpening<'C, 'K, 'V when 'C :> seq<KeyValuePair<'K, 'V>> and 'C: not null>
    (ty: Type, make: 'C -> KeyValuePair<'K, 'V> array -> 'C) =
    inherit Opening<'C>(ty)
    static let isPrimitive = typeof<'K>.IsPrimitive || typeof<'K>.IsEnum
    override _.HasKeys = true

    override _.ShowValue(items, visitor) =
        for pair in items do
            if isPrimitive then
                visitor.Number(Primitive<'K>.Instance, Primitive<'K>.BitsOf pair.Key)
            else
                visitor.Key pair.Key

            Parts<'V>.Show(pair.Value, visitor)

    override _.ReplaceValue(items, source) =
        make items [| for pair in items -> KeyValuePair(pair.Key, Parts<'V>.Replace(pair.Value, source)) |]

/// As the user has registered it.
[<Sealed>]
type internal RegisteredOpening(ty: Type, parts: obj -> objnull array, make: obj -> objnull array -> obj) =
    inherit Opening(ty)

    override _.Show(x, visitor) =
        for part in parts x do
            visitor.Part part

    override _.Replace(x, source) = make x (parts x |> Array.map source.Part)

/// The openings of collections, whose type arguments are known at run time only: found by name of the collection.
[<AbstractClass; Sealed>]
type internal Collections =
    static member Array<'V>(_: Type) : Opening = ArrayOpening<'V>()
    static member List<'V>(ty: Type) : Opening = ListOpening<'V> ty
    static member FSharpList<'V>(ty: Type) : Opening = FSharpListOpening<'V> ty
    static member ImmutableList<'V>(ty: Type) : Opening =
        SequenceOpening<ImmutableList<'V>, 'V>(ty, (fun items -> ImmutableList.CreateRange items))
    static member FSharpMap<'K, 'V when 'K: comparison>(ty: Type) : Opening =
        KeyOpening<Map<'K, 'V>, 'K, 'V>(ty, (fun _ pairs -> Map.ofSeq [ for pair in pairs -> pair.Key, pair.Value ]))
    static member Dictionary<'K, 'V when 'K: not null and 'K: equality>(ty: Type) : Opening =
        KeyOpening<Dictionary<'K, 'V>, 'K, 'V>(ty, (fun like pairs -> Dictionary<'K, 'V>(pairs, like.Comparer)))
    static member SortedDictionary<'K, 'V when 'K: not null and 'K: equality>(ty: Type) : Opening =
        KeyOpening<SortedDictionary<'K, 'V>, 'K, 'V>(
            ty,
            (fun like pairs -> SortedDictionary<'K, 'V>(Dictionary pairs, like.Comparer))
        )
    static member ImmutableDictionary<'K, 'V when 'K: not null>(ty: Type) : Opening =
        KeyOpening<ImmutableDictionary<'K, 'V>, 'K, 'V>(ty, (fun like pairs -> like.SetItems pairs))
