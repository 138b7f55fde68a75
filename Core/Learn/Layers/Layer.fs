namespace Functional

open System.Collections.Generic

/// What a layer is run for.
type LayerMode =
    /// Prediction, once it is trained.
    | Predict = 0
    /// Training: dropout drops, statistics are those of the batch.
    | Forward = 1

/// A layer: an immutable structure whose tensors are what training changes, but for those marked as state (StateAttribute),
/// which running the layer changes. All else in it is static. Layers of your own are shorter by the types that carry this
/// interface: in C# the records Layer, StatefulLayer and MultiLayer; in F# the classes of the same names.
type ILayer =
    inherit IStructure

    /// The names of its inputs, in the order in which it takes them.
    abstract Inputs: IReadOnlyList<string>

    /// The names of its outputs, in the order in which it gives them.
    abstract Outputs: IReadOnlyList<string>

    /// What the layer makes of its inputs, and the layer with the state that it has from then on; itself where it has none.
    /// All but state is as it was.
    abstract Run: mode: LayerMode * inputs: IReadOnlyList<Tensor> -> struct (IReadOnlyList<Tensor> * ILayer)

    /// The layer with parameters for such inputs, where it has none yet; draws are taken from the current generator.
    abstract Initialize: inputs: IReadOnlyList<Layout> -> ILayer

    /// The layer with the state of a new sequence. Statistics of what was seen in training are kept.
    abstract Reset: unit -> ILayer

/// Marks a layer whose functions may be traced once and replayed. A network runs neighbouring acceleratable layers as one
/// trace. What such a layer computes depends on its tensors, its static fields and draws like a tensor alone.
type IAcceleratable = interface end

/// How a network runs its acceleratable layers.
type Acceleration =
    /// Traced once for each signature, then replayed.
    | Auto = 0
    /// Directly, op by op: the same bits.
    | None = 1

/// The inputs and outputs of layers that have one of each.
[<RequireQualifiedAccess>]
module internal Ports =
    let input: IReadOnlyList<string> = [| "in" |]
    let output: IReadOnlyList<string> = [| "out" |]

    /// Refuses another number of what a layer is given.
    let count (layer: obj) expected (items: IReadOnlyList<'T>) =
        if items.Count <> expected then
            let inputs = if expected = 1 then "one input" else $"{expected} inputs"
            raise (
                StructureException(
                    layer.GetType().Name,
                    [],
                    $"it has {inputs}, and was given {items.Count}",
                    "connect one output to each"
                )
            )

    /// What a layer was given, of which there is to be one.
    let single (layer: obj) (items: IReadOnlyList<'T>) : 'T =
        count layer 1 items
        items[0]
