/// Every op of the catalogue, and random programs of them, under every law that applies. A new op is tested the moment it is
/// listed.
module Functional.Tests.LawTests

open Expecto
open Functional
open Functional.Properties

/// Cases of a law in one run.
[<Literal>]
let private Cases = 200

let private judge law program =
    match ProgramLaws.counterexample law program with
    | Some(smallest, Verdict.Fails problem) -> Verdict.Fails $"{problem}\n{smallest}"
    | Some(_, verdict) -> verdict
    | None -> Verdict.Holds

/// An instance of the op on a random type for which it has one.
let rec private instance (random: System.Random) (entry: Entry) attempts =
    let taste = if random.Next 3 = 0 then Taste.Wild else Taste.Tame

    match Generate.single random taste entry (Values.tensorType random) with
    | Some program -> program
    | None when attempts > 0 -> instance random entry (attempts - 1)
    | None -> failtest $"{entry.Name} has no instance for any type"

let private ofOp (entry: Entry) =
    [ for name, law in ProgramLaws.all ->
          Seed.law $"{entry.Name}: {name}" Cases 1. (fun random -> judge law (instance random entry 1000)) ]

let private ofPrograms =
    [ for name, law in ProgramLaws.all ->
          Seed.law $"random programs: {name}" (5 * Cases) 1. (fun random -> judge law (Generate.program 8 random)) ]

/// The op in Float64, on values where it is smooth.
let private smooth (entry: Entry) (random: System.Random) : RandomProgram option =
    match Generate.instance entry (random.Next()) (Values.typeWith random DType.Float64) with
    | Some(op, operands) when operands |> List.exists (fun o -> o.Type.DType = DType.Float64) ->
        let input (operand: Operand) : ProgramInput =
            let range = operand.Valid |> Option.defaultValue operand.Smooth
            { Type = operand.Type; Valid = operand.Valid; Data = Values.between random range operand.Type }

        let results = op.Infer [ for operand in operands -> operand.Type ]

        Some
            { Inputs = List.map input operands
              Steps =
                [ { Op = op
                    Operands = List.init operands.Length Source.Input
                    Like = None
                    Results = results
                    Entry = entry.Name
                    Choices = 0 } ]
              Outputs = List.init results.Length (fun k -> Source.Result(0, k)) }
    | _ -> None

let private derivative (entry: Entry) name (law: (Tensor list -> Tensor list) -> Tensor list -> uint64 -> Verdict) =
    Seed.law $"{entry.Name}: {name}" Cases 0. (fun random ->
        match smooth entry random with
        | Some program -> law (RandomProgram.run program) (RandomProgram.inputs program) (uint64 (random.Next()))
        | None -> Verdict.Silent "no real operand")

let private ofDerivatives (entry: Entry) =
    [ derivative entry "gradient = central differences" Differentiation.equalsDifferences
      derivative entry "pull is the transposed push" Differentiation.transposes ]

let tests =
    testList
        "laws"
        [ testList "ops" (List.collect ofOp Catalogue.all)
          testList "programs" ofPrograms
          testList "derivatives" (List.collect ofDerivatives Catalogue.all) ]
