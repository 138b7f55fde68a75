namespace Functional.Properties

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Functional

/// Checks a layer of your own: that it is valid (syntax, errors, sizes, types, gradients, states) and safe to accelerate. In
/// a unit test, `CheckLayer.Run(layer, layout).ThrowIfFailed()`; elsewhere the report is data, and its text a table.
[<AbstractClass; Sealed>]
type CheckLayer private () =
    static let rules = LayerValidity.rules @ LayerAcceleration.rules

    static let found (rule: LayerTestRule) (passed: Set<string>) (case: LayerCase) =
        match rule.Needs |> List.tryFind (fun need -> not (Set.contains need passed)) with
        | Some need -> Finding.Skipped $"{need} has to pass first"
        | None ->
            try
                rule.Judge case
            with e ->
                Finding.Failed $"{e.GetType().Name}: {e.Message}"

    static let test (rule: LayerTestRule) finding =
        match finding with
        | Finding.Passed -> LayerTest(rule.Name, LayerTestOutcome.Passed, "")
        | Finding.Failed problem -> LayerTest(rule.Name, LayerTestOutcome.Failed, problem)
        | Finding.Skipped reason -> LayerTest(rule.Name, LayerTestOutcome.Skipped, reason)
        | Finding.Warned problem -> LayerTest(rule.Name, LayerTestOutcome.Warned, problem)

    static let report (layer: ILayer) inputs seed =
        if isNull (box layer) then nullArg (nameof layer)

        let case =
            { Given = layer
              Layer = lazy Functions.seeded seed (fun () -> layer.Initialize(LayerInputs.layouts inputs))
              Inputs = inputs
              Seed = seed }

        let judge (passed: Set<string>) (rule: LayerTestRule) =
            let finding = found rule passed case
            let hasPassed =
                match finding with
                | Finding.Passed
                | Finding.Warned _ -> true
                | _ -> false
            test rule finding, (if hasPassed then Set.add rule.Name passed else passed)

        let tests, _ = rules |> List.mapFold judge Set.empty
        LayerReport(layer.GetType().Name, LayerInputs.show inputs, tests)

    /// The names of all tests, in the order in which they run.
    static member TestNames: IReadOnlyList<string> = [| for rule in rules -> rule.Name |]

    /// Checks a layer on inputs of these layouts, one for each: floating-point numbers between -3 and 3, integers 0 and 1,
    /// at several sizes where a layout leaves them open. Parameters, where the layer has none, and all draws come from the
    /// seed.
    static member Run
        (layer: ILayer, inputs: IReadOnlyList<Layout>, [<Optional; DefaultParameterValue(1UL)>] seed: uint64)
        : LayerReport =
        report layer (LayerInputs.Layouts(List.ofSeq inputs)) seed

    /// Checks a layer of one input.
    static member Run
        (layer: ILayer, input: Layout, [<Optional; DefaultParameterValue(1UL)>] seed: uint64)
        : LayerReport =
        CheckLayer.Run(layer, [| input |], seed)

    /// Checks a layer on inputs like these, where not every value is valid: their elements change places.
    static member Run
        (layer: ILayer, examples: IReadOnlyList<Tensor>, [<Optional; DefaultParameterValue(1UL)>] seed: uint64)
        : LayerReport =
        report layer (LayerInputs.Examples(List.ofSeq examples)) seed
