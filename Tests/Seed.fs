/// Where the random numbers of a test run come from.
module Functional.Tests.Seed

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open Functional.Properties

let private arguments = List.ofArray (Environment.GetCommandLineArgs())

/// `--seed` on the command line, or a new one.
let seed =
    match List.tryFindIndex ((=) "--seed") arguments with
    | Some at when at + 1 < arguments.Length -> int arguments[at + 1]
    | _ -> Random.Shared.Next()

/// The arguments without the seed.
let without (arguments: string array) =
    match Array.tryFindIndex ((=) "--seed") arguments with
    | Some at -> Array.removeManyAt at (min 2 (arguments.Length - at)) arguments
    | None -> arguments

/// The same in every process, unlike string's own hash code.
let private hash (text: string) = text |> Seq.fold (fun h c -> (h ^^^ int c) * 16777619) -2128831035

/// The random numbers of one case of a test.
let random (name: string) (case: int) = Random(seed ^^^ hash name ^^^ (case * 1_000_003))

/// A law on so many cases, which are numbered. Some of them it may be silent on: at least this share must be effective.
let numbered name cases share (verdict: int -> Random -> Verdict) =
    testCase name (fun () ->
        let judge case =
            match verdict case (random name case) with
            | Verdict.Fails problem -> failtest $"case {case} of seed {seed}: {problem}"
            | Verdict.Holds -> None
            | Verdict.Silent reason -> Some reason

        let silent = Seq.init cases judge |> Seq.choose id |> List.ofSeq

        if float (cases - silent.Length) < share * float cases then
            failtest
                $"""{silent.Length} of {cases} cases say nothing: {String.Join("; ", List.distinct silent)}; seed {seed}""")

/// The same, whatever a case's number is.
let law name cases share (verdict: Random -> Verdict) = numbered name cases share (fun _ random -> verdict random)

/// A law on so many values of FsCheck; a value that breaks it is made smaller.
let property name count (arbitrary: Arbitrary<'T>) (verdict: 'T -> Verdict) =
    testCase name (fun () ->
        let holds value =
            match verdict value with
            | Verdict.Fails problem -> failwith $"{problem}\n{value}"
            | _ -> true

        // The count of cases that FsCheck prints is no news.
        let config = Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(uint64 (abs seed), 1UL)
        Check.One(config, Prop.forAll arbitrary holds))
