namespace Functional.Properties

open System
open Functional

/// A layer and what it is given: a structure, so that traces and gradients are those of its parameters, state and inputs.
type internal LayerSubject = { Layer: ILayer; Inputs: Tensor array }

/// What it gives: a structure, too.
type internal LayerAnswer = { Outputs: Tensor array; Next: ILayer }

[<RequireQualifiedAccess>]
module internal LayerSubject =
    let modes = [ LayerMode.Predict; LayerMode.Forward ]

    let run mode (subject: LayerSubject) : LayerAnswer =
        let struct (outputs, next) = subject.Layer.Run(mode, subject.Inputs)
        { Outputs = Array.ofSeq outputs; Next = next }

    /// The answer with draws from a seed.
    let answer mode seed subject = Functions.seeded seed (fun () -> run mode subject)

    let learnables (layer: ILayer) = fst (Structures.flattenLearnables layer)

    /// The tensors of a layer that are its state.
    let state (layer: ILayer) : Tensor array =
        let found = Collections.Generic.List<Tensor>()
        let note isState t =
            if isState then found.Add t
            t
        Structures.rebuild note layer |> ignore
        found.ToArray()

    let private cast dtype (t: Tensor) =
        if Scalars.isFloating t.DType && t.DType <> dtype then Elementwise.lift (Cast dtype) [ t ] else t

    /// The same in another floating-point type.
    let ofType dtype (subject: LayerSubject) : LayerSubject = Structures.rebuild (fun _ t -> cast dtype t) subject

    /// The outputs as a function of learnable parameters and inputs, with draws from a seed.
    let asFunction
        mode
        (subject: LayerSubject)
        : (Tensor array * Tensor array -> Tensor array) * (Tensor array * Tensor array) =
        let f (learnables, inputs) =
            let layer = Structures.replaceLearnables subject.Layer learnables
            (run mode { Layer = layer; Inputs = inputs }).Outputs
        f, (learnables subject.Layer, subject.Inputs)
