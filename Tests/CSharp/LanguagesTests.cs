using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>What one language can do, the other can: every function of the F# modules against those of the façade.</summary>
public class LanguagesTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>What stands for an F# function where C# has another name, an overload or an operator.</summary>
    private static readonly Dictionary<string, string[]> Counterparts = new()
    {
        ["Acceleration.accelerate"] = ["Accelerate.Function"],
        ["Acceleration.accelerateWith"] = ["Accelerate.Function"],
        ["Acceleration.traceOf"] = ["Trace.Of"],
        ["ControlFunctions.cond"] = ["Control.Cond"],
        ["ControlFunctions.fold"] = ["Control.Fold"],
        ["ControlFunctions.foldAlong"] = ["Control.Fold"],
        ["ControlFunctions.foldOver"] = ["Control.Fold"],
        ["ControlFunctions.repeat"] = ["Control.Repeat"],
        ["ControlFunctions.scan"] = ["Control.Scan"],
        ["ControlFunctions.scanAlong"] = ["Control.Scan"],
        ["ControlFunctions.scanBackAlong"] = ["Control.Scan"],
        ["ControlFunctions.scanOver"] = ["Control.Scan"],
        ["ControlFunctions.whileLoop"] = ["Control.WhileLoop"],
        ["ControlFunctions.whileLoopUpTo"] = ["Control.WhileLoop"],
        ["ControlFunctions.withKey"] = ["Control.WithKey"],
        ["Comparisons..<"] = ["Tensor.op_LessThan"],
        ["Comparisons..<="] = ["Tensor.op_LessThanOrEqual"],
        ["Comparisons..>"] = ["Tensor.op_GreaterThan"],
        ["Comparisons..>="] = ["Tensor.op_GreaterThanOrEqual"],
        ["Comparisons..="] = ["Tensor.Equal"],
        ["Comparisons..<>"] = ["Tensor.NotEqual"],
        ["Data.batchesWith"] = ["Data.Batches"],
        ["Gradients.grad"] = ["Gradient.Of"],
        ["Gradients.valueAndGrad"] = ["Gradient.ValueAndGradient"],
        ["Gradients.valueAuxAndGrad"] = ["Gradient.ValueAndGradient"],
        ["Loss.crossEntropyOfLogitsWith"] = ["Loss.CrossEntropyOfLogits"],
        ["Loss.crossEntropyWith"] = ["Loss.CrossEntropy"],
        ["Ode.solve45With"] = ["Ode.Solve45"],
        ["Objective.createWith"] = ["Objective.Create"],
        ["Tensor.along"] = ["Tensor.Sort", "Tensor.ArgSort", "Tensor.TopK", "Tensor.ArgMax", "Tensor.ArgMin", "Tensor.CumSum", "Tensor.CumProd"],
        ["Tensor.arange"] = ["Tensor.Range"],
        ["Tensor.arrange"] = ["Tensor.Permute"],
        ["Tensor.bernoulli"] = ["Tensor.RandomBernoulli"],
        ["Tensor.bernoulliFrom"] = ["Tensor.RandomBernoulli"],
        ["Tensor.bernoulliLikeFrom"] = ["Tensor.RandomBernoulliLike"],
        ["Tensor.bernoulliLike"] = ["Tensor.RandomBernoulliLike"],
        ["Tensor.compressTo"] = ["Tensor.Compress"],
        ["Tensor.cumprodWith"] = ["Tensor.CumProd"],
        ["Tensor.cumsumWith"] = ["Tensor.CumSum"],
        ["Tensor.finddim"] = ["Tensor.FindDimensions"],
        ["Tensor.format"] = ["Tensor.get_Format"],
        ["Tensor.keep"] = ["Tensor.Sum", "Tensor.Variance"],
        ["Tensor.log1p"] = ["Tensor.LogP1"],
        ["Tensor.logicalAnd"] = ["Tensor.op_BitwiseAnd"],
        ["Tensor.logicalNot"] = ["Tensor.op_LogicalNot"],
        ["Tensor.logicalOr"] = ["Tensor.op_BitwiseOr"],
        ["Tensor.logicalXor"] = ["Tensor.op_ExclusiveOr"],
        ["Tensor.maximum"] = ["Tensor.Max"],
        ["Tensor.minimum"] = ["Tensor.Min"],
        ["Tensor.normal"] = ["Tensor.RandomNormal"],
        ["Tensor.normalFrom"] = ["Tensor.RandomNormal"],
        ["Tensor.normalLikeFrom"] = ["Tensor.RandomNormalLike"],
        ["Tensor.normalLike"] = ["Tensor.RandomNormalLike"],
        ["Tensor.ofArray"] = ["Tensor.Create"],
        ["Tensor.over"] = ["Tensor.Sum", "Tensor.Variance"],
        ["Tensor.rsqrt"] = ["Tensor.ReciprocalSqrt"],
        ["Tensor.select"] = ["Tensor.SliceDim"],
        ["Tensor.sized"] = ["Tensor.RandomLike", "Tensor.RandomNormalLike", "Tensor.RandomBernoulliLike"],
        ["Tensor.sortDescending"] = ["Tensor.Sort"],
        ["Tensor.squeezeAll"] = ["Tensor.Squeeze"],
        ["Tensor.stripdims"] = ["Tensor.StripDimensions"],
        ["Tensor.swapDims"] = ["Tensor.Transpose"],
        ["Tensor.uniform"] = ["Tensor.Random"],
        ["Tensor.uniformFrom"] = ["Tensor.Random"],
        ["Tensor.uniformLikeFrom"] = ["Tensor.RandomLike"],
        ["Tensor.uniformLike"] = ["Tensor.RandomLike"],
        ["Trace.print"] = ["Trace.ToText"],
    };

    /// <summary>What F# has by its brackets: <c>x[1..3]</c>.</summary>
    private static readonly string[] Brackets = ["Tensor.By"];

    private static readonly string[] FSharp =
        [.. from type in typeof(Tensor).Assembly.GetExportedTypes()
            where type.Namespace == "Functional.FSharp" && type is { IsAbstract: true, IsSealed: true }
            where type.Name is not ("Overload" or "Overloads" or "Slicing")
            from method in type.GetMethods(Declared)
            where !PublicSurface.IsGenerated(method) && !method.Name.Contains('$', StringComparison.Ordinal)
            select type.Name + "." + NameOf(method)];

    private static readonly HashSet<string> CSharp =
        [.. from type in PublicSurface.Facade.GetExportedTypes()
            where type is { IsAbstract: true, IsSealed: true } && !PublicSurface.IsGenerated(type)
            from method in type.GetMethods(Declared)
            where !PublicSurface.IsGenerated(method)
            select Extended(type) + "." + method.Name];

    /// <summary>Members of the types that both languages share.</summary>
    private static readonly HashSet<string> Shared =
        [.. from type in new[] { typeof(Tensor), typeof(TraceReading) }
            from method in type.GetMethods(Declared)
            select (type == typeof(TraceReading) ? "Trace" : type.Name) + "." + method.Name];

    [Fact]
    public void CSharpHasWhatFSharpHas() =>
        PublicSurface.AssertNone(
            from function in FSharp
            let found = Of(function)
            where !found.Any() || !found.All(name => CSharp.Contains(name) || Shared.Contains(name))
            select $"{function} of F# has no counterpart in C#");

    [Fact]
    public void FSharpHasWhatCSharpHas()
    {
        var reached = FSharp.SelectMany(Of).Concat(Brackets).ToHashSet();

        PublicSurface.AssertNone(CSharp.Where(name => !reached.Contains(name)).Select(name => $"{name} of C# has no counterpart in F#"));
    }

    [Fact]
    public void TheTableNamesNothingThatIsNotThere() =>
        PublicSurface.AssertNone(Counterparts.Keys.Except(FSharp).Concat(Brackets.Except(CSharp)));

    private static IEnumerable<string> Of(string function) =>
        Counterparts.TryGetValue(function, out var names)
            ? names
            : CSharp.Concat(Shared).Where(name => Plain(name) == Plain(function)).Distinct();

    private static string Plain(string name) => name.Replace("Gradients.", "Gradient.", StringComparison.Ordinal).ToUpperInvariant();

    private static string NameOf(MethodInfo method) =>
        method.Name.Replace("op_Dot", ".", StringComparison.Ordinal) switch
        {
            ".Less" => ".<",
            ".LessEquals" => ".<=",
            ".Greater" => ".>",
            ".GreaterEquals" => ".>=",
            ".Equals" => ".=",
            ".LessGreater" => ".<>",
            var name => name,
        };

    /// <summary>The type that a class of extension members extends, or the class itself.</summary>
    private static string Extended(Type type) =>
        type.IsDefined(typeof(ExtensionAttribute))
            ? type.Name.StartsWith("Trace", StringComparison.Ordinal) ? "Trace" : "Tensor"
            : type.Name;
}
