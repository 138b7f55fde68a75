using nietras.SeparatedValues;

namespace Functional;

/// <summary>How a file of separated values is written.</summary>
public sealed record CsvOptions
{
    /// <summary>Whether the first row names the columns; otherwise they are named by their numbers, from 0.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>What stands between values.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>Whether an empty value is NaN where a floating-point number is asked for; otherwise it is refused.</summary>
    public bool EmptyIsNaN { get; init; }
}

/// <summary>
/// Files of separated values (RFC 4180): values may be quoted, and then hold separators, quotes and line ends. Empty lines are
/// left aside. Numbers are written as in invariant culture. Files packed by gzip are unpacked.
/// </summary>
public static class CsvFile
{
    private const string Reader = "CsvFile.Read";

    /// <summary>The columns of a file. They become tensors on demand: <c>CsvFile.Read(path).Matrix()</c>.</summary>
    /// <exception cref="DataFormatException">Rows differ in length, two columns have one name, or it is no text.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ColumnTable Read(string path, CsvOptions? options = null)
    {
        options ??= new();
        using DataFile file = DataFile.Open(Reader, path);
        return file.Attempt(() => Read(file, path, options));
    }

    private static ColumnTable Read(DataFile file, string path, CsvOptions options)
    {
        using SepReader rows = new Sep(options.Separator).Reader(o => o with
        {
            HasHeader = false,
            Unescape = true,
            DisableColCountCheck = true,
            CreateToString = SepToString.PoolPerCol(),
        }).From(file.Stream);

        string[]? names = null;
        List<string>[] cells = [];
        List<int> lines = [];
        int next = 1;
        foreach (SepReader.Row row in rows)
        {
            // Sep does not tell where the first row begins.
            int line = next;
            next = row.LineNumberToExcl;
            if (row.ColCount <= 1 && row.Span.IsWhiteSpace())
                continue;

            if (names is null)
            {
                names = Names(file, row, line, options.HasHeader);
                cells = [.. names.Select(_ => new List<string>())];
                if (options.HasHeader)
                    continue;
            }

            if (row.ColCount != names.Length)
            {
                throw file.Error(
                    $"line {line}", $"it has {row.ColCount} values, not {names.Length}", "give each row as many");
            }

            for (int k = 0; k < cells.Length; k++)
                cells[k].Add(row[k].ToString());
            lines.Add(line);
        }

        DataFormatException Error(int row, string column, string problem) => new(
            Reader, path, $"line {lines[row]}, column \"{column}\"", problem, "mend the file, or ask for another type");

        Column[] columns =
            [.. (names ?? []).Select((name, k) => new TextColumn(name, [.. cells[k]], options.EmptyIsNaN, Error))];
        return new(Reader, path, lines.Count, columns);
    }

    private static string[] Names(DataFile file, SepReader.Row row, int line, bool hasHeader)
    {
        string[] names = new string[row.ColCount];
        for (int k = 0; k < names.Length; k++)
            names[k] = hasHeader ? row[k].ToString() : k.ToString(System.Globalization.CultureInfo.InvariantCulture);

        return names.CountBy(name => name).FirstOrDefault(name => name.Value > 1).Key is { } twice
            ? throw file.Error($"line {line}", $"two columns are named \"{twice}\"", "give each a name of its own")
            : names;
    }
}
