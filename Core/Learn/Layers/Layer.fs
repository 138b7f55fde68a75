namespace Functional

/// A layer: an immutable structure whose tensors are what training changes. All else in it is static.
type ILayer =
    inherit IStructure

    /// What the layer makes of its input once it is trained.
    abstract Predict: x: Tensor -> Tensor

    /// What the layer makes of its input while it is trained.
    abstract Forward: x: Tensor -> Tensor

    /// The layer with parameters for such input, where it has none yet; draws are taken from the current generator.
    abstract Initialize: input: Layout -> ILayer

/// Marks a layer whose functions may be traced once and replayed. A network runs neighbouring acceleratable layers as one
/// trace. What such a layer computes depends on its tensors, its static fields and draws like a tensor alone.
type IAcceleratable = interface end

/// How a network runs its acceleratable layers.
type Acceleration =
    /// Traced once for each signature, then replayed.
    | Auto = 0
    /// Directly, op by op: the same bits.
    | None = 1
