namespace Functional.Properties

open System
open Functional
open Functional.FSharp

/// The tests of a layer that is to be traced: what the system that these names come from does not check.
[<RequireQualifiedAccess>]
module internal LayerAcceleration =
    let private rule = LayerValidity.rule

    /// Of layers that declare themselves acceleratable, and of networks, which know which of theirs are.
    let private ifAcceleratable judge (case: LayerCase) =
        match case.Given with
        | :? IAcceleratable
        | :? Network -> judge case
        | _ -> Finding.Skipped "it does not declare itself acceleratable"

    /// Fresh values, sizes, types, and states.
    let private subjects (case: LayerCase) : LayerSubject list =
        [ for size in LayerInputs.sizes case.Inputs do
              for seed in 0..1 do
                  for dtype in [ DType.Float32; DType.Float64 ] do
                      let subject = LayerSubject.ofType dtype (case.At(size, seed))
                      subject
                      let next = (LayerSubject.answer LayerMode.Forward case.Seed subject).Next
                      if not (obj.ReferenceEquals(next, subject.Layer)) then { subject with Layer = next } ]

    let private equalsDirect (case: LayerCase) =
        [ for mode in LayerSubject.modes ->
              Acceleration.equalsDirect (LayerSubject.run mode) (subjects case) case.Seed |> Finding.ofVerdict ]
        |> Finding.all

    let private gradientEqualsDirect (case: LayerCase) =
        let outputs (subject: LayerSubject) = (LayerSubject.run LayerMode.Forward subject).Outputs
        Acceleration.equalsDirect (Functions.withGradient outputs) (subjects case) case.Seed
        |> Finding.ofVerdict

    let private audit (case: LayerCase) =
        [ for mode in LayerSubject.modes do
              let report = FreezeAudit.Of(Func<_, _>(LayerSubject.run mode), case.First)
              Finding.expect report.IsPure (fun () -> $"{mode.ToString().ToLowerInvariant()}: {report}") ]
        |> Finding.all

    /// Steps of training with other values: two traces, as the first may start without a state.
    let private economy (case: LayerCase) =
        let fast =
            AcceleratedFunction<LayerSubject, LayerAnswer>(
                LayerSubject.run LayerMode.Forward,
                { AccelerateOptions.Default with Governed = false }
            )

        let mutable layer = case.Layer.Value

        for step in 1..6 do
            layer <- (fast.Invoke { case.At(2, step) with Layer = layer }).Next

        if fast.TracesMade <= 2L then
            Finding.Passed
        else
            let reasons = [ for miss in fast.Explain().RecentMisses -> string miss.Reason ]
            Finding.Warned $"6 calls that differ by value made {fast.TracesMade} traces: {List.last reasons}"

    let private batchOf (ty: TensorType) = ty.Format.Labels.IndexOf 'B'

    /// To a part in a thousand: where steps are controlled for a whole batch, its examples share their errors.
    let private isNear (xs: Tensor array) (ys: Tensor array) =
        let size (t: Tensor) = float (Tensor.cast DType.Float64 (Tensor.max [ 0 .. t.Rank - 1 ] (Tensor.Abs t)))
        Array.forall2 (fun (x: Tensor) (y: Tensor) -> x.Type = y.Type && size (x - y) <= 1e-3 * size y) xs ys

    /// In prediction, the answer for an example does not depend on what else is in its batch.
    let private batchIndependence (case: LayerCase) =
        let subject = case.First
        let answer (subject: LayerSubject) = (LayerSubject.answer LayerMode.Predict case.Seed subject).Outputs
        let part k (t: Tensor) =
            match batchOf t.Type with
            | -1 -> t
            | dim ->
                Define.apply
                    (Movement.slice
                        [ for d, n in List.indexed (List.ofSeq t.Shape) -> if d = dim then k, 1, 1 else 0, 1, n ])
                    [ t ]

        let isBatched (tensors: Tensor array) =
            tensors |> Array.forall (fun t -> batchOf t.Type >= 0 && t.Shape[batchOf t.Type] > 1)
        let whole = answer subject

        if not (isBatched subject.Inputs && isBatched whole) then
            Finding.Skipped "not all inputs and outputs have a dimension B of size 2 or more"
        elif
            not (Array.isEmpty (LayerSubject.state (LayerSubject.answer LayerMode.Predict case.Seed subject).Next))
        then
            Finding.Skipped "its state may belong to the batch"
        else
            [ for k in 0..1 do
                  let alone = answer { subject with Inputs = Array.map (part k) subject.Inputs }
                  let within = Array.map (part k) whole
                  match Compare.difference alone within with
                  | None -> Finding.Passed
                  | Some problem when isNear alone within ->
                      Finding.Warned $"example {k} by itself and in its batch, to a part in a thousand alike: {problem}"
                  | Some problem -> Finding.Failed $"example {k} by itself and in its batch: {problem}" ]
            |> Finding.all

    /// In a network, saved and loaded, with the types of its layers known, it is the same.
    let private serialises (case: LayerCase) =
        let layer = case.Layer.Value
        let inputs = List.ofSeq layer.Inputs
        let outputs = [ for output in layer.Outputs -> if layer.Outputs.Count = 1 then "layer" else $"layer/{output}" ]
        let named = NamedLayer("layer", layer, [| for k in 1 .. inputs.Length -> $"x{k}" |])
        let network = Network.Graph([| for k in 1 .. inputs.Length -> $"x{k}" |], [| named |], Array.ofList outputs)
        let folder = IO.Directory.CreateTempSubdirectory "functional"
        try
            let path = IO.Path.Combine(folder.FullName, "layer.safetensors")
            try
                let _, types = NetworkFile.describe network
                NetworkFile.save path network
                let loaded = NetworkFile.load types path
                let subject = { case.First with Layer = loaded["layer"] }
                let bits subject = (LayerSubject.answer LayerMode.Predict case.Seed subject).Outputs
                Finding.expect
                    (Structure.HasSameBits(loaded, network) && Structure.HasSameBits(bits subject, bits case.First))
                    (fun () -> "the layer that was loaded is another one")
            with :? StructureException as e ->
                Finding.Skipped e.Message
        finally
            folder.Delete true

    let rules =
        let runs = [ "predictDoesNotError"; "forwardDoesNotError" ]
        [ rule "acceleratedEqualsDirect" runs (ifAcceleratable equalsDirect)
          rule
              "acceleratedGradientEqualsDirect"
              [ "backwardPropagationDoesNotError" ]
              (ifAcceleratable gradientEqualsDirect)
          rule "hasNoHiddenState" runs (ifAcceleratable audit)
          rule "signaturesAreFew" runs (ifAcceleratable economy)
          rule "batchIsIndependent" runs batchIndependence
          rule "serialises" runs serialises ]
