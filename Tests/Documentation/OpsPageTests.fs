/// The page of ops says what is there, and everything has its names.
module Functional.Tests.Documentation.OpsPageTests

open System
open System.IO
open Expecto
open Functional

let private due =
    [ for entry in Catalogue.all -> entry.Name
      for name in Surface.functions @ Surface.layers -> name.Name ]

let tests =
    testList
        "Documentation"
        [ test "everything has a row in docs/aliases.txt" {
              let missing = due |> List.filter (fun name -> (Aliases.find name).IsNone)
              Expect.equal missing [] "add a row: name | MATLAB | PyTorch | JAX, - where there is none"
          }
          test "every row is of something, once" {
              let names = Aliases.all () |> List.map fst
              Expect.equal (List.except due names) [] "rows of what is not there"
              Expect.equal (List.distinct names) names "rows of one name"
          }
          test "everything public is documented" {
              let silent = Surface.functions @ Surface.layers |> List.filter (fun name -> name.Summary = "")
              Expect.equal [ for name in silent -> name.Name ] [] "no sentence about"
          }
          test "docs/ops.md is what is there" {
              if Environment.GetEnvironmentVariable "UPDATE_DOCS" = "1" then OpsPage.write ()
              Expect.equal
                  (OpsPage.text ())
                  (File.ReadAllText(OpsPage.path ()))
                  "the page as committed; run dotnet fsi build.fsx docs"
          } ]
