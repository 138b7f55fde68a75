using System.Globalization;
using System.Numerics;

namespace Functional;

/// <summary>A column of a table.</summary>
internal abstract class Column(string name)
{
    public string Name => name;

    public abstract IReadOnlyList<string> Text { get; }

    /// <summary>Its numbers at every so many elements of an array.</summary>
    public abstract void CopyTo(Array elements, int start, int step);

    public abstract int RowCount { get; }

    public Tensor ToTensor(DType dtype)
    {
        Array elements = Elements.Create(dtype, RowCount);
        CopyTo(elements, 0, 1);
        return RawElements.ToTensor(elements, [RowCount]);
    }
}

/// <summary>Arrays of the elements of tensors.</summary>
internal static class Elements
{
    public static Array Create(DType dtype, long count) => dtype switch
    {
        DType.Float32 => new float[count],
        DType.Float64 => new double[count],
        DType.Int32 => new int[count],
        DType.Int64 => new long[count],
        _ => new bool[count],
    };

    public static string Name(Array elements) => elements.GetType().GetElementType()!.Name;
}

/// <summary>A column of texts, some of which are numbers.</summary>
internal sealed class TextColumn(
    string name, string[] cells, bool emptyIsNaN, Func<int, string, string, DataFormatException> error) : Column(name)
{
    public override IReadOnlyList<string> Text => cells;

    public override int RowCount => cells.Length;

    public override void CopyTo(Array elements, int start, int step)
    {
        switch (elements)
        {
            case float[] to:
                Parse(to, start, step, float.NaN, NumberStyles.Float, TryNumber);
                break;
            case double[] to:
                Parse(to, start, step, double.NaN, NumberStyles.Float, TryNumber);
                break;
            case int[] to:
                Parse(to, start, step, null, NumberStyles.Integer, TryNumber);
                break;
            case long[] to:
                Parse(to, start, step, null, NumberStyles.Integer, TryNumber);
                break;
            case bool[] to:
                Parse(to, start, step, null, NumberStyles.None, TryTruth);
                break;
        }
    }

    private void Parse<T>(T[] to, int start, int step, T? missing, NumberStyles style, TryParse<T> tryParse)
        where T : struct
    {
        for (int row = 0; row < cells.Length; row++)
        {
            string cell = cells[row];
            if (tryParse(cell, style, out T value))
                to[start + row * step] = value;
            else if (emptyIsNaN && missing is { } none && string.IsNullOrWhiteSpace(cell))
                to[start + row * step] = none;
            else
                throw error(row, Name, cell.Length == 0 ? $"there is nothing, and no {Elements.Name(to)}" : $"\"{cell}\" is no {Elements.Name(to)}");
        }
    }

    private static bool TryNumber<T>(string text, NumberStyles style, out T value)
        where T : struct, INumberBase<T> => T.TryParse(text, style, CultureInfo.InvariantCulture, out value);

    private static bool TryTruth(string text, NumberStyles style, out bool value)
    {
        (bool isKnown, value) = text.Trim() switch
        {
            "0" => (true, false),
            "1" => (true, true),
            var word => (bool.TryParse(word, out bool truth), truth),
        };
        return isKnown;
    }

    private delegate bool TryParse<T>(string text, NumberStyles style, out T value);
}

/// <summary>A column of numbers, each of them there or missing.</summary>
internal sealed class NumberColumn<T>(
    string name, IReadOnlyList<T?> numbers, Func<int, string, string, DataFormatException> error) : Column(name)
    where T : struct, INumberBase<T>
{
    public override IReadOnlyList<string> Text => [.. numbers.Select(x => x?.ToString(null, CultureInfo.InvariantCulture) ?? "")];

    public override int RowCount => numbers.Count;

    public override void CopyTo(Array elements, int start, int step)
    {
        switch (elements)
        {
            case float[] to:
                Fill(to, start, step, float.NaN, x => float.CreateSaturating(x));
                break;
            case double[] to:
                Fill(to, start, step, double.NaN, x => double.CreateSaturating(x));
                break;
            case int[] to:
                Fill(to, start, step, null, Exactly<int>);
                break;
            case long[] to:
                Fill(to, start, step, null, Exactly<long>);
                break;
            case bool[] to:
                Fill(to, start, step, null, x => T.IsZero(x) ? false : x == T.One ? true : null);
                break;
        }
    }

    private static TTo? Exactly<TTo>(T x)
        where TTo : struct, INumberBase<TTo>
    {
        TTo converted = TTo.CreateSaturating(x);
        return T.CreateSaturating(converted) == x ? converted : null;
    }

    private void Fill<TTo>(TTo[] to, int start, int step, TTo? missing, Func<T, TTo?> convert)
        where TTo : struct
    {
        for (int row = 0; row < numbers.Count; row++)
        {
            TTo? value = numbers[row] is { } x ? convert(x) : missing;
            to[start + row * step] = value ?? throw error(row, Name, Problem(numbers[row], to));
        }
    }

    private static string Problem(T? number, Array to) =>
        number is { } x ? $"{x} is no {Elements.Name(to)}" : $"there is nothing, and no {Elements.Name(to)}";
}
