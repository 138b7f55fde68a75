module Functional.Tests.Program

open Expecto

let tests =
    testList
        "Functional"
        [ LawTests.tests
          testList
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
    match List.ofArray (Seed.without arguments) with
    | [ "fuzz"; "--seconds"; seconds ] -> Fuzz.run (float seconds) Seed.seed
    | rest ->
        printfn $"seed {Seed.seed}"
        runTestsWithCLIArgs [] (Array.ofList rest) tests
