/// Structures at random: any nesting of what counts as one, with tensors and static values at the leaves.
module Functional.Tests.Tracing.RandomStructures

open System
open System.Collections
open System.Collections.Generic
open System.Collections.Immutable
open FsCheck
open FsCheck.FSharp
open Microsoft.FSharp.Reflection
open Functional
open Functional.Properties

type Record = { First: objnull; Second: objnull }

type Union =
    | Pair of objnull * objnull
    | Other of objnull * objnull

/// As C# compiles a record.
type RecordOfCSharp =
    val First: objnull
    val Second: objnull
    new(first, second) = { First = first; Second = second }
    member this.``<Clone>$``() = RecordOfCSharp(this.First, this.Second)

type MarkedClass(first: objnull, second: objnull) =
    let parts = first, second
    member _.Parts = parts
    interface IStructure

type RegisteredClass(parts: objnull array) =
    member _.Parts = parts

Structure.Register<RegisteredClass>(
    (fun r -> r.Parts :> IReadOnlyList<objnull>),
    fun _ parts -> RegisteredClass(Array.ofSeq parts)
)

type Kind =
    | Tuple
    | StructTuple
    | FSharpRecord
    | Case
    | OtherCase
    | CSharpRecord
    | Marked
    | Registered
    | Option
    | Array
    | FSharpList
    | List
    | ImmutableList
    | ImmutableArray
    | Map
    | Dictionary
    | SortedDictionary
    | ImmutableDictionary

type Tree =
    | Leaf of TensorType
    | Static of objnull
    | Node of Kind * Tree list

let private kinds =
    [| for case in FSharpType.GetUnionCases typeof<Kind> -> unbox<Kind>(FSharpValue.MakeUnion(case, [||])) |]

let private takes count kind =
    match kind with
    | FSharpRecord
    | Case
    | OtherCase
    | CSharpRecord
    | Marked -> count = 2
    | Option -> count = 1
    | Tuple
    | StructTuple -> count > 0
    | _ -> true

let private tuple (makeType: Type array -> Type) (parts: objnull array) =
    FSharpValue.MakeTuple(parts, makeType (Array.replicate parts.Length typeof<obj>))

/// The object that a tree describes, with tensors for its leaves.
let rec build (tensor: TensorType -> Tensor) (tree: Tree) : objnull =
    match tree with
    | Leaf ty -> tensor ty
    | Static value -> value
    | Node(kind, children) ->
        let parts = [| for child in children -> build tensor child |]
        let keyed = parts |> Array.mapi (fun k part -> KeyValuePair($"key {k}", part))

        match kind with
        | Tuple -> tuple FSharpType.MakeTupleType parts
        | StructTuple -> tuple FSharpType.MakeStructTupleType parts
        | FSharpRecord -> { First = parts[0]; Second = parts[1] }
        | Case -> Pair(parts[0], parts[1])
        | OtherCase -> Other(parts[0], parts[1])
        | CSharpRecord -> RecordOfCSharp(parts[0], parts[1])
        | Marked -> MarkedClass(parts[0], parts[1])
        | Registered -> RegisteredClass parts
        | Option -> Some parts[0]
        | Array -> parts
        | FSharpList -> List.ofArray parts
        | List -> Generic.List<objnull> parts
        | ImmutableList -> ImmutableList.CreateRange parts
        | ImmutableArray -> ImmutableArray.CreateRange parts
        | Map -> Map.ofSeq [ for pair in keyed -> pair.Key, pair.Value ]
        | Dictionary -> Generic.Dictionary<string, objnull> keyed
        | SortedDictionary -> Generic.SortedDictionary<string, objnull>(Generic.Dictionary<string, objnull> keyed)
        | ImmutableDictionary -> ImmutableDictionary.CreateRange keyed

let rec private leaves tree =
    match tree with
    | Leaf ty -> [ ty ]
    | Static _ -> []
    | Node(_, children) -> List.collect leaves children

