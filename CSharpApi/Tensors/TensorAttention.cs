using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>Weights of a multi-head attention, where heads are side by side.</summary>
/// <param name="Query">From the queries' input: [channels; heads · d].</param>
/// <param name="Key">From the keys' input: [channels; key heads · d].</param>
/// <param name="Value">From the keys' input to values: [channels; key heads · v].</param>
/// <param name="Output">From all heads to the result: [heads · v; channels].</param>
public sealed record MultiHeadWeights(Tensor Query, Tensor Key, Tensor Value, Tensor Output)
{
    /// <summary>[heads · d]; none for 0.</summary>
    public Tensor? QueryBias { get; init; }

    /// <summary>[key heads · d]; none for 0.</summary>
    public Tensor? KeyBias { get; init; }

    /// <summary>[key heads · v]; none for 0.</summary>
    public Tensor? ValueBias { get; init; }

    /// <summary>[channels]; none for 0.</summary>
    public Tensor? OutputBias { get; init; }

    internal FSharp.MultiHeadWeights FSharp => new(
        Query,
        Key,
        Value,
        Output,
        Dimensions.Optional(QueryBias),
        Dimensions.Optional(KeyBias),
        Dimensions.Optional(ValueBias),
        Dimensions.Optional(OutputBias));
}

/// <summary>Which keys a query attends to, and how.</summary>
public sealed record AttentionOptions
{
    /// <summary>One head, all keys seen, nothing dropped.</summary>
    public static AttentionOptions Default { get; } = new();

    /// <summary>Into how many heads the channels of the queries are divided.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>
    /// Into how many heads those of keys and values are; each serves as many neighbouring heads of the queries. None: as many
    /// as the queries have.
    /// </summary>
    public int? KeyHeads { get; init; }

    /// <summary>What products of queries and keys are multiplied by; none: 1 / √(channels of a head).</summary>
    public double? Scale { get; init; }

    /// <summary>
    /// Whether each query sees the keys up to its own place only; the last query stands with the last key.
    /// </summary>
    public bool Causal { get; init; }

    /// <summary>
    /// Which keys a query sees (Bool), or what is added to their scores (numbers, -∞ for unseen): broadcasts to
    /// [batch …; heads; queries; keys].
    /// </summary>
    public Tensor? Mask { get; init; }

    /// <summary>Which keys are real (Bool): labels of the keys without C, or unformatted [batch …; keys].</summary>
    public Tensor? KeyMask { get; init; }

    /// <summary>
    /// The share of attention weights that is set to 0, the others scaled so that their mean stays; drawn like the queries.
    /// </summary>
    public double Dropout { get; init; }

    internal FSharp.AttentionOptions FSharp => new(
        Heads,
        KeyHeads is { } heads ? FSharpOption<int>.Some(heads) : null,
        Scale is { } scale ? FSharpOption<double>.Some(scale) : null,
        Causal,
        Dimensions.Optional(Mask),
        Dimensions.Optional(KeyMask),
        Dropout);
}

/// <summary>How rotary positions turn channels.</summary>
public sealed record RotaryOptions
{
    /// <summary>One head, base 10,000, neighbours, from position 0 on.</summary>
    public static RotaryOptions Default { get; } = new();

    /// <summary>Into how many heads the channels are divided; the channels of each are turned alike.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Pair i of a head of d channels turns by base^(-2 i / d) from one position to the next.</summary>
    public double Base { get; init; } = 10000;

    /// <summary>
    /// Whether pairs are neighbours (2 i, 2 i + 1), as in the paper, or lie half a head apart (i, i + d / 2), as in GPT-NeoX
    /// and Llama.
    /// </summary>
    public bool Interleaved { get; init; } = true;

    /// <summary>The position of the first step.</summary>
    public int Offset { get; init; }

    internal FSharp.RotaryOptions FSharp => new(Heads, Base, Interleaved, Offset);
}

