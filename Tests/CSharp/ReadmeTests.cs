using System.Diagnostics;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>
/// The samples of the README and of the pages about training and networks compile, run, and print what stands below them: each ```csharp or ```fsharp block is a
/// program, and a ```text block that follows it is its output.
/// </summary>
public partial class ReadmeTests
{
    private static readonly Sample[] Samples =
        [.. from page in new[] { Readme, Repository.Path("docs", "training.md"), Repository.Path("docs", "networks.md") }
            from Match match in Block().Matches(File.ReadAllText(page))
            select new Sample(page, match.Groups["language"].Value, match.Groups["code"].Value, match.Groups["output"].Value)];

    private static string Readme => Repository.Path("README.md");

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Samples.Length)];

    [Fact]
    public void ShowsBothLanguages() =>
        Assert.Superset(new HashSet<string> { "csharp", "fsharp" }, Samples.Select(sample => sample.Language).ToHashSet());

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task PrintsWhatItSays(int number)
    {
        var (_, language, code, expected) = Samples[number];

        var printed = language == "csharp" ? RunCSharp(code) : await RunFSharp(code);

        Assert.Equal(expected.TrimEnd(), printed.ReplaceLineEndings("\n").TrimEnd());
    }

    [Fact]
    public void TheReadmeIsShort() =>
        Assert.All(Samples.Where(sample => sample.Page == Readme), sample => Assert.InRange(sample.Code.TrimEnd().Split('\n').Length, 1, 19));

    private static string RunCSharp(string code)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "Readme",
            [CSharpSyntaxTree.ParseText("global using System;\n" + code, new CSharpParseOptions(LanguageVersion.CSharp14))],
            references.Select(path => MetadataReference.CreateFromFile(path)),
            // This version of the compiler sees CS8620 in any `params` span of an extension; the SDK's does not.
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable)
                .WithSpecificDiagnosticOptions([new("CS8620", ReportDiagnostic.Suppress)]));

        using var assembly = new MemoryStream();
        Assert.Empty(compilation.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning));
        Assert.True(compilation.Emit(assembly).Success);
        assembly.Position = 0;
        var main = new AssemblyLoadContext(name: null).LoadFromStream(assembly).EntryPoint!;

        var console = Console.Out;
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            main.Invoke(null, [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(console);
        }

        return output.ToString();
    }

    private static async Task<string> RunFSharp(string code)
    {
        var directory = Directory.CreateTempSubdirectory("readme");
        var script = Path.Combine(directory.FullName, "sample.fsx");
        await File.WriteAllTextAsync(script, code);
        string[] libraries = ["Functional.dll", "MathNet.Numerics.dll", "System.Numerics.Tensors.dll"];
        var start = new ProcessStartInfo(
            "dotnet",
            ["fsi", "--nologo", .. libraries.Select(name => "--reference:" + Path.Combine(AppContext.BaseDirectory, name)), script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        directory.Delete(recursive: true);
        Assert.Equal("", await errors);
        return printed;
    }

    [GeneratedRegex(@"```(?<language>csharp|fsharp)\n(?<code>.*?)```(\n+```text\n(?<output>.*?)```)?", RegexOptions.Singleline)]
    private static partial Regex Block();

    private sealed record Sample(string Page, string Language, string Code, string Output);
}
