namespace Functional.Properties

open System
open Functional
open Functional.FSharp

/// What the tests of a layer work on.
[<NoEquality; NoComparison>]
type internal LayerCase =
    {
        /// As it was given.
        Given: ILayer
        /// Initialised.
        Layer: Lazy<ILayer>
        Inputs: LayerInputs
        Seed: uint64
    }

    member case.At(size, seed) : LayerSubject =
        { Layer = case.Layer.Value; Inputs = LayerInputs.draw case.Inputs size seed }

    /// At the least size.
    member case.First = case.At(2, 0)

/// What a test finds.
[<RequireQualifiedAccess>]
type internal Finding =
    | Passed
    | Failed of string
    | Skipped of string
    | Warned of string

/// A test by name, what has to pass before it, and how it judges.
[<NoEquality; NoComparison>]
type internal LayerTestRule = { Name: string; Needs: string list; Judge: LayerCase -> Finding }

[<RequireQualifiedAccess>]
module internal Finding =
    let ofVerdict verdict =
        match verdict with
        | Verdict.Holds -> Finding.Passed
        | Verdict.Fails problem -> Finding.Failed problem
        | Verdict.Silent reason -> Finding.Skipped reason

    let expect condition problem = if condition then Finding.Passed else Finding.Failed(problem ())

    /// The first that did not pass: a failure rather than anything else.
    let all (findings: Finding seq) =
        let findings = List.ofSeq findings
        let isFailure f =
            match f with
            | Finding.Failed _ -> true
            | _ -> false

        findings
        |> List.tryFind isFailure
        |> Option.orElse (findings |> List.tryFind (fun f -> f <> Finding.Passed))
        |> Option.defaultValue Finding.Passed

