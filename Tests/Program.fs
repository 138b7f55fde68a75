module Functional.Tests.Program

open Expecto

let tests =
    testList
        "Functional"
        [ testProperty "reversing twice changes nothing" (fun (xs: int list) -> List.rev (List.rev xs) = xs) ]

[<EntryPoint>]
let main arguments = runTestsWithCLIArgs [] arguments tests
