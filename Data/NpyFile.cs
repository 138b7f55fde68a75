using System.Runtime.InteropServices;

namespace Functional;

/// <summary>
/// Arrays of NumPy in files that numpy.save writes (.npy):
/// <see href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"/>.
/// </summary>
public static class NpyFile
{
    /// <summary>
    /// The array in a file as an unformatted tensor. Elements of 8 and 16 bits become Int32, those of UInt32 and UInt64 Int64,
    /// those of Float16 Float32; others keep their type. Both orders of bytes and of dimensions are read.
    /// </summary>
    /// <exception cref="DataFormatException">
    /// It is no such file, not a whole one, or has elements that no tensor has: complex numbers, texts, objects.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tensor Read(string path)
    {
        using DataFile file = new("NpyFile.Read", path, File.OpenRead(path));
        return Read(file);
    }

    /// <summary>Writes a tensor in row-major order. The file is there as a whole, or as it was before.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Tensor tensor) => DataFile.Write(path, stream => Write(stream, tensor));

    internal static Tensor Read(DataFile file)
    {
        NpyHeader header = NpyHeader.Read(file);
        long count = RawElements.Count([.. header.Sizes.Select(size => (long)size)])!.Value;
        byte[] elements = file.Read(count * RawElements.SizeOf(header.Type), "the elements");
        return RawElements.ToTensor(file, elements, header.Type, header.IsSwapped, header.Sizes, header.IsColumnMajor);
    }

    internal static void Write(Stream stream, Tensor tensor)
    {
        stream.Write(NpyHeader.For(tensor.Type));
        switch (tensor.DType)
        {
            case DType.Float32:
                Write<float>(stream, tensor);
                break;
            case DType.Float64:
                Write<double>(stream, tensor);
                break;
            case DType.Int32:
                Write<int>(stream, tensor);
                break;
            case DType.Int64:
                Write<long>(stream, tensor);
                break;
            default:
                Write<bool>(stream, tensor);
                break;
        }
    }

    private static void Write<T>(Stream stream, Tensor tensor)
        where T : struct
    {
        const int Block = 1 << 16;
        ReadOnlySpan<T> elements = HostData.toArray<T>(tensor);
        for (int start = 0; start < elements.Length; start += Block)
            stream.Write(MemoryMarshal.AsBytes(elements.Slice(start, Math.Min(Block, elements.Length - start))));
    }
}
