module Functional.Tests.Program

open Expecto

let tests =
    testList "Functional" [ MovementTests.tests; ArrangingTests.tests; IndexingTests.tests; SortingTests.tests ]

[<EntryPoint>]
let main arguments = runTestsWithCLIArgs [] arguments tests
