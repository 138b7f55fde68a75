/// Random programs in which the host reads, loops, draws and remembers.
module Functional.Tests.Properties.HostTests

open System
open Expecto
open Functional
open Functional.Properties
open Functional.Tests

[<Literal>]
let private Cases = 200

let private features = [ Feature.Branches; Feature.Loops; Feature.Random; Feature.State ]

let private check make share (name, law) =
    Seed.law name Cases share (fun random ->
        match ProgramLaws.counterexample law (make random) with
        | Some(smallest, Verdict.Fails problem) -> Verdict.Fails $"{problem}\n{smallest}"
        | Some(_, verdict) -> verdict
        | None -> Verdict.Holds)

let private pureProgram random = Generate.programWith features 4 random

let private last host random = Generate.withLast random (host random) (Generate.program 3 random)

let private ofUse = test "the host has its hand in many programs, and calls of one signature take several paths" {
    let programs = [ for k in 0..199 -> pureProgram (Seed.random "host" k) ]
    let hosted = programs |> List.filter (fun p -> p.Steps |> List.exists (fun s -> s.Host.IsSome))
    Expect.isGreaterThan hosted.Length 100 "programs with a step of the host"
    let guarded (p: RandomProgram) =
        let reads =
            Compare.attempt (fun () ->
                Tracing.record "it" (RandomProgram.inputs p) (RandomProgram.run p) (fun tracer _ ->
                    tracer.Reads.Length))
        match reads with
        | Ok n -> n > 0
        | Error _ -> false
    Expect.isGreaterThan (List.filter guarded hosted).Length 40 "programs that read"
}

let private shrinks = test "hidden state is shown by a small program" {
    // A law that a hidden counter breaks, as a forgetful memo would.
    let law (program: RandomProgram) =
        let f, x = RandomProgram.start program, RandomProgram.inputs program
        match Compare.outcomes (Compare.attempt (fun () -> f x)) (Compare.attempt (fun () -> f x)) with
        | None -> Verdict.Holds
        | Some problem -> Verdict.Fails problem

    let number = Generate.program 6 (System.Random 3) |> Generate.withLast (System.Random 5) (HostStep.Hidden 0)
    match ProgramLaws.counterexample law number with
    | Some(smallest, _) -> Expect.equal smallest.Steps.Length 1 $"{smallest}"
    | None -> ()
}

let tests =
    testList
        "Host"
        [ testList "pure" (HostLaws.ofPure |> List.map (check pureProgram 1.))
          testList "plain draws" (HostLaws.ofPlain |> List.map (check (last (fun _ -> HostStep.PlainDraw)) 0.3))
          testList
              "hidden state"
              (HostLaws.ofHidden |> List.map (check (last (fun random -> HostStep.Hidden(random.Next 4))) 0.9))
          ofUse
          shrinks ]