/// The tests of a layer by itself.
[<RequireQualifiedAccess>]
module internal LayerValidity =
    let rule name needs judge = { Name = name; Needs = needs; Judge = judge }

    let private syntax (case: LayerCase) =
        let layer = case.Given
        let given = (LayerInputs.layouts case.Inputs).Length

        let names kind (names: string seq) =
            let isDistinct = Seq.length (Seq.distinct names) = Seq.length names
            [ Finding.expect (not (Seq.isEmpty names)) (fun () -> $"it names no {kind}")
              Finding.expect isDistinct (fun () -> $"""{kind}s share a name: {String.Join(", ", names)}""") ]

        [ yield! names "input" layer.Inputs
          yield! names "output" layer.Outputs
          Finding.expect (layer.Inputs.Count = given) (fun () ->
              $"""it takes {layer.Inputs.Count} inputs ({String.Join(", ", layer.Inputs)}), and {given} are given""")
          Structures.flatten layer |> ignore
          Finding.Passed ]
        |> Finding.all

    let private initialize (case: LayerCase) =
        let again = Functions.seeded case.Seed (fun () -> case.Given.Initialize(LayerInputs.layouts case.Inputs))
        let kept = case.Layer.Value.Initialize(LayerInputs.layouts case.Inputs)

        [ Finding.expect (case.Layer.Value.GetType() = case.Given.GetType()) (fun () ->
              $"it becomes a {case.Layer.Value.GetType().Name}")
          Finding.expect (Compare.difference case.Layer.Value again = None) (fun () ->
              "the same seed gives other parameters: draw from the current generator")
          Finding.expect (Compare.difference case.Layer.Value kept = None) (fun () ->
              "parameters that were at hand have become others") ]
        |> Finding.all

    let private doesNotError mode (case: LayerCase) =
        [ for size in LayerInputs.sizes case.Inputs do
              let subject = case.At(size, 0)
              let outputs = (LayerSubject.answer mode case.Seed subject).Outputs
              let named = subject.Layer.Outputs.Count
              Finding.expect (outputs.Length = named) (fun () ->
                  $"it gives {outputs.Length} outputs, and names {named}") ]
        |> Finding.all

    let private types (tensors: Tensor seq) = [ for t in tensors -> t.Type ]
    let private shown (types: TensorType list) = String.Join(", ", types)

    let private areAlike (case: LayerCase) =
        [ for size in LayerInputs.sizes case.Inputs do
              let typesOf mode = types (LayerSubject.answer mode case.Seed (case.At(size, 0))).Outputs
              let predicted, forwarded = typesOf LayerMode.Predict, typesOf LayerMode.Forward
              Finding.expect (predicted = forwarded) (fun () ->
                  $"predict gives {shown predicted}, forward {shown forwarded}") ]
        |> Finding.all

    /// Floating-point tensors that have another type than is due.
    let private strangers dtype (tensors: Tensor seq) =
        [ for t in tensors do
              if Scalars.isFloating t.DType && t.DType <> dtype then t.Type ]

    let private ofEachType judge (case: LayerCase) =
        [ for dtype in [ DType.Float32; DType.Float64 ] do
              match strangers dtype (judge (LayerSubject.ofType dtype case.First)) with
              | [] -> Finding.Passed
              | others -> Finding.Failed $"of {dtype} it makes {shown others}" ]
        |> Finding.all

    /// Gradients of half the sum of squares of the outputs, by the learnable parameters and inputs.
    let private gradients (case: LayerCase) (subject: LayerSubject) =
        let f, x = LayerSubject.asFunction LayerMode.Forward subject
        let _, gradients = Functions.seeded case.Seed (fun () -> Functions.withGradient f x)
        let due = Functions.leaves x |> List.filter (fun t -> Scalars.isFloating t.DType)
        gradients, due

    let private backward (case: LayerCase) =
        for size in LayerInputs.sizes case.Inputs do
            gradients case (case.At(size, 0)) |> ignore

        Finding.Passed

    let private backwardSizes (case: LayerCase) =
        let gradients, due = gradients case case.First
        let sizes (tensors: Tensor list) = [ for t in tensors -> List.ofSeq t.Shape ]
        // What the outputs do not depend on has no gradient.
        let isPart = List.forall (fun s -> List.contains s (sizes due)) (sizes gradients)
        Finding.expect (isPart && gradients.Length <= due.Length) (fun () ->
            $"gradients are {shown (types gradients)} of {shown (types due)}")

    /// Where a value is not smooth, another may be.
    let private numeric (case: LayerCase) =
        let verdict seed =
            let f, x = LayerSubject.asFunction LayerMode.Forward (LayerSubject.ofType DType.Float64 (case.At(2, seed)))
            Finding.ofVerdict (Differentiation.equalsDifferences f x (case.Seed + uint64 seed))

        let found = List.map verdict [ 1..5 ]
        let isSkipped f =
            match f with
            | Finding.Skipped _ -> true
            | _ -> false
        if List.forall isSkipped found then
            found.Head
        else
            found |> List.filter (isSkipped >> not) |> Finding.all

    let private validState mode (case: LayerCase) =
        let first = LayerSubject.answer mode case.Seed case.First
        let second = LayerSubject.answer mode case.Seed { case.First with Layer = first.Next }
        let before, after = LayerSubject.learnables case.Layer.Value, LayerSubject.learnables first.Next
        let isKept = before.Length = after.Length && Array.forall2 (fun x y -> obj.ReferenceEquals(x, y)) before after
        let state = types (LayerSubject.state first.Next)

        if state.IsEmpty && LayerSubject.state case.Layer.Value |> Array.isEmpty && isKept then
            Finding.Skipped "it has no state"
        else
            [ Finding.expect isKept (fun () -> "its next state is in parts that are not marked as state")
              Finding.expect (types (LayerSubject.state second.Next) = state) (fun () ->
                  $"its state is {shown state} after one call, {shown (types (LayerSubject.state second.Next))} after two") ]
            |> Finding.all

    let private reset (case: LayerCase) =
        let next = (LayerSubject.answer LayerMode.Forward case.Seed case.First).Next
        let reset = next.Reset()
        let isKept =
            Compare.difference (LayerSubject.learnables reset) (LayerSubject.learnables case.Layer.Value) = None

        if obj.ReferenceEquals(reset, next) && Array.isEmpty (LayerSubject.state next) then
            Finding.Skipped "it has no state"
        else
            LayerSubject.answer LayerMode.Predict case.Seed { case.First with Layer = reset } |> ignore

            [ Finding.expect isKept (fun () -> "a reset changes what is not marked as state")
              Finding.expect (Compare.difference reset (reset.Reset()) = None) (fun () ->
                  "a second reset changes the layer again") ]
            |> Finding.all

    /// Runs all that might change the layer in place.
    let private isImmutable (case: LayerCase) =
        let layer = case.Layer.Value
        let copy = Structures.replace layer (fst (Structures.flatten layer))

        for mode in LayerSubject.modes do
            LayerSubject.answer mode case.Seed case.First |> ignore

        layer.Reset() |> ignore
        Finding.expect (Compare.difference copy layer = None) (fun () ->
            "running it changes the layer itself: return the layer with its next state instead")

    let rules =
        let predicts, forwards = [ "predictDoesNotError" ], [ "forwardDoesNotError" ]
        [ rule "functionSyntaxesAreCorrect" [] syntax
          rule "initializeDoesNotError" [ "functionSyntaxesAreCorrect" ] initialize
          rule "predictDoesNotError" [ "initializeDoesNotError" ] (doesNotError LayerMode.Predict)
          rule "forwardDoesNotError" [ "initializeDoesNotError" ] (doesNotError LayerMode.Forward)
          rule "forwardPredictAreConsistentInSize" (predicts @ forwards) areAlike
          rule
              "predictIsConsistentInType"
              predicts
              (ofEachType (fun s -> (LayerSubject.answer LayerMode.Predict 1UL s).Outputs))
          rule
              "forwardIsConsistentInType"
              forwards
              (ofEachType (fun s -> (LayerSubject.answer LayerMode.Forward 1UL s).Outputs))
          rule "backwardPropagationDoesNotError" forwards backward
          rule "backwardIsConsistentInSize" [ "backwardPropagationDoesNotError" ] backwardSizes
          rule "backwardIsConsistentInType" [ "backwardPropagationDoesNotError" ] (fun case ->
              ofEachType (fun s -> fst (gradients case s)) case)
          rule "gradientsAreNumericallyCorrect" [ "backwardPropagationDoesNotError" ] numeric
          rule "predictReturnsValidStates" predicts (validState LayerMode.Predict)
          rule "forwardReturnsValidStates" forwards (validState LayerMode.Forward)
          rule "resetStateDoesNotError" (predicts @ forwards) reset
          rule "layerIsNotMutated" (predicts @ forwards) isImmutable ]