/// <summary>
/// Attention, positions and embeddings. Sequences have their time labelled T (S where there is no T) and their channels C; or
/// they are unformatted, [..; time; channels]. All other dimensions are batches.
/// </summary>
/// <remarks>
/// All methods throw <see cref="DimensionException"/> for a sequence without time or channels, <see cref="ShapeException"/> for
/// sizes that do not fit, <see cref="TensorFormatException"/> for labels that do not, <see cref="DTypeException"/> for
/// different data types.
/// </remarks>
public static class TensorAttention
{
    extension(Tensor x)
    {
        /// <summary>
        /// The values, mixed for each query (this tensor) by softmax(q kᵀ · scale) over the keys, head by head (Vaswani et al.,
        /// 2017): queries [batch …; m; heads · d], keys [batch …; n; heads · d], values [batch …; n; heads · v] →
        /// [batch …; m; heads · v], in the order and under the labels of the queries. A query that sees no key gets 0. A
        /// key that is not seen has weight 0, so that NaN or infinity in its value still gives NaN. Takes room for
        /// heads · m · n scores.
        /// </summary>
        public Tensor Attention(Tensor keys, Tensor values, AttentionOptions? options = null) =>
            Functional.Attention.attend((options ?? AttentionOptions.Default).FSharp, x, keys, values);

        /// <summary>
        /// Attention of projected queries to keys and values projected from a context, and projected once more; query and key
        /// channels turned by rotary positions, if given. Keys and values of earlier steps come first, where a cache is given;
        /// the next cache is returned. With causal attention, steps one by one with the cache are the sequence at once, to
        /// rounding.
        /// </summary>
        /// <param name="weights">Those of the projections.</param>
        /// <param name="context">Where keys and values come from; none: from the queries themselves.</param>
        /// <param name="past">The cache that an earlier call returned.</param>
        /// <param name="options">Which keys a query attends to; none: all.</param>
        /// <param name="rotary">How query and key channels are turned; their heads are those of the attention. None: not.</param>
        public (Tensor Result, KeyValueCache Cache) MultiHeadAttention(
            MultiHeadWeights weights,
            Tensor? context = null,
            KeyValueCache? past = null,
            AttentionOptions? options = null,
            RotaryOptions? rotary = null)
        {
            ArgumentNullException.ThrowIfNull(weights);
            return Functional.Attention.multiHead(
                (options ?? AttentionOptions.Default).FSharp,
                rotary is null ? null : FSharpOption<FSharp.RotaryOptions>.Some(rotary.FSharp),
                weights.FSharp,
                past is null ? null : FSharpOption<KeyValueCache>.Some(past),
                context ?? x,
                x).ToValueTuple();
        }

        /// <summary>
        /// Each pair of channels turned by an angle that grows with the position, so that products of queries and keys depend on
        /// their distance (Su et al., 2021). Angles are computed in Float64.
        /// </summary>
        /// <exception cref="ShapeException">A head has an odd number of channels.</exception>
        public Tensor RotaryPositions(RotaryOptions? options = null) =>
            Positions.rotary((options ?? RotaryOptions.Default).FSharp, x);
    }

    extension(Tensor)
    {
        /// <summary>
        /// sin(p · base^(-2 i / channels)) in channel 2 i and cos of the same in channel 2 i + 1, of positions p from an offset
        /// on: [length; channels], to be added to a sequence (Vaswani et al., 2017).
        /// </summary>
        public static Tensor SinusoidalPositions(
            int length, int channels, DType dtype = DType.Float32, double @base = 10000, int offset = 0) =>
            Positions.sinusoidal(dtype, length, channels, @base, offset);

        /// <summary>
        /// The row of the weights, [classes; channels], that each integer names: a new last dimension, labelled C (U where the
        /// integers have C) if they have labels. Derivatives of equal integers add up in ascending order; the row of the padding
        /// class has none.
        /// </summary>
        /// <exception cref="DTypeException">The indices are no integers.</exception>
        /// <exception cref="DimensionException">One of them names no row, when it runs.</exception>
        public static Tensor Embedding(Tensor weights, Tensor indices, int? padding = null) =>
            Positions.embedding(padding is { } p ? FSharpOption<int>.Some(p) : null, weights, indices);
    }
}
