module Functional.Tests.Program

open System
open Expecto

let tests =
    testList
        "Functional"
        [ testList
              "Ops"
              [ MovementTests.tests
                ArrangingTests.tests
                IndexingTests.tests
                SortingTests.tests
                FormatTests.tests
                ElementwiseTests.tests
                ReductionTests.tests
                ContractionTests.tests
                CreationTests.tests
                RandomTests.tests ]
          testList
              "Learn"
              [ Learn.ActivationTests.tests
                Learn.LossTests.tests
                Learn.LayerTests.tests
                Learn.OptimiserTests.tests
                Learn.NetworkTests.tests
                Learn.DigitsTests.tests ] ]

[<EntryPoint>]
let main arguments =
    let seed, rest =
        match Array.tryFindIndex ((=) "--seed") arguments with
        | Some at when at + 1 < arguments.Length -> int arguments[at + 1], Array.removeManyAt at 2 arguments
        | _ -> Random.Shared.Next(), arguments

    match List.ofArray rest with
    | [ "fuzz"; "--seconds"; seconds ] -> Fuzz.run (float seconds) seed
    | _ -> runTestsWithCLIArgs [] rest tests
