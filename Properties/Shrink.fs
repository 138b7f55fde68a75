namespace Functional.Properties

open System
open Functional

/// Smaller programs that may still show what a program shows.
[<RequireQualifiedAccess>]
module internal Shrink =
    /// Cut to one output, be it an intermediate one.
    let private cuts (program: RandomProgram) = seq {
        for i, step in Seq.indexed program.Steps do
            for k in 0 .. step.Results.Length - 1 do
                let cut = RandomProgram.prune { program with Outputs = [ Source.Result(i, k) ] }
                if (cut.Steps.Length, cut.Outputs.Length) < (program.Steps.Length, program.Outputs.Length) then cut
    }

    /// A step's results made inputs, with the values they have.
    let private bypasses (program: RandomProgram) = seq {
        for i in 0 .. program.Steps.Length - 2 do
            let values =
                try
                    RandomProgram.trail program (RandomProgram.inputs program) |> Some
                with :? FunctionalException ->
                    None

            match values with
            | None -> ()
            | Some values ->
                let inputs: ProgramInput list =
                    [ for t in values[i] ->
                          { Type = t.Type
                            Valid = None
                            Made = None
                            Data = Blocks.copy t.Type (Execute.blockOf t).Value } ]

                let replace source =
                    match source with
                    | Source.Result(j, k) when j = i -> Source.Input(program.Inputs.Length + k)
                    | s -> s

                RandomProgram.prune
                    { Inputs = program.Inputs @ inputs
                      Steps =
                        [ for s in program.Steps ->
                              { s with Operands = List.map replace s.Operands; Like = Option.map replace s.Like } ]
                      Outputs = List.map replace program.Outputs }
    }

    /// The one step of a program, on smaller operands.
    let private reductions (program: RandomProgram) = seq {
        match program.Steps, program.Inputs with
        | [ { Like = None; Host = None } as step ], first :: _ ->
            let sizes = List.ofArray first.Type.Sizes
            let entry = Catalogue.all |> List.find (fun e -> e.Name = step.Entry)

            for d in 0 .. sizes.Length - 1 do
                for size in List.distinct [ 1; sizes[d] / 2; sizes[d] - 1 ] do
                    if size > 0 && size < sizes[d] then
                        let smaller = TensorType(first.Type.DType, List.updateAt d size sizes, first.Type.Format)

                        match Generate.instance entry step.Choices smaller with
                        | Some(op, operands) ->
                            let resize (operand: Operand) : ProgramInput =
                                let old = program.Inputs |> List.tryFind (fun i -> i.Type.DType = operand.Type.DType)
                                let drawn = Values.input (System.Random 0) Taste.Tame operand

                                match old with
                                | Some o when operand.Valid.IsNone && o.Data.Length >= drawn.Data.Length ->
                                    Array.Copy(o.Data, drawn.Data, drawn.Data.Length)
                                | _ -> ()

                                drawn

                            { Inputs = List.map resize operands
                              Steps =
                                [ { step with
                                      Op = op
                                      Operands = [ for k in 0 .. operands.Length - 1 -> Source.Input k ]
                                      Results = op.Infer [ for o in operands -> o.Type ] } ]
                              Outputs = [ Source.Result(0, 0) ] }
                        | None -> ()
        | _ -> ()
    }

    /// Elements beyond this one stay as they are, or shrinking would take long.
    [<Literal>]
    let private Reach = 64

    let private simpler (element: objnull) : objnull list =
        let nearer candidates (x: 'T) size : objnull list =
            [ for y in candidates do
                  if y <> x && not (size y > size x) then box y ]

        match element with
        | :? float32 as x -> nearer [ 0f; 1f; MathF.Round x ] x abs
        | :? float as x -> nearer [ 0.; 1.; Math.Round x ] x abs
        | :? int as n -> nearer [ 0; 1; n / 2 ] n (fun n -> abs (float n))
        | :? int64 as n -> nearer [ 0L; 1L; n / 2L ] n (fun n -> abs (float n))
        | :? bool as b -> nearer [ false ] b (fun b -> if b then 1. else 0.)
        | _ -> []

    /// Inputs with one element simpler, or all elements alike.
    let private simplifications (program: RandomProgram) =
        let withData k data =
            { program with Inputs = List.updateAt k { program.Inputs[k] with Data = data } program.Inputs }

        seq {
            for k, input in Seq.indexed program.Inputs do
                if input.Valid.IsNone && input.Data.Length > 0 then
                    for at in 0 .. min Reach input.Data.Length - 1 do
                        for value in simpler (input.Data.GetValue at) do
                            let data = input.Data.Clone() :?> Array
                            data.SetValue(value, at)
                            withData k data
        }

    /// Candidates, the smallest first.
    let program (p: RandomProgram) : RandomProgram seq =
        Seq.concat [ cuts p; bypasses p; reductions p; simplifications p ]

    /// The smallest program found, within a number of trials, for which `fails` still holds.
    let toSmallest fails (p: RandomProgram) : RandomProgram =
        let mutable trials = 2000

        let rec go p =
            let next =
                program p
                |> Seq.tryFind (fun candidate ->
                    trials <- trials - 1
                    trials > 0 && fails candidate)

            match next with
            | Some smaller when trials > 0 -> go smaller
            | _ -> p

        go p
