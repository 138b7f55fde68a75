module Functional.Tests.Peers.Program

open System
open System.Collections.Concurrent
open Expecto
open Functional

let families =
    [ Families.Elementwise.family
      Families.Elementwise.farFamily
      Families.Activations.family
      Families.Activations.softmaxFamily
      Families.Reductions.family
      Families.Reductions.cumulativeFamily
      Families.Integers.family
      Families.Sorting.family
      Families.Indexing.family
      Families.Indexing.embeddingFamily
      Families.Movement.family
      Families.Products.family
      Families.Convolutions.family
      Families.Convolutions.transposedFamily
      Families.Pooling.family
      Families.Resizing.family
      Families.Normalisations.family
      Families.Recurrences.family
      Families.Attentions.family
      Families.Losses.family
      Families.Matrices.family
      Families.Signals.family
      Families.Optimisers.family
      Families.LongSums.family
      Families.Labels.family
      Families.SecondDerivatives.family ]

let private measured = ConcurrentQueue<Measured>()

/// The first elements that deviate too much.
let private shown what (ours: float array) (theirs: float array) (deviations: Deviation array) dtype tolerance =
    [ for k, d in Seq.indexed deviations do
          if not (d.Relative <= tolerance) then
              $"  {what}[{k}]: {ours[k]}, theirs {theirs[k]}, off by %.1f{d.Relative / Deviation.epsilon dtype} ε" ]
    |> List.truncate 6

/// What libtorch refuses it says in one line, and where it did in many.
let private theirs dtype configuration =
    try
        Comparison.theirs dtype configuration
    with :? Runtime.InteropServices.ExternalException as refused ->
        failtest $"libtorch: {refused.Message.Split('\n')[0]}"

let private compare (family: Family) (configuration: Configuration) dtype =
    let ours = Comparison.ours dtype configuration
    if ours.Tail |> List.exists (Comparison.agree ours.Head >> not) then
        failtest "accelerated and direct runs differ in a bit"

    let { Units = units; Scale = scale } = family.Tolerance
    let tolerance = units * Deviation.epsilon dtype
    let beyond =
        [ for what, ours, theirs in Comparison.pairs ours.Head (theirs dtype configuration) do
              let deviations = Deviation.elements scale ours theirs
              measured.Enqueue
                  { Family = family
                    Configuration = configuration
                    DType = dtype
                    Deviation = Deviation.greatest deviations }
              yield! shown what ours theirs deviations dtype tolerance ]
    if not beyond.IsEmpty then
        let lines = String.concat "\n" beyond
        failtest $"more than %g{units} ε apart:\n{lines}"

let private tests =
    testSequenced (
        testList
            "Peers"
            [ for family in families ->
                  testList
                      family.Name
                      [ for configuration in family.Configurations do
                            for dtype in family.DTypes do
                                testCase $"{configuration.Name} {dtype}" (fun () -> compare family configuration dtype) ] ]
    )

/// Loads libtorch, or says what it lacks.
let private startTorch () =
    try
        Functional.Benchmarks.Peers.Torch.Start 1
        (Torch.tensor DType.Float32 [ 1 ] [| 1. |]).Dispose()
        true
    with error ->
        eprintfn
            $"""libtorch cannot be loaded, so that there is nothing to compare with.

The tests against peers need Linux on x64 with glibc and libstdc++ of GCC 11 or newer (Debian 12, Ubuntu 22.04), and the
libraries of the packages TorchSharp and libtorch-cpu-linux-x64 beside this program. Delete {AppContext.BaseDirectory}
and run `dotnet fsi build.fsx test --peers` again: it restores them. All other tests do without.

What loading them ended with: {error.GetBaseException().Message}"""
        false

/// The path after `--write`, if it is there, and all other arguments.
let private written (arguments: string list) =
    match List.tryFindIndex ((=) "--write") arguments with
    | Some k when k + 1 < arguments.Length -> Some arguments[k + 1], arguments[.. k - 1] @ arguments[k + 2 ..]
    | _ -> None, arguments

[<EntryPoint>]
let main arguments =
    if startTorch () then
        let page, arguments = written (List.ofArray arguments)
        let exitCode = runTestsWithCLIArgs [] (Array.ofList arguments) tests
        let rows = Figures.rows (List.ofSeq measured)
        for line in Figures.table rows do
            printfn $"{line}"
        Option.iter (Figures.write rows) page
        exitCode
    else
        2
