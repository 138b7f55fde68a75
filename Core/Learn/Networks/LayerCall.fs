namespace Functional

open System
open System.Collections.Generic

/// How networks run their layers.
[<RequireQualifiedAccess>]
module internal LayerCall =
    /// Of two layers all but state is the same.
    let private isSameButState (a: ILayer) (b: ILayer) =
        let xs, left = Structures.flattenLearnables a
        let ys, right = Structures.flattenLearnables b
        left.Equals right && Array.forall2 (fun x y -> obj.ReferenceEquals(x, y)) xs ys

    let private refuse (layer: ILayer) (inputs: Tensor array) problem remedy =
        raise (StructureException(layer.GetType().Name, [ for x in inputs -> x.Type ], problem, remedy))

    /// Errors on the way name the layer.
    let named name (layer: ILayer) (f: unit -> 'R) : 'R =
        try
            f ()
        with :? FunctionalException as e ->
            e.Enter(name, layer.GetType().Name)
            reraise ()

    let private runUnnamed mode (layer: ILayer) (inputs: Tensor array) : struct (Tensor array * ILayer) =
        let struct (outputs, next) = layer.Run(mode, inputs)

        if outputs.Count <> layer.Outputs.Count then
            refuse
                layer
                inputs
                $"it gives {outputs.Count} outputs, and names {layer.Outputs.Count}"
                "give a tensor for each output that the layer names"

        if not (obj.ReferenceEquals(layer, next)) && not (isSameButState layer next) then
            refuse
                layer
                inputs
                "what it returns as its next state differs in more than state"
                "mark what running the layer changes with [State], and keep all else"

        struct (Array.ofSeq outputs, next)

    /// The outputs of a layer, and the layer as it is from then on.
    /// Throws StructureException for a layer that gives another number of outputs, or changes what is no state.
    let run name mode (layer: ILayer) (inputs: Tensor array) : struct (Tensor array * ILayer) =
        named name layer (fun () -> runUnnamed mode layer inputs)

/// Whether networks run directly on this thread, those within layers as well.
[<AbstractClass; Sealed>]
type internal Directly private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private isOn: bool

    static member IsOn = Directly.isOn

    static member Run(f: unit -> 'R) : 'R =
        let outer = Directly.isOn
        Directly.isOn <- true

        try
            f ()
        finally
            Directly.isOn <- outer
