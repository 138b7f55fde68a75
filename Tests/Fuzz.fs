/// Random programs against direct execution and the oracle, for a time.
module Functional.Tests.Fuzz

open System
open System.Diagnostics
open System.Threading
open Functional.Properties

/// Programs are numbered; each is a function of the seed and its number.
let private program (seed: int) (number: int) = Generate.program 8 (Random(seed + 1_000_003 * number))

/// Runs for some seconds on all processors; the exit code.
let run (seconds: float) (seed: int) =
    let clock = Stopwatch.StartNew()
    let mutable programs, mismatches, steps = 0, 0, 0
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
            let number = Interlocked.Increment &programs
            let program = program seed number
            Interlocked.Add(&steps, program.Steps.Length) |> ignore
            ProgramLaws.all |> List.exists (check number program) |> ignore

    let threads = [| for _ in 1 .. Environment.ProcessorCount -> Thread((fun () -> worker ()), 16 <<< 20) |]
    for t in threads do
        t.Start()
    for t in threads do
        t.Join()

    printfn $"programs={programs} mismatches={mismatches} steps={float steps / float programs:F1} each seed={seed}"
    min 1 mismatches
