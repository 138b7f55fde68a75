using System.IO.Compression;
using Functional;

namespace Digits;

/// <summary>Images of handwritten digits, 8 × 8 pixels between 0 and 1, and the digit that each shows.</summary>
public sealed class Dataset
{
    private const int Pixels = 64;
    private const float Brightest = 16;

    private readonly float[][] _images;
    private readonly int[] _digits;

    private Dataset(IEnumerable<float[]> rows)
    {
        _images = [.. rows.Select(row => row[..Pixels].Select(pixel => pixel / Brightest).ToArray())];
        _digits = [.. rows.Select(row => (int)row[Pixels])];
    }

    public int Count => _digits.Length;

    public IReadOnlyList<int> Digits => _digits;

    /// <summary>Reads the images, shuffles them, and sets a part aside for the test.</summary>
    public static (Dataset Training, Dataset Test) Read(string path, double testShare, int seed)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        float[][] rows = [.. reader.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Array.ConvertAll(line.Split(','), float.Parse))];

        new Random(seed).Shuffle(rows);
        int tests = (int)(testShare * rows.Length);
        return (new(rows[tests..]), new(rows[..tests]));
    }

    /// <summary>All images and digits.</summary>
    public (Tensor Images, Tensor Digits) All() => Batch(Enumerable.Range(0, Count).ToArray());

    /// <summary>Mini-batches in random order; the last is as short as it comes.</summary>
    public IEnumerable<(Tensor Images, Tensor Digits)> Shuffled(int batchSize, Random random)
    {
        int[] order = Enumerable.Range(0, Count).ToArray();
        random.Shuffle(order);
        return order.Chunk(batchSize).Select(Batch);
    }

    private (Tensor Images, Tensor Digits) Batch(int[] rows) =>
        (Tensor.Create(Array.ConvertAll(rows, row => _images[row]), "BC"),
         Tensor.Create(Array.ConvertAll(rows, row => _digits[row]), "B"));
}
