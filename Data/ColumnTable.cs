namespace Functional;

/// <summary>Columns by name, as a file of rows holds them, which become tensors on demand.</summary>
public sealed class ColumnTable
{
    private readonly Column[] columns;
    private readonly string reader;
    private readonly string path;

    internal ColumnTable(string reader, string path, int rows, Column[] columns) =>
        (this.reader, this.path, RowCount, this.columns) = (reader, path, rows, columns);

    /// <summary>The names of the columns in their order; their numbers, from 0, where the file gives none.</summary>
    public IReadOnlyList<string> Names => [.. columns.Select(column => column.Name)];

    /// <summary>How many rows there are.</summary>
    public int RowCount { get; }

    /// <summary>The numbers of a column, [rows].</summary>
    /// <exception cref="DataFormatException">There is no such column, or something in it is no such number.</exception>
    public Tensor Column(string name, DType dtype = DType.Float32) => Find(name).ToTensor(dtype);

    /// <summary>The numbers of the column at this place, counted from 0, [rows].</summary>
    /// <exception cref="DataFormatException">There is no such column, or something in it is no such number.</exception>
    public Tensor Column(int index, DType dtype = DType.Float32) => Find(index).ToTensor(dtype);

    /// <summary>The numbers of these columns, [rows, columns]; of all, where none is named.</summary>
    /// <exception cref="DataFormatException">There is no such column, or something in it is no such number.</exception>
    public Tensor Matrix(DType dtype = DType.Float32, params string[] names)
    {
        Column[] chosen = names.Length == 0 ? columns : [.. names.Select(Find)];
        Array elements = Elements.Create(dtype, (long)RowCount * chosen.Length);
        for (int k = 0; k < chosen.Length; k++)
            chosen[k].CopyTo(elements, k, chosen.Length);
        return RawElements.ToTensor(elements, [RowCount, chosen.Length]);
    }

    /// <summary>The texts of a column; empty where the file has nothing.</summary>
    /// <exception cref="DataFormatException">There is no such column.</exception>
    public IReadOnlyList<string> Text(string name) => Find(name).Text;

    /// <summary>
    /// A column whose texts name classes: for each row the number of its class, Int32 [rows], and the classes in ordinal order.
    /// </summary>
    /// <exception cref="DataFormatException">There is no such column.</exception>
    public (Tensor Numbers, IReadOnlyList<string> Classes) Categories(string name)
    {
        IReadOnlyList<string> texts = Find(name).Text;
        string[] classes = [.. texts.Distinct().Order(StringComparer.Ordinal)];
        Dictionary<string, int> numbers = classes.Index().ToDictionary(item => item.Item, item => item.Index);
        return (RawElements.ToTensor(texts.Select(text => numbers[text]).ToArray(), [RowCount]), classes);
    }

    private Column Find(string name) =>
        columns.FirstOrDefault(column => column.Name == name)
        ?? throw new DataFormatException(reader, path, "", $"there is no column \"{name}\"", $"use one of {string.Join(", ", Names)}");

    private Column Find(int index) =>
        index >= 0 && index < columns.Length
            ? columns[index]
            : throw new DataFormatException(reader, path, "", $"there is no column {index}", $"use 0 to {columns.Length - 1}");
}
