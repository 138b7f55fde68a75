namespace Functional.Tests.Peers

open System
open System.IO
open System.Text.RegularExpressions
open Functional

/// How far apart one configuration was.
type Measured = { Family: Family; Configuration: Configuration; DType: DType; Deviation: Deviation }

/// The greatest deviations of a family in a data type, and the configuration with the greatest relative one.
type FamilyFigures = { Family: Family; DType: DType; Count: int; Greatest: Deviation; By: Configuration }

/// What a run reports: a line for each family and data type.
[<RequireQualifiedAccess>]
module Figures =
    let rows (measured: Measured list) : FamilyFigures list =
        measured
        |> List.groupBy (fun m -> m.Family.Name, m.DType)
        |> List.map (fun (_, all) ->
            { Family = all.Head.Family
              DType = all.Head.DType
              Count = all |> List.distinctBy _.Configuration.Name |> List.length
              Greatest = all |> List.map _.Deviation |> List.reduce Deviation.greater
              By = (List.maxBy _.Deviation.Relative all).Configuration })

    let private number (x: float) = if x = 0. then "0" else x.ToString "0.0e+00"

    let private titles =
        [ "family"
          "type"
          "configurations"
          "largest absolute"
          "largest relative"
          "tolerance"
          "used"
          "by" ]

    let private cells (row: FamilyFigures) =
        let tolerance = row.Family.Tolerance.Units * Deviation.epsilon row.DType
        let isExact = row.Greatest.Relative = 0.
        [ row.Family.Name
          string row.DType
          string row.Count
          number row.Greatest.Absolute
          number row.Greatest.Relative
          number tolerance
          (if isExact then "" else $"{100. * row.Greatest.Relative / tolerance:f0} %%")
          (if isExact then "" else row.By.Name) ]

    let private total (rows: FamilyFigures list) =
        let counts = [ for dtype, rows in List.groupBy _.DType rows -> $"{rows |> List.sumBy _.Count} in {dtype}" ]
        "configurations: "
        + String.Join(", ", counts)
        + $", against {Functional.Benchmarks.Peers.Torch.Version}"

    /// For the console.
    let table (rows: FamilyFigures list) : string list =
        let line (cells: string list) =
            String.Format("{0,-24}{1,-9}{2,14}{3,18}{4,18}{5,11}{6,6}  {7}", [| for c in cells -> box c |])
        [ line titles
          for row in rows do
              line (cells row)
          total rows ]

    let private markdown (rows: string list list) =
        let line (cells: string list) = "| " + String.Join(" | ", cells) + " |"
        [ line rows.Head; line [ for _ in rows.Head -> "---" ]; yield! List.map line rows.Tail ]

    let private reasons (rows: FamilyFigures list) =
        let scale (t: Tolerance) =
            match t.Scale with
            | Own -> "the element, however small"
            | Element -> "the element"
            | Greatest -> "the greatest"
        [ [ "family"; "tolerated"; "relative to"; "because" ]
          for family in rows |> List.map _.Family |> List.distinctBy _.Name do
              let reason = Regex.Replace(family.Tolerance.Reason, @"\s+", " ")
              [ family.Name; $"{family.Tolerance.Units} ε"; scale family.Tolerance; reason ] ]

    /// Into a page of Markdown, between two headings.
    let write (rows: FamilyFigures list) (path: string) =
        let text =
            [ yield! markdown (titles :: List.map cells rows)
              ""
              $"{total rows}."
              ""
              yield! markdown (reasons rows) ]
        let page = File.ReadAllText path
        let figures = String.Join("\n", text)
        File.WriteAllText(path, Regex.Replace(page, "(?s)(?<=\n## Figures\n\n).*?(?=\n\n## )", figures))
