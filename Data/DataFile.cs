using System.IO.Compression;

namespace Functional;

/// <summary>A file being read: its bytes, unpacked where they are gzip, and what to say where they are wrong.</summary>
internal sealed class DataFile : IDisposable
{
    private const int FirstBlock = 1 << 20;
    private readonly string reader;
    private readonly string path;
    private readonly Stream stream;

    /// <summary>The bytes of a stream, such as that of an entry of an archive, told as part of a file.</summary>
    public DataFile(string reader, string path, Stream stream) => (this.reader, this.path, this.stream) = (reader, path, stream);

    public Stream Stream => stream;

    public long Position { get; private set; }

    public static DataFile Open(string reader, string path)
    {
        FileStream file = File.OpenRead(path);
        bool isPacked = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return new(reader, path, isPacked ? new GZipStream(file, CompressionMode.Decompress) : file);
    }

    public DataFormatException Error(string place, string problem, string remedy) => new(reader, path, place, problem, remedy);

    public DataFormatException Error(string problem, string remedy) => Error($"byte {Position}", problem, remedy);

    /// <summary>
    /// The next bytes. Memory grows with what is really there: a file that says more than it holds gets no more than that.
    /// </summary>
    public byte[] Read(long count, string what)
    {
        if (count > Array.MaxLength)
            throw Error($"{what} is to have {count} bytes", "no tensor holds more than 2^31 bytes of a file: split it");

        byte[] bytes = new byte[Math.Min(count, FirstBlock)];
        int read = 0;
        while (true)
        {
            int got = Attempt(() => stream.ReadAtLeast(bytes.AsSpan(read), bytes.Length - read, throwOnEndOfStream: false));
            read += got;
            Position += got;
            if (read < bytes.Length)
                throw Error($"it ends within {what}, {count - read} bytes early", "get the whole file");
            if (read == count)
                return bytes;
            Array.Resize(ref bytes, (int)Math.Min(count, 2L * bytes.Length));
        }
    }

    /// <summary>Whether all was read.</summary>
    public bool IsAtEnd() => Attempt(stream.ReadByte) < 0;

    /// <summary>What goes wrong in unpacking is the file's fault.</summary>
    public T Attempt<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw Error(e.Message.TrimEnd('.'), "get the whole file");
        }
    }

    public void Dispose() => stream.Dispose();

    /// <summary>Writes a file beside the one that is meant, and puts it in its place when it is whole.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = File.Create(unfinished))
                write(stream);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
