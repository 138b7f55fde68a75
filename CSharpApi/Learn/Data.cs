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

    /// <summary>
    /// Mini-batches in an order that the seed decides; the last is as short as it comes. For another epoch take another seed.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than 1.</exception>
    /// <exception cref="ShapeException">Tensors differ in their number of examples, or there are none.</exception>
    public static IEnumerable<T> Batches<T>(T data, int size, ulong seed = 0) => F.batches(size, seed, data);

    /// <summary>
    /// The numbers of a file in the form of CSV, a row for each line: Float32, unformatted. What ends in .gz is unpacked.
    /// </summary>
    /// <exception cref="ShapeException">Rows differ in length.</exception>
    /// <exception cref="FormatException">Something is no number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tensor ReadCsv(string path) => F.readCsv(path);
}
