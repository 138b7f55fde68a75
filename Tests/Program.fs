module Functional.Tests.Program

open Expecto

let tests =
    testList
        "Functional"
        [ testList
              "Learn"
              [ Learn.ActivationTests.tests
                Learn.LossTests.tests
                Learn.LayerTests.tests
                Learn.OptimiserTests.tests
                Learn.NetworkTests.tests
                Learn.DigitsTests.tests ] ]

[<EntryPoint>]
let main arguments = runTestsWithCLIArgs [] arguments tests
