module Functional.Tests.Peers.Program

open System
open System.Collections.Concurrent
open Expecto
open Functional

let families = [ Families.Elementwise.family ]

let private measured = ConcurrentQueue<string * DType * Deviation>()

let private compare (family: Family) (configuration: Configuration) dtype =
    let ours = Comparison.ours dtype configuration
    if ours.Tail |> List.exists (Comparison.agree ours.Head >> not) then
        failtest "accelerated and direct runs differ in a bit"

    let { Units = units; Scale = scale } = family.Tolerance
    let tolerance = units * Deviation.epsilon dtype
    for what, deviation in Comparison.deviations scale ours.Head (Comparison.theirs dtype configuration) do
        measured.Enqueue(family.Name, dtype, deviation)
        if not (deviation.Relative <= tolerance) then
            let inUnits = deviation.Relative / Deviation.epsilon dtype
            failtest
                $"{what}: off by {deviation.Absolute:g3}, relatively %.1f{inUnits} ε, where %g{units} ε are tolerated"

let private dtypes = [ DType.Float32; DType.Float64 ]

let private tests =
    testSequenced (
        testList
            "Peers"
            [ for family in families ->
                  testList
                      family.Name
                      [ for configuration in family.Configurations do
                            for dtype in dtypes do
                                testCase $"{configuration.Name} {dtype}" (fun () -> compare family configuration dtype) ] ]
    )

/// The greatest deviations of each family that was run, beside what is tolerated.
let private summary () =
    printfn
        "%-26s%-9s%14s%18s%18s%12s"
        "family"
        "type"
        "configurations"
        "largest-absolute"
        "largest-relative"
        "tolerance"
    for family in families do
        for dtype in dtypes do
            let deviations =
                [ for name, t, d in measured do
                      if name = family.Name && t = dtype then d ]
            if not deviations.IsEmpty then
                let greatest = List.reduce Deviation.greater deviations
                let tolerance = family.Tolerance.Units * Deviation.epsilon dtype
                printfn
                    "%-26s%-9s%14d%18.2e%18.2e%12.1e"
                    family.Name
                    (string dtype)
                    family.Configurations.Length
                    greatest.Absolute
                    greatest.Relative
                    tolerance
    let count = families |> List.sumBy _.Configurations.Length
    printfn $"{count} configurations × {dtypes.Length} data types against {Functional.Benchmarks.Peers.Torch.Version}"

/// Loads libtorch, or says what it lacks.
let private startTorch () =
    try
        Functional.Benchmarks.Peers.Torch.Start 1
        (Torch.tensor DType.Float32 [ 1 ] [| 1. |]).Dispose()
        true
    with error ->
        eprintfn
            $"""libtorch cannot be loaded, so that there is nothing to compare with.

{error.GetBaseException().Message}

The tests against peers need Linux on x64 with glibc and libstdc++ of GCC 11 or newer (Debian 12, Ubuntu 22.04), and the
packages TorchSharp and libtorch-cpu-linux-x64 beside this program: `dotnet fsi build.fsx test --peers` restores them.
All other tests do without: `dotnet fsi build.fsx test`."""
        false

[<EntryPoint>]
let main arguments =
    if startTorch () then
        let exitCode = runTestsWithCLIArgs [] arguments tests
        summary ()
        exitCode
    else
        2
