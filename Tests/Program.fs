module Functional.Tests.Program

open Expecto

let tests = testList "Functional" [ MovementTests.tests ]

[<EntryPoint>]
let main arguments = runTestsWithCLIArgs [] arguments tests
