namespace Functional.CSharp.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Above(new DirectoryInfo(AppContext.BaseDirectory));

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Above(DirectoryInfo? directory) => directory switch
    {
        null => throw new DirectoryNotFoundException("Functional.sln is in no directory above the tests"),
        _ when File.Exists(System.IO.Path.Combine(directory.FullName, "Functional.sln")) => directory.FullName,
        _ => Above(directory.Parent),
    };
}
