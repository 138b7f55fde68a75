namespace Functional.Properties

open System
open Functional

/// The laws that every program of the library's ops obeys.
[<RequireQualifiedAccess>]
module internal ProgramLaws =
    /// A seed, and two sets of values for the inputs.
    let private cases (program: RandomProgram) =
        let seed = program.Steps |> List.fold (fun seed s -> 31UL * seed + uint64 s.Choices) 1UL
        let other = Generate.fresh (System.Random(int (seed &&& 0xFFFFFFUL))) Taste.Tame program
        seed, [ RandomProgram.inputs program; RandomProgram.inputs other ]

    let private onCases law (program: RandomProgram) =
        let seed, values = cases program
        law (RandomProgram.run program) values seed

    /// The same operands, their elements laid out from the last dimension to the first and backwards, with gaps.
    let private strided (t: Tensor) =
        let order = [ t.Rank - 1 .. -1 .. 0 ]
        let copied = Blocks.toArray t.Type (Execute.blockOf t).Value
        let turned = Define.apply (Movement.permute order) [ t ]
        let gaps = Define.apply (Movement.pad [ for _ in order -> 1, 1, 1 ] 0.) [ turned ]
        let inner = Define.apply (Movement.slice [ for size in turned.Shape -> 1, 2, size ]) [ gaps ]
        let back = Define.apply (Movement.permute order) [ inner ]
        assert (Blocks.sameBits copied (Blocks.toArray back.Type (Execute.blockOf back).Value))
        back

    let private layout (f: Tensor list -> Tensor list) (values: Tensor list list) seed =
        let run values = Functions.seeded seed (fun () -> Compare.attempt (fun () -> f values))

        match Compare.outcomes (run values.Head) (run (List.map strided values.Head)) with
        | None -> Verdict.Holds
        | Some problem -> Verdict.Fails problem

    let private withGradient law f = law (Functions.withGradient f)

    /// By name: values and gradients of direct and accelerated calls are the same to the bit, on the program's own values
    /// and on others; each op of both traces agrees with the oracle; bits do not depend on the layout in memory.
    let all: (string * (RandomProgram -> Verdict)) list =
        [ "accelerated = direct", onCases Acceleration.equalsDirect
          "accelerated gradient = direct gradient", onCases (withGradient Acceleration.equalsDirect)
          "each op agrees with the oracle", onCases (fun f values seed -> Oracle.agreesOn f values.Head seed)
          "each op of the gradient agrees with the oracle",
          onCases (withGradient (fun f values seed -> Oracle.agreesOn f values.Head seed))
          "the layout in memory does not matter", onCases layout
          "other values make no other trace", onCases (fun f values _ -> Acceleration.tracesAreSignatures f values 1) ]

    /// A law's verdict; an error is a failure.
    let judge (law: RandomProgram -> Verdict) program =
        match Compare.attempt (fun () -> law program) with
        | Ok verdict -> verdict
        | Error e -> Verdict.Fails $"{e}"

    /// The failure of a law with the smallest program that shows it; None where the program obeys.
    let counterexample (law: RandomProgram -> Verdict) (program: RandomProgram) : (RandomProgram * Verdict) option =
        let fails program =
            match judge law program with
            | Verdict.Fails _ -> true
            | _ -> false

        if fails program then
            let smallest = Shrink.toSmallest fails program
            Some(smallest, judge law smallest)
        else
            None
