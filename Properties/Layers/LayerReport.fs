namespace Functional.Properties

open System
open System.Collections.Generic
open System.Text

/// What a test of a layer found.
type LayerTestOutcome =
    /// As it should be.
    | Passed = 0
    /// The layer is wrong.
    | Failed = 1
    /// The test says nothing of this layer, or needs another that failed.
    | Skipped = 2
    /// Right, and likely to disappoint.
    | Warned = 3

/// One test of a layer, and what it found.
[<Sealed; AllowNullLiteral(false)>]
type LayerTest internal (name: string, outcome: LayerTestOutcome, detail: string) =
    /// The test's name, such as "predictDoesNotError".
    member _.Name = name
    /// What it found.
    member _.Outcome = outcome
    /// Why it did not pass; "" where it did.
    member _.Detail = detail
    override _.ToString() = if detail = "" then $"{outcome} {name}" else $"{outcome} {name}: {detail}"

/// A test of a layer has failed.
[<Sealed>]
type LayerCheckException internal (report: LayerReport) =
    inherit Exception(report.ToString())
    /// All that was found.
    member _.Report = report

/// What a check of a layer has found, test by test.
and [<Sealed; AllowNullLiteral(false)>] LayerReport internal (layer: string, inputs: string, tests: LayerTest list) =
    let count outcome = tests |> List.filter (fun t -> t.Outcome = outcome) |> List.length

    /// The layer's type.
    member _.Layer = layer
    /// All tests, in the order in which they ran.
    member _.Tests: IReadOnlyList<LayerTest> = Array.ofList tests
    /// How many tests passed, those with a warning among them.
    member _.Passed = count LayerTestOutcome.Passed + count LayerTestOutcome.Warned
    /// How many tests failed.
    member _.Failed = count LayerTestOutcome.Failed
    /// How many tests said nothing.
    member _.Skipped = count LayerTestOutcome.Skipped
    /// How many tests passed with a warning.
    member _.Warnings = count LayerTestOutcome.Warned

    /// Throws LayerCheckException, whose message is the table, where a test failed.
    member report.ThrowIfFailed() : unit = if report.Failed > 0 then raise (LayerCheckException report)

    /// A table: a line for each test, then the counts.
    override report.ToString() =
        let text = StringBuilder()
        let line (words: string) = text.AppendLine(words.TrimEnd()) |> ignore
        let width = tests |> List.fold (fun width t -> max width t.Name.Length) 0
        line $"{layer} on {inputs}"

        for t in tests do
            let outcome = t.Outcome.ToString().ToLowerInvariant()
            line $"  {outcome, -7}  {t.Name.PadRight width}  {t.Detail}"

        let warnings = if report.Warnings = 0 then "" else $", {report.Warnings} of them with a warning"
        text.Append($"{report.Passed} passed{warnings}, {report.Failed} failed, {report.Skipped} skipped").ToString()
