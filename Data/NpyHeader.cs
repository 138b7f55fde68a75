using System.Globalization;
using System.Text;

namespace Functional;

/// <summary>
/// What stands before the elements of an array of NumPy: a Python dictionary with the keys descr, fortran_order and shape.
/// <see href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"/>.
/// </summary>
internal sealed record NpyHeader(RawType Type, bool IsSwapped, bool IsColumnMajor, int[] Sizes)
{
    private const int LongestHeader = 1 << 16;
    private const string Remedy = "give an array that numpy.save wrote";

    public static NpyHeader Read(DataFile file)
    {
        byte[] start = file.Read(8, "the magic string");
        if (!start.AsSpan(0, 6).SequenceEqual(Magic))
            throw file.Error("byte 0", "it does not begin as an array of NumPy does", Remedy);
        if (start[6] is < 1 or > 3)
            throw file.Error("byte 6", $"version {start[6]} of the format is not known", "save it with version 1, 2 or 3");

        byte[] lengthBytes = file.Read(start[6] == 1 ? 2 : 4, "the header's length");
        long length = lengthBytes.Select((b, k) => (long)b << (8 * k)).Sum();
        if (length > LongestHeader)
            throw file.Error($"its header is to have {length} bytes", Remedy);

        string text = (start[6] == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(file.Read(length, "the header"));
        return new Parser(file, text).Header();
    }

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The bytes of a header for a tensor, elements in this machine's order of bytes.</summary>
    public static byte[] For(TensorType type)
    {
        string order = BitConverter.IsLittleEndian ? "<" : ">";
        string descr = type.DType switch
        {
            DType.Float32 => order + "f4",
            DType.Float64 => order + "f8",
            DType.Int32 => order + "i4",
            DType.Int64 => order + "i8",
            _ => "|b1",
        };
        string shape = string.Concat(type.Shape.Select(size => $"{size.ToString(CultureInfo.InvariantCulture)}, ")).TrimEnd();
        string header = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({(type.Rank > 1 ? shape.TrimEnd(',') : shape)}), }}";

        // The elements begin at a multiple of 64.
        string padded = header.PadRight((header.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        return [.. Magic, 1, 0, (byte)padded.Length, (byte)(padded.Length >> 8), .. Encoding.Latin1.GetBytes(padded)];
    }

    /// <summary>Reads as much of Python as such a dictionary takes.</summary>
    private sealed class Parser(DataFile file, string text)
    {
        private int at;

        public NpyHeader Header()
        {
            string? descr = null;
            bool? isColumnMajor = null;
            List<long>? sizes = null;

            Expect('{');
            while (!Take('}'))
            {
                string key = Text();
                Expect(':');
                switch (key)
                {
                    case "descr" when Next() == '[':
                        throw Error("its elements are structures", "save one array for each of their fields");
                    case "descr":
                        descr = Text();
                        break;
                    case "fortran_order":
                        isColumnMajor = Truth();
                        break;
                    case "shape":
                        sizes = Numbers();
                        break;
                    default:
                        throw Error($"the key '{key}' is not known", Remedy);
                }

                if (!Take(',') && Next() != '}')
                    throw Error("a comma is missing", Remedy);
            }

            if (descr is null || isColumnMajor is null || sizes is null)
                throw Error("a key is missing", Remedy);
            if (RawElements.Count(sizes) is null)
                throw Error($"no tensor has sizes [{string.Join(", ", sizes)}]", Remedy);

            var (type, isSwapped) = Type(descr);
            return new(type, isSwapped, isColumnMajor.Value, [.. sizes.Select(size => (int)size)]);
        }

        private (RawType Type, bool IsSwapped) Type(string descr)
        {
            RawType? type = descr.Length < 3 ? null : descr[1..] switch
            {
                "b1" => RawType.Bool,
                "i1" => RawType.Int8,
                "u1" => RawType.UInt8,
                "i2" => RawType.Int16,
                "u2" => RawType.UInt16,
                "i4" => RawType.Int32,
                "u4" => RawType.UInt32,
                "i8" => RawType.Int64,
                "u8" => RawType.UInt64,
                "f2" => RawType.Float16,
                "f4" => RawType.Float32,
                "f8" => RawType.Float64,
                _ => null,
            };

            bool? isBigEndian = descr.Length == 0 ? null : descr[0] switch
            {
                '<' => false,
                '>' => true,
                '=' => !BitConverter.IsLittleEndian,
                '|' when type is { } t && RawElements.SizeOf(t) == 1 => false,
                _ => null,
            };

            return type is { } known && isBigEndian is { } big
                ? (known, big == BitConverter.IsLittleEndian)
                : throw Error($"no tensor has elements of type '{descr}'", "save integers, floating-point numbers or booleans");
        }

        private DataFormatException Error(string problem, string remedy) => file.Error($"the header, character {at}", problem, remedy);

        private char Next()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            return at < text.Length ? text[at] : '\0';
        }

        private bool Take(char c)
        {
            if (Next() != c || at >= text.Length)
                return false;
            at++;
            return true;
        }

        private void Expect(char c)
        {
            if (!Take(c))
                throw Error($"'{c}' is missing", Remedy);
        }

        private string Text()
        {
            char quote = Next();
            int end = quote is '\'' or '"' ? text.IndexOf(quote, at + 1) : -1;
            if (end < 0)
                throw Error("a string is missing", Remedy);
            string found = text[(at + 1)..end];
            at = end + 1;
            return found;
        }

        private bool Truth()
        {
            Next();
            foreach (var (word, value) in new[] { ("True", true), ("False", false) })
            {
                if (string.CompareOrdinal(text, at, word, 0, word.Length) == 0)
                {
                    at += word.Length;
                    return value;
                }
            }

            throw Error("True or False is missing", Remedy);
        }

        private List<long> Numbers()
        {
            List<long> numbers = [];
            Expect('(');
            while (!Take(')'))
            {
                Next();
                int start = at;
                while (at < text.Length && char.IsAsciiDigit(text[at]))
                    at++;
                if (!long.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                    throw Error("a size is missing", Remedy);
                numbers.Add(number);

                // Python 2 wrote long integers so.
                Take('L');
                if (!Take(',') && Next() != ')')
                    throw Error("a comma is missing", Remedy);
            }

            return numbers;
        }
    }
}
