using System.Buffers.Binary;
using System.Numerics;
using Parquet;
using Parquet.Schema;

namespace Functional;

/// <summary>Files in the columnar format Apache Parquet: <see href="https://parquet.apache.org/docs/file-format/"/>.</summary>
public static class ParquetFile
{
    private const string Reader = "ParquetFile.Read";

    /// <summary>
    /// The columns of a file, those of integers, floating-point numbers, decimals, booleans and texts; others are left out, as
    /// are nested ones. A value that is missing is NaN where a floating-point number is asked for, and refused elsewhere.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The names of the columns that are read; none: all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DataFormatException">It is no Parquet file, not a whole one, or has no such column.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<ColumnTable> ReadAsync(
        string path, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default)
    {
        await using FileStream stream = File.OpenRead(path);
        try
        {
            await CheckFooter(stream, cancellationToken);
            await using ParquetReader reader = await ParquetReader.CreateAsync(
                stream, leaveStreamOpen: true, cancellationToken: cancellationToken);
            return await Read(path, reader, columns ?? [], cancellationToken);
        }
        catch (Exception e) when (e is not (FunctionalException or OperationCanceledException or OutOfMemoryException or FileNotFoundException))
        {
            throw new DataFormatException(Reader, path, "", e.Message.TrimEnd('.'), "give a whole Parquet file");
        }
    }

    /// <summary>The same, waited for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The names of the columns that are read; none: all.</param>
    /// <exception cref="DataFormatException">It is no Parquet file, not a whole one, or has no such column.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ColumnTable Read(string path, params string[] columns) =>
        System.Threading.Tasks.Task.Run(() => ReadAsync(path, columns)).GetAwaiter().GetResult();

    /// <summary>Throws InvalidDataException for a description without an end: the library would go on reading behind the file's.</summary>
    private static async System.Threading.Tasks.Task CheckFooter(FileStream stream, CancellationToken cancellation)
    {
        // The description, its length, and four letters that the library looks at.
        const int lengthAndMagic = 8;
        if (stream.Length < lengthAndMagic) return;
        stream.Seek(-lengthAndMagic, SeekOrigin.End);
        byte[] end = new byte[lengthAndMagic];
        await stream.ReadExactlyAsync(end, cancellation);
        int length = BinaryPrimitives.ReadInt32LittleEndian(end);
        if (length < 0 || length > stream.Length - lengthAndMagic)
            throw new InvalidDataException($"a description of {length} bytes at its end is longer than the file");
        stream.Seek(-lengthAndMagic - length, SeekOrigin.End);
        byte[] description = new byte[length];
        await stream.ReadExactlyAsync(description, cancellation);
        ThriftStructure.Check(description);
        stream.Seek(0, SeekOrigin.Begin);
    }

    private static async Task<ColumnTable> Read(
        string path, ParquetReader reader, IReadOnlyList<string> wanted, CancellationToken cancellation)
    {
        DataField[] fields = [.. reader.Schema.Fields.OfType<DataField>().Where(field => !field.IsArray)];
        foreach (string name in wanted)
        {
            if (fields.All(field => field.Name != name))
            {
                throw new DataFormatException(
                    Reader, path, "", $"there is no column \"{name}\"", $"use one of {string.Join(", ", fields.Select(f => f.Name))}");
            }
        }

        List<Column> columns = [];
        foreach (DataField field in fields.Where(field => wanted.Count == 0 || wanted.Contains(field.Name)))
        {
            if (await ReadColumn(path, reader, field, cancellation) is { } column)
                columns.Add(column);
        }

        int rows = columns.Count > 0 ? columns[0].RowCount : 0;
        if (columns.Any(column => column.RowCount != rows))
            throw new DataFormatException(Reader, path, "", "columns differ in length", "give a whole Parquet file");

        return new(Reader, path, rows, [.. columns]);
    }

    private static async Task<Column?> ReadColumn(
        string path, ParquetReader reader, DataField field, CancellationToken cancellation)
    {
        DataFormatException Error(int row, string column, string problem) => new(
            Reader, path, $"row {row}, column \"{column}\"", problem, "ask for another type, or mend the file");

        async Task<Column> Numbers<TStored, T>(Func<TStored, T> convert)
            where TStored : struct
            where T : struct, INumberBase<T>
        {
            List<T?> numbers = [];
            await ForEachGroup(reader, async (group, rows) =>
            {
                if (field.IsNullable)
                {
                    TStored?[] values = new TStored?[rows];
                    await group.ReadAsync(field, values.AsMemory(), cancellationToken: cancellation);
                    numbers.AddRange(values.Select(x => x is { } there ? convert(there) : (T?)null));
                }
                else
                {
                    TStored[] values = new TStored[rows];
                    await group.ReadAsync(field, values.AsMemory(), cancellationToken: cancellation);
                    numbers.AddRange(values.Select(x => (T?)convert(x)));
                }
            });
            return new NumberColumn<T>(field.Name, numbers, Error);
        }

        async Task<Column> Texts()
        {
            List<string> texts = [];
            await ForEachGroup(reader, async (group, rows) =>
            {
                string?[] values = new string?[rows];
                await group.ReadAsync(field, values.AsMemory()!, cancellationToken: cancellation);
                texts.AddRange(values.Select(text => text ?? ""));
            });
            return new TextColumn(field.Name, [.. texts], emptyIsNaN: true, Error);
        }

        return field.ClrType switch
        {
            var t when t == typeof(bool) => await Numbers<bool, byte>(x => x ? (byte)1 : (byte)0),
            var t when t == typeof(sbyte) => await Numbers<sbyte, sbyte>(x => x),
            var t when t == typeof(byte) => await Numbers<byte, byte>(x => x),
            var t when t == typeof(short) => await Numbers<short, short>(x => x),
            var t when t == typeof(ushort) => await Numbers<ushort, ushort>(x => x),
            var t when t == typeof(int) => await Numbers<int, int>(x => x),
            var t when t == typeof(uint) => await Numbers<uint, uint>(x => x),
            var t when t == typeof(long) => await Numbers<long, long>(x => x),
            var t when t == typeof(ulong) => await Numbers<ulong, ulong>(x => x),
            var t when t == typeof(float) => await Numbers<float, float>(x => x),
            var t when t == typeof(double) => await Numbers<double, double>(x => x),
            var t when t == typeof(decimal) => await Numbers<decimal, decimal>(x => x),
            var t when t == typeof(string) || t == typeof(ReadOnlyMemory<char>) => await Texts(),
            _ => null,
        };
    }

    private static async ValueTask ForEachGroup(ParquetReader reader, Func<ParquetRowGroupReader, int, ValueTask> read)
    {
        for (int k = 0; k < reader.RowGroupCount; k++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(k);
            await read(group, checked((int)group.RowCount));
        }
    }
}
