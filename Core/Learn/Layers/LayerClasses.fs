namespace Functional.FSharp

open System.Collections.Generic
open Functional

/// A layer of one input and one output, without state. Tensors given to the constructor are what training changes.
[<AbstractClass; AllowNullLiteral(false)>]
type Layer() =
    /// What the layer makes of its input once it is trained.
    abstract Predict: x: Tensor -> Tensor

    /// What the layer makes of its input while it is trained; by default the same.
    abstract Forward: x: Tensor -> Tensor
    default this.Forward x = this.Predict x

    /// The layer with parameters for such input, where it has none yet; draws are taken from the current generator. By
    /// default the layer as it is.
    abstract Initialize: input: Layout -> ILayer
    default this.Initialize _ = this

    interface ILayer with
        member _.Inputs = Ports.input
        member _.Outputs = Ports.output
        member this.Initialize inputs = this.Initialize(Ports.single this inputs)
        member this.Reset() = this

        member this.Run(mode, inputs) =
            let x = Ports.single this inputs
            let y = if mode = LayerMode.Forward then this.Forward x else this.Predict x
            struct ([| y |], this)

/// A layer of one input and one output whose state, marked by StateAttribute, goes on from call to call: each gives the
/// output, and the layer as it is from then on. `'Self` is the type that inherits.
[<AbstractClass; AllowNullLiteral(false)>]
type StatefulLayer<'Self when 'Self :> ILayer>() =
    /// What the layer makes of its input once it is trained, and the layer with its next state.
    abstract Predict: x: Tensor -> struct (Tensor * 'Self)

    /// What the layer makes of its input while it is trained, and the layer with its next state; by default the same.
    abstract Forward: x: Tensor -> struct (Tensor * 'Self)
    default this.Forward x = this.Predict x

    /// The layer with parameters and state for such input, where it has none yet; draws are taken from the current generator.
    /// By default the layer as it is.
    abstract Initialize: input: Layout -> 'Self
    default this.Initialize _ = unbox<'Self>(box this)

    /// The layer with the state of a new sequence; by default as it is, for statistics of what was seen in training.
    abstract Reset: unit -> 'Self
    default this.Reset() = unbox<'Self>(box this)

    interface ILayer with
        member _.Inputs = Ports.input
        member _.Outputs = Ports.output
        member this.Initialize inputs = this.Initialize(Ports.single this inputs) :> ILayer
        member this.Reset() = this.Reset() :> ILayer

        member this.Run(mode, inputs) =
            let x = Ports.single this inputs
            let struct (y, next) = if mode = LayerMode.Forward then this.Forward x else this.Predict x
            struct ([| y |], next :> ILayer)

/// A layer of any inputs and outputs, without state.
[<AbstractClass; AllowNullLiteral(false)>]
type MultiLayer() =
    /// The names of its inputs; by default one, "in".
    abstract Inputs: IReadOnlyList<string>
    default _.Inputs = Ports.input

    /// The names of its outputs; by default one, "out".
    abstract Outputs: IReadOnlyList<string>
    default _.Outputs = Ports.output

    /// What the layer makes of its inputs once it is trained: a tensor for each output.
    abstract Predict: inputs: IReadOnlyList<Tensor> -> IReadOnlyList<Tensor>

    /// What the layer makes of its inputs while it is trained; by default the same.
    abstract Forward: inputs: IReadOnlyList<Tensor> -> IReadOnlyList<Tensor>
    default this.Forward inputs = this.Predict inputs

    /// The layer with parameters for such inputs, where it has none yet; draws are taken from the current generator. By
    /// default the layer as it is.
    abstract Initialize: inputs: IReadOnlyList<Layout> -> ILayer
    default this.Initialize _ = this

    interface ILayer with
        member this.Inputs = this.Inputs
        member this.Outputs = this.Outputs
        member this.Initialize inputs = this.Initialize inputs
        member this.Reset() = this
        member this.Run(mode, inputs) =
            struct ((if mode = LayerMode.Forward then this.Forward inputs else this.Predict inputs), this)

namespace Functional

open System.Runtime.CompilerServices

/// Layers of one input and one output, run by themselves.
[<Extension; AbstractClass; Sealed>]
type LayerRunning =
    static member private Run(layer: ILayer, mode, x: Tensor) =
        let struct (outputs, _) = layer.Run(mode, [| x |]) in Ports.single layer outputs

    /// What the layer makes of its input once it is trained; the next state is dropped.
    /// Throws StructureException for a layer of several inputs or outputs.
    [<Extension>]
    static member Predict(layer: ILayer, x: Tensor) : Tensor = LayerRunning.Run(layer, LayerMode.Predict, x)

    /// What the layer makes of its input while it is trained; the next state is dropped.
    /// Throws StructureException for a layer of several inputs or outputs.
    [<Extension>]
    static member Forward(layer: ILayer, x: Tensor) : Tensor = LayerRunning.Run(layer, LayerMode.Forward, x)
