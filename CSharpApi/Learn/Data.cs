using Microsoft.FSharp.Core;
using F = Functional.FSharp.Data;

namespace Functional;

/// <summary>
/// Examples to learn from: structures of tensors, whose dimension labelled B, or the first one where there is no such label,
/// counts the examples.
/// </summary>
public static class Data
{
    /// <summary>The number of examples.</summary>
    /// <exception cref="DimensionException">A tensor is a scalar.</exception>
    /// <exception cref="ShapeException">Tensors differ in their number of examples, or there are none.</exception>
    public static int Count<T>(T data) => F.count(data);

    /// <summary>
    /// The examples in two parts, in an order that the seed decides: this share of them, rounded, and the others.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    /// <exception cref="ShapeException">Tensors differ in their number of examples, or there are none.</exception>
    public static (T First, T Second) Split<T>(T data, double share, ulong seed = 0) => F.split(share, seed, data).ToValueTuple();

    /// <summary>Mini-batches, which are made when they are asked for.</summary>
    /// <param name="data">A structure of tensors.</param>
    /// <param name="size">How many examples a batch has.</param>
    /// <param name="seed">What decides the order.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own.</param>
    /// <param name="partial">What becomes of the examples that fill no batch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1.</exception>
    /// <exception cref="ShapeException">Tensors differ in their number of examples, or there are none.</exception>
    public static Batches<T> Batches<T>(
        T data, int size, ulong seed = 0, bool shuffle = true, PartialBatch partial = PartialBatch.Keep) =>
        F.batchesWith(new(size, shuffle, seed, partial), data);

    /// <summary>Batches of examples that are loaded by their numbers when a batch is asked for.</summary>
    /// <param name="examples">How many examples there are.</param>
    /// <param name="size">How many examples a batch has.</param>
    /// <param name="load">What makes a batch of the examples with these numbers.</param>
    /// <param name="seed">What decides the order.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own.</param>
    /// <param name="partial">What becomes of the examples that fill no batch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1, or the number of examples negative.</exception>
    public static Batches<T> BatchesBy<T>(
        int examples,
        int size,
        Func<int[], T> load,
        ulong seed = 0,
        bool shuffle = true,
        PartialBatch partial = PartialBatch.Keep) =>
        F.batchesBy(new(size, shuffle, seed, partial), examples, FuncConvert.FromFunc(load));

    /// <summary>
    /// Mini-batches of one size: where examples are missing in the last, others of it are repeated, and the mask tells. Give
    /// the mask to the loss.
    /// </summary>
    /// <param name="data">A structure of tensors.</param>
    /// <param name="size">How many examples a batch has.</param>
    /// <param name="seed">What decides the order.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1.</exception>
    /// <exception cref="ShapeException">Tensors differ in their number of examples, or there are none.</exception>
    public static Batches<MaskedBatch<T>> PaddedBatches<T>(T data, int size, ulong seed = 0, bool shuffle = true) =>
        F.paddedBatches(new(size, shuffle, seed, PartialBatch.Keep), data);

    /// <summary>Batches of sequences, each padded to one length, with a mask and with what belongs to each sequence.</summary>
    /// <param name="sequences">Tensors [time; …] of one type but for their length.</param>
    /// <param name="targets">A structure of tensors that hold an example for each sequence.</param>
    /// <param name="size">How many sequences a batch has.</param>
    /// <param name="padding">What a batch is padded to; null: its longest sequence.</param>
    /// <param name="grouped">
    /// Whether sequences of one padded length come together, so that few elements are padding. The order of examples and that
    /// of batches are shuffled.
    /// </param>
    /// <param name="seed">What decides the order.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own.</param>
    /// <param name="partial">What becomes of the sequences that fill no batch.</param>
    /// <param name="value">The number that pads.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1.</exception>
    /// <exception cref="ShapeException">
    /// Sequences differ in more than their lengths, or are not as many as the targets.
    /// </exception>
    public static Batches<SequenceBatch<T>> Sequences<T>(
        IEnumerable<Tensor> sequences,
        T targets,
        int size,
        Bucketing? padding = null,
        bool grouped = false,
        ulong seed = 0,
        bool shuffle = true,
        PartialBatch partial = PartialBatch.Keep,
        double value = 0) =>
        F.sequences(
            new(new(size, shuffle, seed, partial), padding ?? Bucketing.Longest, grouped, value), sequences, targets);
}
