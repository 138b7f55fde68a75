/// Structures taken apart and put together, and what of them belongs to a signature.
module Functional.Tests.Tracing.StructureTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests
open Functional.Tests.Tracing.RandomStructures

let private valued (random: Random) (ty: TensorType) =
    Direct.Tensor(ty, Blocks.ofArray ty (Values.data random Taste.Wild ty))

let private turned (x: Tensor) = Tensor.permute [ x.Rank - 1 .. -1 .. 0 ] x

/// Turns each tensor of a structure.
let private turn (structure: objnull) : objnull = Structure.Map(Func<_, _> turned, structure)

let private law name judge = Seed.property name 200 arbitrary (fun tree -> judge (System.Random(hash $"%A{tree}")) tree)

let private verdictOf holds explanation = if holds then Verdict.Holds else Verdict.Fails explanation

let private apart (random: Random) tree =
    let structure = build (valued random) tree
    let leaves = List.ofSeq (Structure.Leaves structure)

    let found = [ for x in leaves -> x.Type ]
    // The dictionary by hash codes has an order of its own.
    let order = if isOrdered tree then id else List.sortBy string

    if order found <> order (types tree) then
        Verdict.Fails "the leaves are others, or in another order"
    else
        let again: objnull = Structures.replace structure (Array.ofList leaves)
        match Compare.difference structure again with
        | Some difference -> Verdict.Fails difference
        | None -> verdictOf (isNull structure || structure.GetType() = again.GetType()) "its type is another"

let private accelerated (random: Random) tree =
    let values = [ for _ in 1..3 -> build (valued random) tree ]
    Verdict.all [ Acceleration.equalsDirect turn values 1UL; Acceleration.tracesAreSignatures turn values 1 ]

let private matters (random: Random) tree =
    let variations = Array.ofList (variations tree)

    if variations.Length = 0 then
        Verdict.Silent "no variation"
    else
        Verdict.all
            [ for _ in 1..5 do
                  let part, other = Values.pick random variations
                  let pair = [ build (valued random) tree; build (valued random) other ]

                  match Acceleration.tracesAreSignatures turn pair 2 with
                  | Verdict.Fails problem -> Verdict.Fails $"{part}, {tree} and {other}: {problem}"
                  | verdict -> verdict ]

type private Node = { Value: Tensor; Next: Node option }

let private deep = test "lists of 1,000 nested records are opened" {
    let chain = Seq.fold (fun next _ -> Some { Value = Tensor.scalar 1.; Next = next }) None [ 1..1000 ]
    Expect.equal (Structure.Leaves chain).Count 1000 "leaves"
}

let private cycles = test "a structure that contains itself is refused, and nothing is cached" {
    let cycle = ResizeArray<obj>()
    cycle.Add cycle
    let f = accelerateWith AccelerateOptions.Default (fun (_: ResizeArray<obj>) -> Tensor.scalar 1.)

    let e =
        try
            f.Invoke cycle |> ignore
            failtest "no error"
        with :? StructureException as e ->
            e
    Expect.stringContains e.Message "contains itself" "message"
    Expect.equal f.Count 0 "signatures"
}

let private noStructure = test "what is no structure is refused with its type and the remedy" {
    let e =
        try
            Structure.Leaves(System.Random()) |> ignore
            failtest "no error"
        with :? StructureException as e ->
            e
    Expect.stringContains e.Message "System.Random" "the type"
    Expect.stringContains e.Message "Structure.Register" "the remedy"
}

let tests =
    testList
        "Structures"
        [ law "taken apart and put together they are the same" apart
          law "accelerated functions of them equal direct ones, with one trace for all values" accelerated
          law "size, format, data type, static value, kind, number and order of parts each matter" matters
          deep
          cycles
          noStructure ]
