using System.Buffers.Binary;

namespace Functional;

/// <summary>
/// Files in the IDX format, which MNIST and its kin come in: <see href="http://yann.lecun.com/exdb/mnist/"/>. Those packed by
/// gzip are unpacked.
/// </summary>
public static class IdxFile
{
    private const string Remedy = "give an IDX file, such as train-images-idx3-ubyte.gz";

    /// <summary>
    /// The tensor in a file, unformatted: bytes and 16-bit integers become Int32, other elements keep their type.
    /// </summary>
    /// <exception cref="DataFormatException">It is no IDX file, or not a whole one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tensor Read(string path)
    {
        using DataFile file = DataFile.Open("IdxFile.Read", path);
        byte[] magic = file.Read(4, "the magic number");
        if (magic[0] != 0 || magic[1] != 0)
            throw file.Error("byte 0", "it does not begin with two zeros", Remedy);

        RawType type = magic[2] switch
        {
            0x08 => RawType.UInt8,
            0x09 => RawType.Int8,
            0x0B => RawType.Int16,
            0x0C => RawType.Int32,
            0x0D => RawType.Float32,
            0x0E => RawType.Float64,
            byte other => throw file.Error("byte 2", $"there is no type of elements 0x{other:X2}", Remedy),
        };

        int rank = magic[3];
        byte[] header = file.Read(4 * rank, "the sizes");
        long[] sizes = [.. Enumerable.Range(0, rank).Select(k => (long)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 * k)))];
        if (RawElements.Count(sizes) is not { } count)
            throw file.Error("byte 4", $"no tensor has sizes [{string.Join(", ", sizes)}]", Remedy);

        byte[] elements = file.Read(count * RawElements.SizeOf(type), "the elements");
        if (!file.IsAtEnd())
            throw file.Error("there is more than its sizes tell", Remedy);

        return RawElements.ToTensor(
            file, elements, type, isSwapped: BitConverter.IsLittleEndian, [.. sizes.Select(size => (int)size)], isColumnMajor: false);
    }
}
