using System.Buffers.Binary;
using System.Text;

namespace Functional.Benchmarks.Peers;

/// <summary>
/// The versions that a shared library asks of others, in the ELF section .gnu.version_r. The dynamic linker refuses a library
/// that asks for a version which the machine's library lacks, unless the need is marked weak, even if no symbol of that
/// version is ever called. TorchSharp's bridge to libtorch is of that kind: it asks for GLIBCXX_3.4.32, of GCC 13.
/// </summary>
/// <remarks>Layouts: System V ABI, chapter "Object files"; Linux Standard Base, "Symbol versioning".</remarks>
public static class VersionNeed
{
    private const int SectionTableAt = 0x28, SectionSizeAt = 0x3A, NeedSection = 0x6ffffffe;
    private const ushort WeakFlag = 2;

    /// <summary>Marks the need of a version weak, in the bytes of a 64-bit little-endian ELF file.</summary>
    /// <returns>Whether the bytes have changed: the file asks for that version, and did so strongly.</returns>
    public static bool Weaken(Span<byte> file, string version)
    {
        if (!file.StartsWith("\u007fELF\u0002\u0001"u8)) return false;

        bool changed = false;
        for (int section = 0; section < U16(file, SectionSizeAt + 2); section++)
        {
            int header = (int)U64(file, SectionTableAt) + section * U16(file, SectionSizeAt);
            if (U32(file, header + 4) == NeedSection)
                changed |= WeakenNeeds(file, version, At(file, header), At(file, LinkedHeader(file, header)));
        }
        return changed;
    }

    /// <summary>Rewrites a file if it asks for the version strongly; whoever has the old one open keeps it.</summary>
    public static void WeakenFile(string path, string version)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (!Weaken(bytes, version)) return;

        string rewritten = path + ".new";
        File.WriteAllBytes(rewritten, bytes);
        File.Move(rewritten, path, overwrite: true);
    }

    /// <summary>Goes through the chain of libraries, and for each through the chain of versions (Elf64_Verneed, Elf64_Vernaux).</summary>
    private static bool WeakenNeeds(Span<byte> file, string version, int libraries, int names)
    {
        bool changed = false;
        for (int library = libraries, next = 1; next != 0; library += next)
        {
            next = (int)U32(file, library + 12);
            for (int need = library + (int)U32(file, library + 8), after = 1; after != 0; need += after)
            {
                after = (int)U32(file, need + 12);
                ushort flags = U16(file, need + 4);
                if ((flags & WeakFlag) != 0 || Text(file, names + (int)U32(file, need + 8)) != version) continue;
                BinaryPrimitives.WriteUInt16LittleEndian(file[(need + 4)..], (ushort)(flags | WeakFlag));
                changed = true;
            }
        }
        return changed;
    }

    /// <summary>Where the contents of a section begin.</summary>
    private static int At(ReadOnlySpan<byte> file, int header) => (int)U64(file, header + 24);

    /// <summary>The header of the section of names that belongs to a section.</summary>
    private static int LinkedHeader(ReadOnlySpan<byte> file, int header) =>
        (int)U64(file, SectionTableAt) + (int)U32(file, header + 40) * U16(file, SectionSizeAt);

    private static string Text(ReadOnlySpan<byte> file, int at) =>
        Encoding.ASCII.GetString(file[at..][..file[at..].IndexOf((byte)0)]);

    private static ushort U16(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file[at..]);

    private static uint U32(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);

    private static ulong U64(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt64LittleEndian(file[at..]);
}
