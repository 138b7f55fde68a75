namespace Functional.Tests.Documentation

open System.IO
open Functional.Tests

/// What something of this library is called elsewhere; empty where there is nothing of the kind.
type Alias =
    { Matlab: string
      Torch: string
      Jax: string }

    member a.Cells = [ a.Matlab; a.Torch; a.Jax ]

/// The table of `docs/aliases.txt`.
[<RequireQualifiedAccess>]
module Aliases =
    /// The parts of a row: `\|` is no end of a cell.
    let private cells (line: string) =
        [ for cell in line.Replace(@"\|", "\000").Split '|' ->
              match cell.Trim().Replace("\000", @"\|") with
              | "-" -> ""
              | text -> text ]

    let private rows =
        lazy
            [ for line in File.ReadAllLines(Repository.path [ "docs"; "aliases.txt" ]) do
                  if line.Trim() <> "" && not (line.StartsWith '#') then
                      match cells line with
                      | [ name; matlab; torch; jax ] -> name, { Matlab = matlab; Torch = torch; Jax = jax }
                      | _ -> failwith $"a row of docs/aliases.txt has not four cells: {line}" ]

    /// In the order of the file.
    let all () = rows.Value

    let private byName = lazy Map.ofList rows.Value

    let find name = Map.tryFind name byName.Value
