/// Every op of the catalogue against every law that applies. A new op is tested the moment it is listed.
module Functional.Tests.Properties.CatalogueTests

open System
open System.Reflection
open Microsoft.FSharp.Reflection
open Expecto
open Functional
open Functional.Properties
open Functional.Tests

[<Literal>]
let private Cases = 200

/// An instance of the entry on a random type for which it has one.
let rec private instance (random: Random) taste dtypes (entry: Entry) attempts =
    let ty = Values.typeWith random (Values.pick random dtypes)

    match Generate.single random taste entry ty with
    | Some program -> program
    | None when attempts > 0 -> instance random taste dtypes entry (attempts - 1)
    | None -> failtest $"{entry.Name} has no sample for any of %A{dtypes}"

let private allTypes = Enum.GetValues<DType>()

let private ofPrograms (entry: Entry) =
    [ for name, law in ProgramLaws.all ->
          Seed.law $"{entry.Name}: {name}" Cases 1. (fun random ->
              let taste = if random.Next 2 = 0 then Taste.Wild else Taste.Tame

              match ProgramLaws.counterexample law (instance random taste allTypes entry 200) with
              | None -> Verdict.Holds
              | Some(smallest, Verdict.Fails problem) -> Verdict.Fails $"{problem}\n{smallest}"
              | Some(_, verdict) -> verdict) ]

let private hasReals (program: RandomProgram) =
    let reals = List.exists (fun (t: TensorType) -> t.DType = DType.Float64)
    reals [ for i in program.Inputs -> i.Type ] && reals program.Steps.Head.Results

/// On smooth points, of Float64; nothing for ops without such operands and results.
let private ofGradients (entry: Entry) =
    let rec smooth (random: Random) attempts =
        let program = Generate.single random Taste.Smooth entry (Values.tensorType random)

        match program with
        | Some p when hasReals p -> Some p
        | _ when attempts > 0 -> smooth random (attempts - 1)
        | _ -> None

    let law name verdict =
        // A kink or a jump within the step of the differences is the only reason to be silent.
        Seed.law $"{entry.Name}: {name}" Cases 0.7 (fun random ->
            let program = (smooth random 1000).Value

            match verdict (RandomProgram.run program) (RandomProgram.inputs program) (uint64 (random.Next())) with
            | Verdict.Fails problem -> Verdict.Fails $"{problem}\n{program}"
            | verdict -> verdict)

    match smooth (System.Random 0) 1000 with
    | None -> []
    | Some _ ->
        [ law "the gradient equals differences" Differentiation.equalsDifferences
          law "⟨w, J v⟩ = ⟨Jᵀ w, v⟩" Differentiation.transposes ]

let private isLanewise (op: Op) =
    match op.Kernel with
    | Map _ -> true
    | _ -> false

/// Vectors of every length up to two hardware vectors and more: each lane is what it is alone.
let private ofLengths (entry: Entry) =
    let alone (program: RandomProgram) k =
        let one (t: Tensor) = if t.Rank = 0 then t else Define.apply (Movement.slice [ k, 1, 1 ]) [ t ]
        (RandomProgram.run program (RandomProgram.inputs program |> List.map one)).Head

    let verdict (program: RandomProgram) =
        let together = (RandomProgram.run program (RandomProgram.inputs program)).Head
        let parts = [ for k in 0 .. together.Count - 1 -> alone program k ]

        match parts with
        | [] -> Verdict.Holds
        | _ ->
            match Compare.difference together (Define.apply (Movement.concat 0) parts) with
            | None -> Oracle.agreesOn (RandomProgram.run program) (RandomProgram.inputs program) 0UL
            | Some problem -> Verdict.Fails $"lanes together and alone: {problem}\n{program}"

    Seed.numbered $"{entry.Name}: every length from 0 to 67, special values" (68 * 3) 1. (fun case random ->
        let length = case % 68
        let types = allTypes |> Array.map (fun dtype -> TensorType(dtype, [ length ]))

        let rec draw () =
            match Generate.single random Taste.Wild entry (Values.pick random types) with
            | Some program -> program
            | None -> draw ()

        verdict (draw ()))

let private lanewise =
    Catalogue.all
    |> List.filter (fun entry -> isLanewise (instance (System.Random 0) Taste.Tame allTypes entry 200).Steps.Head.Op)

let private retyped source target (t: TensorType) =
    if t.DType = source then TensorType(target, t.Sizes, t.Format) else t

/// Where the catalogue has no sample for a data type, the op refuses it; and the other way round.
let private completeness (entry: Entry) = test $"{entry.Name} has a sample for every data type that it takes" {
    let sample dtype seed =
        let random = System.Random seed
        Generate.instance entry seed (Values.typeWith random dtype)

    let sampled = allTypes |> Array.filter (fun dtype -> Seq.exists (fun k -> (sample dtype k).IsSome) [ 0..99 ])
    Expect.isNonEmpty sampled "types with a sample"
    let source = sampled[0]

    for dtype in Array.except sampled allTypes do
        for op, operands in List.choose (sample source) [ 0..99 ] do
            let types = [ for o in operands -> retyped source dtype o.Type ]

            if not operands.IsEmpty then
                Expect.throwsT<DTypeException> (fun () -> op.Infer types |> ignore) $"{Print.op op} of %A{types}"
}

let private namesOf (ty: Type) =
    FSharpType.GetUnionCases(ty, BindingFlags.Public ||| BindingFlags.NonPublic)
    |> Array.map (fun case -> case.Name)
    |> Set.ofArray

let private nameOf (value: 'T) =
    (FSharpValue.GetUnionFields(value, typeof<'T>, BindingFlags.Public ||| BindingFlags.NonPublic) |> fst).Name

let rec private scalarsOf formula =
    match formula with
    | Formula.Apply(f, args) -> nameOf f :: List.collect scalarsOf args
    | _ -> []

let private everyCase =
    let kernels =
        lazy
            [ for entry in Catalogue.all do
                  for seed in 0..20 ->
                      (instance (System.Random seed) Taste.Tame allTypes entry 200).Steps.Head.Op.Kernel ]

    let occurs (name: string) (expected: Set<string>) found = test $"every {name} occurs in the catalogue" {
        Expect.isEmpty (expected - Set.ofSeq (Seq.collect found kernels.Value)) $"a {name} without an op"
    }

    let reductions kernel =
        match kernel with
        | Reduce(reduction, _)
        | Scan(reduction, _) -> [ nameOf reduction ]
        | _ -> []

    let moves kernel =
        match kernel with
        | Move move -> [ nameOf move ]
        | _ -> []

    let scalars kernel =
        match kernel with
        | Map formula -> scalarsOf formula
        | _ -> []

    [ occurs "kernel" (namesOf typeof<Kernel>) (nameOf >> List.singleton)
      occurs "scalar function" (namesOf typeof<Scalar>) scalars
      occurs "reduction" (namesOf typeof<Reduction>) reductions
      occurs "move" (namesOf typeof<Move>) moves ]

let tests =
    testList
        "Catalogue"
        [ testList "laws of programs" (List.collect ofPrograms Catalogue.all)
          testList "gradients" (List.collect ofGradients Catalogue.all)
          testList "lengths" (List.map ofLengths lanewise)
          testList "completeness" (List.map completeness Catalogue.all @ everyCase)
          test "names are unique" {
              let names = [ for entry in Catalogue.all -> entry.Name ]
              Expect.equal (List.distinct names) names "names of entries"
          } ]
