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
          RandomTests.tests
          MovementTests.tests
          ArrangingTests.tests
          IndexingTests.tests
          SortingTests.tests ]

[<EntryPoint>]
let main arguments = runTestsWithCLIArgs [] arguments tests
