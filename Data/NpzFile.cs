using System.IO.Compression;

namespace Functional;

/// <summary>Archives of NumPy's arrays by name (.npz), which numpy.savez and numpy.savez_compressed write.</summary>
public static class NpzFile
{
    private const string Extension = ".npy";

    /// <summary>The arrays in a file by name, as <see cref="NpyFile.Read(string)"/> gives each. What is no array is left out.</summary>
    /// <exception cref="DataFormatException">It is no such file, not a whole one, or two arrays have one name.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        DataFile archive = new("NpzFile.Read", path, stream);
        using ZipArchive zip = archive.Attempt(() => new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true));
        Dictionary<string, Tensor> arrays = [];
        foreach (ZipArchiveEntry entry in archive.Attempt(() => zip.Entries))
        {
            if (!entry.FullName.EndsWith(Extension, StringComparison.Ordinal))
                continue;

            string name = entry.FullName[..^Extension.Length];
            using DataFile file = new("NpzFile.Read", $"{path}, {entry.FullName}", archive.Attempt(entry.Open));
            if (!arrays.TryAdd(name, NpyFile.Read(file)))
                throw archive.Error(entry.FullName, "two arrays have this name", "give each a name of its own");
        }

        return arrays;
    }

    /// <summary>Writes tensors by name. The file is there as a whole, or as it was before.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">The tensors by name.</param>
    /// <param name="compress">Whether they are packed: smaller, and slower to read.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> arrays, bool compress = false) =>
        DataFile.Write(path, stream =>
        {
            using ZipArchive zip = new(stream, ZipArchiveMode.Create);
            foreach (var (name, tensor) in arrays)
            {
                CompressionLevel level = compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression;
                using Stream entry = zip.CreateEntry(name + Extension, level).Open();
                NpyFile.Write(entry, tensor);
            }
        });
}
