namespace Functional.Properties

open System
open Functional

/// The laws that every program of the library's ops obeys.
[<RequireQualifiedAccess>]
module internal ProgramLaws =
    /// Values and gradients: direct and accelerated calls to the bit, on the program's own values and on others; and
    /// each op of both traces against the oracle.
    let verdict (program: RandomProgram) : Verdict =
        let seed = uint64 (program.Steps |> List.sumBy (fun s -> int64 s.Choices))
        let other = Generate.fresh (System.Random(int (seed &&& 0xFFFFFFUL))) Taste.Tame program
        let values = [ RandomProgram.inputs program; RandomProgram.inputs other ]
        let f = RandomProgram.run program
        let gradient = Functions.withGradient f

        let laws =
            [ "values", fun () -> Acceleration.equalsDirect f values seed
              "gradients", fun () -> Acceleration.equalsDirect gradient values seed
              "oracle", fun () -> Oracle.agreesOn f values.Head seed
              "oracle of the gradient", fun () -> Oracle.agreesOn gradient values.Head seed ]

        laws
        |> Seq.map (fun (name, law) ->
            match Compare.attempt law with
            | Ok(Verdict.Fails problem) -> Verdict.Fails $"{name}: {problem}"
            | Ok verdict -> verdict
            | Error e -> Verdict.Fails $"{name}: {e}")
        |> Verdict.all

    let private fails program =
        match verdict program with
        | Verdict.Fails _ -> true
        | _ -> false

    /// The failure with the smallest program that shows it; None where the program obeys.
    let counterexample (program: RandomProgram) : (RandomProgram * Verdict) option =
        if fails program then
            let smallest = Shrink.toSmallest fails program
            Some(smallest, verdict smallest)
        else
            None
