namespace Functional.FSharp

open Functional

/// Attention, positions and embeddings. Sequences have their time labelled T (S where there is no T) and their channels C; or
/// they are unformatted, [..; time; channels]. All other dimensions are batches. All throw DimensionException for a sequence
/// without time or channels, ShapeException for sizes that do not fit, TensorFormatException for labels that do not,
/// DTypeException for different data types.
[<AutoOpen>]
module AttentionFunctions =
    /// Attention, positions and embeddings.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// The values, mixed for each query by softmax(q kᵀ · scale) over the keys, head by head (Vaswani et al., 2017):
        /// queries [batch …; m; heads · d], keys [batch …; n; heads · d], values [batch …; n; heads · v] → [batch …; m;
        /// heads · v], in the order and under the labels of the queries. A query that sees no key gets 0. A key that is
        /// not seen has weight 0, so that NaN or infinity in its value still gives NaN. Takes room for heads · m · n scores.
        let attention (options: AttentionOptions) (queries: Tensor) (keys: Tensor) (values: Tensor) : Tensor =
            Attention.attend options queries keys values

        /// Attention of projected queries to keys and values projected from a context (the queries themselves:
        /// self-attention), and projected once more; query and key channels turned by rotary positions, if given. Keys and
        /// values of earlier steps come first, where a cache is given; the next cache is returned. With causal attention,
        /// steps one by one with the cache are the sequence at once, to rounding.
        let multiHeadAttention
            (options: AttentionOptions)
            (rotary: RotaryOptions option)
            (weights: MultiHeadWeights)
            (past: KeyValueCache option)
            (context: Tensor)
            (queries: Tensor)
            : Tensor * KeyValueCache =
            Attention.multiHead options rotary weights past context queries

        /// Each pair of channels turned by an angle that grows with the position, so that products of queries and keys depend
        /// on their distance (Su et al., 2021). Angles are computed in Float64.
        /// Throws ShapeException for heads of an odd number of channels.
        let rotaryPositions (options: RotaryOptions) (x: Tensor) : Tensor = Positions.rotary options x

        /// sin(p · base^(-2 i / channels)) in channel 2 i and cos of the same in channel 2 i + 1, of positions p from an offset
        /// on: [length; channels], to be added to a sequence (Vaswani et al., 2017, with base 10,000).
        let sinusoidalPositions dtype length channels (basis: float) (offset: int) : Tensor =
            Positions.sinusoidal dtype length channels basis offset

        /// The row of the weights, [classes; channels], that each integer names: a new last dimension, labelled C (U where the
        /// integers have C) if they have labels. Derivatives of equal integers add up in ascending order; the row of the padding
        /// class has none.
        /// Throws DTypeException for anything but integers, DimensionException for one that names no row, when it runs.
        let embedding (padding: int option) (weights: Tensor) (indices: Tensor) : Tensor =
            Positions.embedding padding weights indices
