using System.Collections.Immutable;
using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

public class StructureTests
{
    public static TheoryData<string, Func<Tensor, object>> Kinds => new()
    {
        { "record", x => new Line(x, x + 1, "m") },
        { "record struct", x => new Point(x, x + 1) },
        { "derived record", x => new Named("a", x, x + 1, "m") },
        { "tuple", x => (x, x + 1) },
        { "tuple of eight", x => (x, 1, 2, 3, 4, 5, 6, x + 1) },
        { "class tuple", x => Tuple.Create(x, x + 1) },
        { "array", x => new[] { x, x + 1 } },
        { "List", x => new List<Tensor> { x, x + 1 } },
        { "Dictionary", x => new Dictionary<string, Tensor> { ["a"] = x, ["b"] = x + 1 } },
        { "SortedDictionary", x => new SortedDictionary<int, Tensor> { [1] = x, [2] = x + 1 } },
        { "ImmutableArray", x => ImmutableArray.Create(x, x + 1) },
        { "ImmutableList", x => ImmutableList.Create(x, x + 1) },
        { "ImmutableDictionary", x => ImmutableDictionary.CreateRange([KeyValuePair.Create("a", x), new("b", x + 1)]) },
        { "nested", x => new Nest([new Line(x, x, "m")], new() { ["a"] = (x + 1, 3) }) },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PassesThroughAnAcceleratedFunction(string name, Func<Tensor, object> make)
    {
        Assert.NotEmpty(name);
        var f = Accelerate.Function((object s) => Structure.Map(x => 2 * x, s));

        f.Invoke(make(F64(5)));
        var result = f.Invoke(make(F64(1)));

        Assert.IsType(make(F64(1)).GetType(), result);
        Assert.Equal(Doubled(make(F64(1))), Values(result));
        Assert.Equal((1L, 1L), (f.Misses, f.Hits));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void HasAGradientOfItsOwnType(string name, Func<Tensor, object> make)
    {
        Assert.NotEmpty(name);
        var at = make(Scalar(3));

        var gradient = Gradient.Of(s => Structure.Leaves(s).Select(x => x * x).Aggregate((a, b) => a + b), at);

        Assert.IsType(at.GetType(), gradient);
        Assert.Equal(Doubled(at), Values(gradient));
    }

    [Fact]
    public void KeepsWhatIsNoTensor()
    {
        var f = Accelerate.Function((Line line) => line with { Start = line.End, End = line.Start });

        f.Invoke(new Line(F64(1), F64(2), "m"));
        var (start, end, unit) = f.Invoke(new Line(F64(3), F64(4), "m"));

        Assert.Equal((4, 3, "m"), (Elements<double>(start)[0], Elements<double>(end)[0], unit));
    }

    [Fact]
    public void KeepsWhatIsNotThere()
    {
        var f = Accelerate.Function((Tensor x, Tensor? y, ImmutableArray<Tensor> more) => (y is null ? x : x + y, y, more));

        f.Invoke(F64(1), null, default);
        var (sum, missing, more) = f.Invoke(F64(2), null, default);
        Assert.Equal((2, null, true), (Elements<double>(sum)[0], missing, more.IsDefault));

        var (total, _, some) = f.Invoke(F64(2), F64(3), [F64(4)]);
        Assert.Equal((5, 4), (Elements<double>(total)[0], Elements<double>(some[0])[0]));
        Assert.Equal((2L, 1L), (f.Misses, f.Hits));
    }

    [Fact]
    public void DistinguishesStructures()
    {
        var f = Accelerate.Function((object s) => Structure.Leaves(s)[0] + 1);
        Tensor x = F64(1);

        object[] distinct =
        [
            x, new[] { x }, new List<Tensor> { x }, ValueTuple.Create(x), new Line(x, x, "m"), new Line(x, x, "cm"),
            new Dictionary<string, Tensor> { ["a"] = x }, new Dictionary<string, Tensor> { ["b"] = x }, new[] { x, x },
        ];
        foreach (var structure in distinct.Concat(distinct))
        {
            f.Invoke(structure);
        }

        Assert.Equal((distinct.Length, distinct.Length), (f.Misses, f.Hits));
    }

    [Fact]
    public void MapsSeveralAtOnce()
    {
        var sum = Structure.Map((a, b) => a + 10 * b, new Point(F64(1), F64(2)), new Point(F64(3), F64(4)));

        Assert.Equal([31, 42], Values(sum));
    }

    [Fact]
    public void RefusesToMapDifferentStructures()
    {
        var error = Assert.Throws<StructureException>(() =>
            Structure.Map((a, b) => a + b, new Line(F64(1), F64(2), "m"), new Line(F64(1), F64(2), "cm")));

        Assert.Contains("the structures differ", error.Message);
    }

    [Fact]
    public void OpensATypeThatIsRegistered()
    {
        Structure.Register<Box>(box => [box.Content, box.Label], (_, parts) => new Box((Tensor)parts[0]!, (string)parts[1]!));
        var f = Accelerate.Function((Box box) => new Box(box.Content * 2, box.Label));

        f.Invoke(new Box(F64(1), "a"));
        Assert.Equal([6], Elements<double>(f.Invoke(new Box(F64(3), "a")).Content));
        Assert.Equal("b", f.Invoke(new Box(F64(3), "b")).Label);
        Assert.Equal((2L, 1L), (f.Misses, f.Hits));
    }

    [Fact]
    public void DoesNotChangeItsArgument()
    {
        Tensor[] pair = [F64(1), F64(2)];
        var f = Accelerate.Function((Tensor[] s) =>
        {
            s[0] = s[1];
            return s;
        });

        Assert.Equal([2, 2], Values(f.Invoke(pair)));
        Assert.Equal([2, 2], Values(f.Invoke(pair)));
        Assert.Equal([1, 2], Values(pair));
    }

    private static IEnumerable<double> Values(object structure) => Structure.Leaves(structure).SelectMany(Elements<double>);

    private static IEnumerable<double> Doubled(object structure) => Values(structure).Select(x => 2 * x);

    private record Line(Tensor Start, Tensor End, string Unit);

    private sealed record Named(string Name, Tensor Start, Tensor End, string Unit) : Line(Start, End, Unit);

    private readonly record struct Point(Tensor X, Tensor Y);

    private sealed record Nest(ImmutableArray<Line> Lines, Dictionary<string, (Tensor, int)> Named);

    private sealed class Box(Tensor content, string label)
    {
        public Tensor Content { get; } = content;

        public string Label { get; } = label;
    }
}
