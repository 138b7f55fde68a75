module Functional.Tests.Program

open Expecto

let tests =
    testList
        "Functional"
        [ FormatTests.tests
          ElementwiseTests.tests
          ReductionTests.tests
          ContractionTests.tests
          CreationTests.tests
          RandomTests.tests ]

[<EntryPoint>]
let main arguments = runTestsWithCLIArgs [] arguments tests
