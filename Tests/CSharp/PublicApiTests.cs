using System.Reflection;
using PublicApiGenerator;
using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>
/// The public surface against its committed text in <c>Api/</c>. Where a change is meant, run the tests once with the
/// environment variable UPDATE_API set to 1, and commit the new text.
/// </summary>
public class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        ExcludeAttributes =
        [
            "Microsoft.FSharp.Core.AbstractClassAttribute",
            "Microsoft.FSharp.Core.AllowNullLiteralAttribute",
            "Microsoft.FSharp.Core.AutoOpenAttribute",
            "Microsoft.FSharp.Core.CompilationArgumentCountsAttribute",
            "Microsoft.FSharp.Core.CompilationMappingAttribute",
            "Microsoft.FSharp.Core.CustomEqualityAttribute",
            "Microsoft.FSharp.Core.NoComparisonAttribute",
            "Microsoft.FSharp.Core.RequireQualifiedAccessAttribute",
            "Microsoft.FSharp.Core.SealedAttribute",
            "System.Diagnostics.CodeAnalysis.DynamicDependencyAttribute",
            "System.Diagnostics.DebuggerDisplayAttribute",
            "System.Diagnostics.DebuggerTypeProxyAttribute",
        ],
    };

    public static TheoryData<string> Assemblies => ["Functional", "Functional.CSharp", "Functional.Data", "Functional.Monitoring"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void IsAsCommitted(string name)
    {
        var file = Repository.Path("Tests", "CSharp", "Api", name + ".txt");
        // F# marks every class so; the generator has no option to leave that out.
        var lines = Assembly.Load(name).GeneratePublicApi(Options).ReplaceLineEndings("\n").Split('\n');
        string[] now = [.. lines.Where(line => line.Trim() != "[System.Serializable]")];

        if (Environment.GetEnvironmentVariable("UPDATE_API") == "1")
        {
            File.WriteAllText(file, string.Join('\n', now) + "\n");
        }

        var expected = File.ReadAllLines(file);
        Assert.True(
            expected.SequenceEqual(now),
            $"""
            The public surface of {name} has changed:
            {string.Join('\n', expected.Except(now).Select(line => "- " + line.Trim()))}
            {string.Join('\n', now.Except(expected).Select(line => "+ " + line.Trim()))}
            If that is meant, run the tests with UPDATE_API=1 and commit {Path.GetRelativePath(Repository.Root, file)}.
            """);
    }
}
