using System.Runtime.CompilerServices;
using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

/// <summary>Each mistake has its typed exception, which names the op, the operands, the place and the remedy.</summary>
public class BadInputTests
{
    private sealed record Mistake(Type Error, string Op, Action Make, params string[] Says);

    private static readonly Dictionary<string, Mistake> Mistakes = new()
    {
        ["other sizes"] = new(
            typeof(ShapeException), "Add", () => _ = F32(1, 2) + F32(1, 2, 3), "Float32[2], Float32[3]", "equal or 1"),
        ["other data types"] = new(
            typeof(DTypeException), "Mul", () => _ = F32(1, 2) * F64(1, 2), "Float32[2], Float64[2]", "cast"),
        ["arithmetic on Bool"] = new(typeof(DTypeException), "Add", () => _ = Bools(true) + Bools(false), "Bool[1]"),
        ["logic on numbers"] = new(typeof(DTypeException), "And", () => _ = F32(1) & F32(2), "Float32[1]"),
        ["no such label"] = new(typeof(TensorFormatException), "Format", () => Format.Parse("BX"), "'X'", "S, C, B, T or U"),
        ["a label twice"] = new(typeof(TensorFormatException), "Format", () => Format.Parse("BB"), "'B' stands twice"),
        ["labels for another rank"] = new(
            typeof(TensorFormatException), "Tensor", () => _ = new TensorType(DType.Float32, [2, 3], "BCS"), "\"BCS\"", "2 dimensions"),
        ["a negative size"] = new(
            typeof(ShapeException), "Tensor", () => _ = new TensorType(DType.Float32, [2, -3]), "[2, -3]", "at least 0"),
        ["too large"] = new(
            typeof(ShapeException), "Tensor", () => _ = new TensorType(DType.Bool, [65536, 65536]), "[65536, 65536]"),
        ["too large for a count"] = new(
            typeof(ShapeException), "Tensor", () => _ = new TensorType(DType.Bool, [int.MaxValue, int.MaxValue, 8]), "[2147483647"),
        ["too few elements"] = new(
            typeof(ShapeException), "Create", () => Tensor.Create([1f, 2, 3], [2, 2]), "3 elements", "Float32[2, 2]"),
        ["arrays of different lengths"] = new(
            typeof(ShapeException), "Create", () => Tensor.Create(new float[][] { [1, 2], [3] }), "one length"),
        ["elements of no data type"] = new(
            typeof(DTypeException), "Create", () => Tensor.Create(["a"], [1]), "System.String", "float, double"),
        ["elements of another type"] = new(typeof(DTypeException), "ToArray", () => F32(1).ToArray<int>(), "Float32[1]"),
        ["sizes that do not multiply"] = new(
            typeof(ShapeException), "Contract", () => Tensor.MatMul(Tensor.Ones([2, 3]), Tensor.Ones([2, 3])), "Float32[2, 3], Float32[2, 3]"),
        ["no such dimension"] = new(typeof(DimensionException), "Sum", () => F32(1, 2).Sum(1), "Float32[2]", "-1 to 0"),
        ["a dimension twice"] = new(typeof(DimensionException), "Sum", () => Tensor.Ones([2, 3]).Sum(0, -2), "Float32[2, 3]", "once"),
        ["no such labelled dimension"] = new(
            typeof(DimensionException), "Sum", () => Tensor.Ones([2, 3], "BC").Sum("T"), "Float32[2, 3] \"BC\"", "'T'"),
        ["the greatest of nothing"] = new(typeof(ShapeException), "ReduceMax", () => F32().Max(), "Float32[0]"),
        ["labels that do not align"] = new(
            typeof(TensorFormatException), "Add", () => _ = Tensor.Ones([2], "B") + Tensor.Ones([2, 2]), "Float32[2] \"B\""),
        ["a number from many"] = new(
            typeof(ShapeException), "Cast", () => _ = (float)F32(1, 2), "Float32[2]", "reduce"),
        ["a number from nothing"] = new(typeof(ShapeException), "Cast", () => _ = (bool)Bools(), "Bool[0]"),
        ["no gradient of a vector"] = new(
            typeof(ShapeException), "Gradient", () => Gradient.Of(x => x * x, F32(1, 2)), "Float32[2]", "sum or average"),
        ["no gradient of an integer"] = new(
            typeof(ShapeException), "Gradient", () => Gradient.Of(x => x * x, I32(1)), "Int32[1]"),
        ["a cotangent of another type"] = new(
            typeof(ShapeException), "Vjp", () => Gradient.Vjp(x => x * x, F32(1, 2)).Pull(F32(1)), "Float32[1]", "Float32[2]"),
        ["a tangent of another type"] = new(
            typeof(ShapeException), "Jvp", () => Gradient.Jvp(x => x * x, F32(1, 2), F64(1, 2)), "Float64[2]"),
        ["an argument that is no structure"] = new(
            typeof(StructureException), "Structure", () => Accelerate.Function((Random r) => F32(1)).Invoke(new Random(1)),
            "System.Random", "tuple, record, array"),
        ["a result that is no structure"] = new(
            typeof(StructureException), "Structure", () => Accelerate.Function((Tensor x) => new Random(1)).Invoke(F32(1)),
            "System.Random"),
        ["an asynchronous function"] = new(
            typeof(StructureException), "Structure",
            () => Accelerate.Function(async (Tensor x) => { await Task.Yield(); return x; }).Invoke(F32(1)), "Task"),
        ["a structure that contains itself"] = new(
            typeof(StructureException), "Structure", () => Accelerate.Function((List<object> s) => F32(1)).Invoke(Cycle()),
            "contains itself", "trees"),
        ["a tensor of a trace, kept"] = new(
            typeof(EscapedTensorException), "Mul", () => _ = Escaped() * F32(2), "the keeper", "Float32[1]", "return"),
        ["a tensor of a trace, kept and read"] = new(
            typeof(EscapedTensorException), "Read", () => _ = (float)Escaped(), "the keeper"),
    };

