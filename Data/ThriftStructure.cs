namespace Functional;

/// <summary>
/// Walks over a structure in Thrift's compact protocol, as the footer of a Parquet file is one, to see whether it ends where its bytes do.
/// The format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
/// </summary>
internal ref struct ThriftStructure
{
    private const int MostNested = 64;
    private const string Broken = "the description at its end is broken";

    private ReadOnlySpan<byte> _rest;

    private ThriftStructure(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <summary>Throws InvalidDataException for bytes that hold no whole structure, or one that is nested beyond all use.</summary>
    public static void Check(ReadOnlySpan<byte> bytes) => new ThriftStructure(bytes).Structure(0);

    private void Structure(int depth)
    {
        for (byte field = Byte(); field != 0; field = Byte())
        {
            // A field's number is the difference from the last one, or follows.
            if (field >> 4 == 0) Number();
            int type = field & 15;
            // Of a truth value in a structure the type is the value.
            if (type is not (1 or 2)) Value(type, depth);
        }
    }

    private void Value(int type, int depth)
    {
        if (depth == MostNested) throw new InvalidDataException(Broken);
        switch (type)
        {
            case 1 or 2 or 3: Skip(1); break;
            case 4 or 5 or 6: Number(); break;
            case 7: Skip(sizeof(double)); break;
            case 8: Skip(Number()); break;
            case 9 or 10: Elements(depth); break;
            case 11: Pairs(depth); break;
            case 12: Structure(depth + 1); break;
            case 13: Skip(16); break;
            default: throw new InvalidDataException(Broken);
        }
    }

    private void Elements(int depth)
    {
        byte head = Byte();
        ulong count = head >> 4 == 15 ? Number() : (ulong)(head >> 4);
        for (ulong k = 0; k < count; k++) Value(head & 15, depth + 1);
    }

    private void Pairs(int depth)
    {
        ulong count = Number();
        int types = count == 0 ? 0 : Byte();
        for (ulong k = 0; k < count; k++)
        {
            Value(types >> 4, depth + 1);
            Value(types & 15, depth + 1);
        }
    }

    private byte Byte()
    {
        byte first = _rest.IsEmpty ? throw new InvalidDataException(Broken) : _rest[0];
        _rest = _rest[1..];
        return first;
    }

    /// <summary>Seven bits in each byte, the lowest first; the eighth tells whether there is another.</summary>
    private ulong Number()
    {
        ulong number = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte part = Byte();
            number |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return number;
        }
        throw new InvalidDataException(Broken);
    }

    private void Skip(ulong count)
    {
        if (count > (ulong)_rest.Length) throw new InvalidDataException(Broken);
        _rest = _rest[(int)count..];
    }
}
