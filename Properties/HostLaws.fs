namespace Functional.Properties

open System
open Functional
open Functional.FSharp

/// The laws of programs in which the host language has its hand: branches and loops on values, draws, state.
[<RequireQualifiedAccess>]
module internal HostLaws =
    let private seedOf (program: RandomProgram) =
        program.Steps |> List.fold (fun seed s -> 31UL * seed + uint64 s.Choices) 1UL

    let private cases (program: RandomProgram) =
        let random = System.Random(int (seedOf program &&& 0xFFFFFFUL))
        [ RandomProgram.inputs program
          for taste in [ Taste.Tame; Taste.Wild; Taste.Tame ] do
              RandomProgram.inputs (Generate.fresh random taste program) ]

    let private accelerated f = AcceleratedFunction<Tensor list, Tensor list>(f, AccelerateOptions.Default).Invoke

    let private onCases law (program: RandomProgram) = law (RandomProgram.run program) (cases program) (seedOf program)

    /// Calls in a row: where an output has the type of an input, the next call is given it in place of that input.
    let private chained (f: Tensor list -> Tensor list) calls (first: Tensor list) =
        let next (inputs: Tensor list) (outputs: Tensor list) =
            let mutable rest = outputs
            [ for x in inputs ->
                  match rest |> List.tryFindIndex (fun y -> y.Type = x.Type) with
                  | Some k ->
                      let y = rest[k]
                      rest <- List.removeAt k rest
                      y
                  | None -> x ]

        let rec go k inputs =
            if k = calls then
                []
            else
                match Compare.attempt (fun () -> f inputs) with
                | Ok outputs -> Ok outputs :: go (k + 1) (next inputs outputs)
                | Error e -> [ Error e ]

        go 0 first

    let private firstDifference (direct: Result<Tensor list, exn> list) (fast: Result<Tensor list, exn> list) =
        if direct.Length <> fast.Length then
            Verdict.Fails $"{direct.Length} calls direct, {fast.Length} accelerated"
        else
            List.zip direct fast
            |> List.indexed
            |> List.tryPick (fun (call, (d, a)) ->
                Compare.outcomes d a
                |> Option.map (fun problem -> $"call {call}, direct and accelerated: {problem}"))
            |> Option.map Verdict.Fails
            |> Option.defaultValue Verdict.Holds

    let private carried (program: RandomProgram) =
        let f, seed, first = RandomProgram.run program, seedOf program, RandomProgram.inputs program
        let run f = Functions.seeded seed (fun () -> chained f 5 first)
        firstDifference (run f) (run (accelerated f))

    let private hasHost test (program: RandomProgram) =
        program.Steps |> List.exists (fun s -> s.Host |> Option.exists test)

    let private isPlain host =
        match host with
        | HostStep.PlainDraw -> true
        | _ -> false

    let private isHidden host =
        match host with
        | HostStep.Hidden _ -> true
        | _ -> false

    /// With plain draws: as long as the same program is replayed, each call is the direct call that draws as the first did,
    /// for those draws; others go on. Without draws like a tensor that is the first call again.
    let private frozen (program: RandomProgram) =
        let f, seed, x = RandomProgram.run program, seedOf program, RandomProgram.inputs program
        let plain = program.Steps |> List.filter (fun s -> s.Host |> Option.exists isPlain) |> List.length
        let trace = Compare.attempt (fun () -> Functions.seeded seed (fun () -> Acceleration.traceOf f x))

        match trace with
        | Error _ -> Verdict.Silent "the program throws"
        | Ok trace when plain = 0 || trace.Draws <> plain -> Verdict.Silent "there are draws like a tensor"
        | Ok trace ->
            let fast = accelerated f
            let direct = Functions.seeded seed (fun () -> Compare.attempt (fun () -> f x))
            let calls = Functions.seeded seed (fun () -> [ for _ in 1..3 -> Compare.attempt (fun () -> fast x) ])
            let isListed =
                trace.Constants
                |> Array.exists (fun c ->
                    match c.Interpreter with
                    | :? Frozen as frozen -> frozen.Kind = ConstantKind.PlainDraw
                    | _ -> false)

            match firstDifference [ direct; direct; direct ] calls with
            | Verdict.Holds when not isListed && hasHost isPlain program ->
                // A choice by a plain draw is a constant condition only where it is lifted into the trace.
                Verdict.Fails "the plain draw is not listed on the trace"
            | verdict -> verdict

    /// What the audit says is what is there.
    let private audited (program: RandomProgram) =
        let isPure = not (hasHost isHidden program || hasHost isPlain program)
        let f = RandomProgram.start program
        let audit () = FreezeAudit.Of(Func<_, _> f, RandomProgram.inputs program)

        match Compare.attempt audit with
        | Error(:? FunctionalException) -> Verdict.Silent "the program throws"
        | Error e -> Verdict.Fails $"{e}"
        | Ok report when report.IsPure = isPure -> Verdict.Holds
        | Ok report -> Verdict.Fails $"the audit: {report}"

    let private withGradient law f = law (Functions.withGradient f)

    /// Of pure programs, by name.
    let ofPure: (string * (RandomProgram -> Verdict)) list =
        [ "accelerated = direct, whatever the host reads and draws", onCases Acceleration.equalsDirect
          "accelerated gradient = direct gradient, whatever the host reads and draws",
          onCases (withGradient Acceleration.equalsDirect)
          "state carried from call to call is the same in both modes", carried
          "the audit finds nothing in a pure program", audited ]

    /// Of programs with plain draws.
    let ofPlain = [ "a plain draw is repeated, and listed", frozen ]

    /// Of programs with hidden state.
    let ofHidden = [ "the audit finds hidden state", audited ]

    /// A program of each kind, with the laws that it obeys.
    let all features size (random: Random) : (RandomProgram * (string * (RandomProgram -> Verdict)) list) list =
        let pureProgram = Generate.programWith features size random
        let last host = Generate.withLast random host (Generate.programWith [] size random)

        [ pureProgram, ofPure
          if List.contains Feature.Random features then last HostStep.PlainDraw, ofPlain
          if List.contains Feature.State features then last (HostStep.Hidden(random.Next 4)), ofHidden ]