    public static TheoryData<string> Names => [.. Mistakes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void IsAnswered(string name)
    {
        var mistake = Mistakes[name];

        var error = Assert.IsAssignableFrom<FunctionalException>(Record.Exception(mistake.Make));

        Assert.IsType(mistake.Error, error);
        Assert.Equal(mistake.Op, error.Op);
        Assert.NotEmpty(error.Remedy);
        Assert.Contains(error.Remedy, error.Message);
        Assert.All(error.Operands, operand => Assert.Contains(operand.ToString(), error.Message));
        Assert.All(mistake.Says, words => Assert.Contains(words, error.Message));
        Assert.Contains(nameof(BadInputTests), error.CallSite);
    }

    [Fact]
    public void NamesTheLineOfTheCall()
    {
        var line = Line() + 1;
        var error = Assert.Throws<ShapeException>(() => F32(1, 2) + F32(1, 2, 3));

        Assert.Contains($"BadInputTests.cs:{line}", error.CallSite);

        static int Line([CallerLineNumber] int line = 0) => line;
    }

    [Fact]
    public void NamesTheLineInsideAnAcceleratedFunction()
    {
        var f = Accelerate.Function((Tensor x, Tensor y) => x
            + y);

        var error = Assert.Throws<ShapeException>(() => f.Invoke(F32(1, 2), F32(1, 2, 3)));

        Assert.Contains("BadInputTests.cs", error.CallSite);
        Assert.Equal(0, f.Count);
        Assert.Equal([3], Elements<float>(f.Invoke(F32(1), F32(2))));
    }

    [Fact]
    public void RefusesNullFunctions()
    {
        Assert.Equal("function", Assert.Throws<ArgumentNullException>(() => Accelerate.Function<Tensor, Tensor>(null!)).ParamName);
        Assert.Throws<ArgumentNullException>(() => Accelerate.Function<Tensor, int, Tensor>(null!));
        Assert.Throws<ArgumentNullException>(() => Gradient.Of(null!, F32(1)));
        Assert.Throws<ArgumentNullException>(() => Gradient.Vjp<Tensor, Tensor>(null!, F32(1)));
        Assert.Throws<ArgumentNullException>(() => Gradient.ValueAndGradient<Tensor, int>(null!, F32(1)));
    }

    [Fact]
    public void RefusesACacheOfNothing() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Accelerate.Function((Tensor x) => x, new AccelerationOptions { CacheSize = 0 }));

    private static List<object> Cycle()
    {
        List<object> cycle = [];
        cycle.Add(cycle);
        return cycle;
    }

    private static Tensor Escaped()
    {
        Tensor? kept = null;
        Accelerate.Function((Tensor x) => kept = x + 1, new() { Name = "the keeper" }).Invoke(F32(1));
        return kept!;
    }
}
