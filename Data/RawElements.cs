using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Functional;

/// <summary>The types of elements that files hold, some of which no tensor has.</summary>
internal enum RawType
{
    Bool,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float16,
    Float32,
    Float64,
}

/// <summary>Makes tensors of the bytes of elements.</summary>
internal static class RawElements
{
    public static int SizeOf(RawType type) => type switch
    {
        RawType.Bool or RawType.Int8 or RawType.UInt8 => 1,
        RawType.Int16 or RawType.UInt16 or RawType.Float16 => 2,
        RawType.Int32 or RawType.UInt32 or RawType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The number of elements, or none where no tensor has so many.</summary>
    public static long? Count(IReadOnlyList<long> sizes)
    {
        // Sizes of 0 make any others harmless only where those are sizes.
        if (sizes.Any(size => size is < 0 or > int.MaxValue))
            return null;

        long count = 1;
        foreach (long size in sizes.Order())
        {
            count *= size;
            if (count > Array.MaxLength)
                return null;
        }

        return count;
    }

    /// <summary>A tensor of elements, which are given in the other order of bytes if they are to be swapped.</summary>
    public static Tensor ToTensor(DataFile file, byte[] bytes, RawType type, bool isSwapped, int[] sizes, bool isColumnMajor)
    {
        if (isSwapped)
            Swap(bytes, SizeOf(type));

        Array elements = type switch
        {
            RawType.Bool => Array.ConvertAll(bytes, b => b != 0),
            RawType.Int8 => Converted<sbyte, int>(bytes, x => x),
            RawType.UInt8 => Converted<byte, int>(bytes, x => x),
            RawType.Int16 => Converted<short, int>(bytes, x => x),
            RawType.UInt16 => Converted<ushort, int>(bytes, x => x),
            RawType.Int32 => MemoryMarshal.Cast<byte, int>(bytes).ToArray(),
            RawType.UInt32 => Converted<uint, long>(bytes, x => x),
            RawType.Int64 => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            RawType.UInt64 => Converted<ulong, long>(bytes, x => x <= long.MaxValue ? (long)x : throw TooGreat(file, x)),
            RawType.Float16 => Converted<Half, float>(bytes, x => (float)x),
            RawType.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            _ => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        };

        return ToTensor(isColumnMajor ? RowMajor(elements, sizes) : elements, sizes);
    }

    /// <summary>A tensor of elements that nobody else keeps.</summary>
    public static Tensor ToTensor(Array elements, int[] sizes)
    {
        DType dtype = HostData.dtypeOf("Read", elements.GetType().GetElementType()!);
        return HostData.adopt(new TensorType(dtype, sizes), elements);
    }

    private static DataFormatException TooGreat(DataFile file, ulong value) =>
        file.Error($"{value} is no Int64", "store smaller numbers, or floating-point ones");

    private static TTo[] Converted<TFrom, TTo>(byte[] bytes, Func<TFrom, TTo> convert)
        where TFrom : struct
    {
        ReadOnlySpan<TFrom> from = MemoryMarshal.Cast<byte, TFrom>(bytes);
        TTo[] to = new TTo[from.Length];
        for (int k = 0; k < to.Length; k++)
            to[k] = convert(from[k]);
        return to;
    }

    private static void Swap(byte[] bytes, int size)
    {
        switch (size)
        {
            case 2:
                Span<short> shorts = MemoryMarshal.Cast<byte, short>(bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                Span<int> ints = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                Span<long> longs = MemoryMarshal.Cast<byte, long>(bytes.AsSpan());
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }

    private static Array RowMajor(Array columnMajor, int[] sizes) => columnMajor switch
    {
        bool[] x => RowMajor(x, sizes),
        int[] x => RowMajor(x, sizes),
        long[] x => RowMajor(x, sizes),
        float[] x => RowMajor(x, sizes),
        double[] x => RowMajor(x, sizes),
        _ => throw new InvalidOperationException("unreachable"),
    };

    private static T[] RowMajor<T>(T[] columnMajor, int[] sizes)
    {
        T[] rowMajor = new T[columnMajor.Length];
        int[] strides = new int[sizes.Length];
        int[] index = new int[sizes.Length];
        for (int k = 0, stride = 1; k < sizes.Length; stride *= sizes[k++])
            strides[k] = stride;

        for (int to = 0, from = 0; to < rowMajor.Length; to++)
        {
            rowMajor[to] = columnMajor[from];
            for (int k = sizes.Length - 1; k >= 0; k--)
            {
                from += strides[k];
                if (++index[k] < sizes[k])
                    break;
                from -= strides[k] * sizes[k];
                index[k] = 0;
            }
        }

        return rowMajor;
    }
}
