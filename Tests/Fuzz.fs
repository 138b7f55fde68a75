/// Random programs against direct execution and the oracle, for a time.
module Functional.Tests.Fuzz

open System
open System.Diagnostics
open System.Threading
open Functional.Properties

/// The features that `--with` can name.
let features (names: string) : Feature list =
    [ for name in names.Split(',', StringSplitOptions.RemoveEmptyEntries) ->
          match name with
          | "branches" -> Feature.Branches
          | "loops" -> Feature.Loops
          | "random" -> Feature.Random
          | "state" -> Feature.State
          | other -> failwith $"{other} is no feature: branches, loops, random, state" ]

/// Programs are numbered; each is a function of the seed and its number. With the laws that it obeys.
let private programs (features: Feature list) (seed: int) (number: int) =
    let random = Random(seed + 1_000_003 * number)
    match features with
    | [] -> [ Generate.program 8 random, ProgramLaws.all ]
    | features -> HostLaws.all features 6 random

/// Runs for some seconds on all processors; the exit code.
let run (features: Feature list) (seconds: float) (seed: int) =
    let clock = Stopwatch.StartNew()
    let mutable count, mismatches, steps = 0, 0, 0
    let gate = obj ()

    let report number law (smallest: RandomProgram, verdict: Verdict) =
        lock gate (fun () ->
            mismatches <- mismatches + 1
            printfn $"{law}: program {number} of seed {seed}, made smaller:\n{smallest}\n{verdict}\n")

    let check number (program: RandomProgram) (name, law) =
        match ProgramLaws.counterexample law program with
        | Some failure ->
            report number name failure
            true
        | None -> false

    let worker _ =
        while clock.Elapsed.TotalSeconds < seconds do
            let number = Interlocked.Increment &count
            for program, laws in programs features seed number do
                Interlocked.Add(&steps, program.Steps.Length) |> ignore
                laws |> List.exists (check number program) |> ignore

    let threads = [| for _ in 1 .. Environment.ProcessorCount -> Thread((fun () -> worker ()), 16 <<< 20) |]
    for t in threads do
        t.Start()
    for t in threads do
        t.Join()

    printfn $"programs={count} mismatches={mismatches} steps={float steps / float count:F1} each seed={seed}"
    min 1 mismatches