/// The types of the tensors, in order.
let types tree = leaves tree

/// Whether tensors are held in the order in which the tree has them.
let rec isOrdered tree =
    match tree with
    | Node(kind, children) -> kind <> ImmutableDictionary && List.forall isOrdered children
    | _ -> true

let private statics: objnull array =
    [| 1
       1L
       true
       "text"
       'c'
       1.5
       0.
       nan
       2.5f
       DayOfWeek.Friday
       Format.Parse "BC"
       typeof<int>
       null |]

let rec private grow (random: Random) depth : Tree =
    match random.Next(if depth = 0 then 3 else 6) with
    | 0
    | 1 -> Leaf(Values.tensorType random)
    | 2 -> Static(Values.pick random statics)
    | _ ->
        let children = [ for _ in 1 .. random.Next 5 -> grow random (depth - 1) ]
        Node(kinds |> Array.filter (takes children.Length) |> Values.pick random, children)

/// The same tree with a part of itself in its place, or without some of its children.
let rec private shrink tree : Tree seq =
    match tree with
    | Leaf _
    | Static _ -> Seq.empty
    | Node(kind, children) -> seq {
        yield! children

        for k in 0 .. children.Length - 1 do
            if takes (children.Length - 1) kind then Node(kind, List.removeAt k children)

            for smaller in shrink children[k] do
                Node(kind, List.updateAt k smaller children)
      }

let arbitrary: Arbitrary<Tree> =
    Arb.fromGenShrink (
        Gen.choose (0, Int32.MaxValue)
        |> Gen.map (fun seed -> let random = System.Random seed in grow random 3),
        shrink
    )

let private sizeChanged (t: TensorType) =
    let sizes = if t.Rank = 0 then [ 2 ] else (t.Shape[0] + 1) :: List.tail (List.ofSeq t.Shape)
    TensorType(t.DType, sizes, (if t.Rank = 0 then Format.None else t.Format))

let private valueChanged (value: objnull) : objnull =
    match value with
    | :? int as n -> box (n + 1)
    | :? int64 as n -> box (n + 1L)
    | :? bool as b -> box (not b)
    | :? string as s -> box (s + "!")
    | :? char -> box 'd'
    | :? float as x -> box (if x = 0. then -0. else 1. / 3.)
    | :? float32 as x -> box (x + 1f)
    | :? DayOfWeek -> box DayOfWeek.Monday
    | :? Format -> box (Format.Parse "CB")
    | :? Type -> box typeof<float>
    | _ -> box 0

/// All trees that differ from this one in one part of its signature, each with the part's name.
let rec variations tree : (string * Tree) list =
    match tree with
    | Leaf t ->
        let labels = if t.Format.IsNone then String('U', t.Rank) else ""
        [ "size", Leaf(sizeChanged t)
          "dtype", Leaf(TensorType(enum<DType>((int t.DType + 1) % 5), t.Shape, t.Format))
          "tensor or static", Static 1
          if t.Rank > 0 then "format", Leaf(TensorType(t.DType, t.Shape, Format.Parse labels)) ]
    | Static value ->
        [ "static value", Static(valueChanged value)
          "static or tensor", Leaf(TensorType(DType.Float32, [])) ]
    | Node(kind, children) ->
        let inside =
            [ for k, child in List.indexed children do
                  for name, varied in variations child -> name, Node(kind, List.updateAt k varied children) ]

        let others =
            [ for other in kinds do
                  if other <> kind && takes children.Length other then $"{kind} or {other}", Node(other, children) ]

        let swapped =
            [ for k in 1 .. children.Length - 1 do
                  let a, b = children[k - 1], children[k]
                  if $"%A{a}" <> $"%A{b}" then
                      "order", Node(kind, children |> List.updateAt (k - 1) b |> List.updateAt k a) ]

        let longer =
            if takes (children.Length + 1) kind then
                [ "number of parts", Node(kind, children @ [ Static 1 ]) ]
            else
                []

        inside @ others @ swapped @ longer
