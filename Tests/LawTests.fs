/// Every op of the catalogue, and random programs of them, under every law that applies.
module Functional.Tests.LawTests

open Expecto
open Functional
open Functional.Properties

/// Cases of a law in one run.
[<Literal>]
let private Cases = 200

/// The programs of one op alone, on operands of random types.
let private single (entry: Entry) (random: System.Random) taste =
    let first = Generate.tensorType random
    let choices = random.Next()

    Generate.instance entry choices first
    |> Option.map (fun (op, operands) ->
        let inputs = [ for operand in operands -> Generate.inputOf random taste operand ]
        let results = op.Infer [ for operand in operands -> operand.Type ]

        { Inputs = inputs
          Steps =
            [ { Op = op
                Operands = [ for k in 0 .. inputs.Length - 1 -> Source.Input k ]
                Like = None
                Results = results
                Entry = entry.Name
                Choices = choices } ]
          Outputs = [ for k in 0 .. results.Length - 1 -> Source.Result(0, k) ] }
        : RandomProgram)

let private holds seed (program: RandomProgram) =
    match ProgramLaws.counterexample program with
    | Some(smallest, verdict) -> failtest $"seed {seed}:\n{smallest}\n{verdict}"
    | None -> ()

/// Values and gradients, accelerated and direct, to the bit; each step of both traces against the oracle.
let private obeys seed (entry: Entry) =
    testCase entry.Name (fun () ->
        let random = System.Random(seed + entry.Name.Length * 7919 + int entry.Name[0])
        let mutable found, tries = 0, 0

        while found < Cases && tries < 50 * Cases do
            tries <- tries + 1
            let taste = if tries % 3 = 0 then Taste.Wild else Taste.Tame

            match single entry random taste with
            | Some program when not program.Inputs.IsEmpty ->
                found <- found + 1
                holds seed program
            | _ -> ()

        let draws =
            Generate.instance entry 1 (TensorType(DType.Float32, [ 2 ]))
            |> Option.exists (fun (_, operands) -> operands.IsEmpty)
        if not draws then Expect.equal found Cases "the catalogue has too few instances of this op")

let private programs seed =
    testCase "random programs" (fun () ->
        for number in 1 .. 10 * Cases do
            Generate.program 8 (System.Random(seed + 1_000_003 * number)) |> holds seed)

/// Cases of one op in Float64, on values where it is smooth.
let private smooth (entry: Entry) (random: System.Random) : RandomProgram option =
    let first = Generate.typeWith random DType.Float64

    match Generate.instance entry (random.Next()) first with
    | Some(op, operands) when not operands.IsEmpty && operands |> List.exists (fun o -> o.Type.DType = DType.Float64) ->
        let input (operand: Operand) : ProgramInput =
            let range = operand.Valid |> Option.defaultValue operand.Smooth
            { Type = operand.Type; Valid = operand.Valid; Data = Generate.between random range operand.Type }

        let results = op.Infer [ for operand in operands -> operand.Type ]
        let inputs = List.map input operands

        Some
            { Inputs = inputs
              Steps =
                [ { Op = op
                    Operands = List.init inputs.Length Source.Input
                    Like = None
                    Results = results
                    Entry = entry.Name
                    Choices = 0 } ]
              Outputs = [ for k in 0 .. results.Length - 1 -> Source.Result(0, k) ] }
    | _ -> None

/// Gradients against central differences, and against the push they are the transpose of.
let private differentiates seed (entry: Entry) =
    testCase entry.Name (fun () ->
        let random = System.Random(seed + entry.Name.Length * 104729 + int entry.Name[0])

        for _ in 1..Cases do
            match smooth entry random with
            | Some program ->
                let f, x = RandomProgram.run program, RandomProgram.inputs program
                let check law verdict =
                    match verdict with
                    | Verdict.Fails problem -> failtest $"{law}, seed {seed}:\n{program}\n{problem}"
                    | _ -> ()

                check "central differences" (Differentiation.equalsDifferences f x (uint64 seed))
                check "transpose" (Differentiation.transposes f x (uint64 seed))
            | None -> ())

let tests seed =
    testList
        $"laws, seed {seed}"
        [ programs seed
          testList "the same bits, and the oracle's" (List.map (obeys seed) Catalogue.all)
          testList "derivatives" (List.map (differentiates seed) Catalogue.all) ]
