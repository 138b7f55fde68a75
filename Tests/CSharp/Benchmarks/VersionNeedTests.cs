using System.Runtime.InteropServices;
using Functional.Benchmarks.Peers;
using Xunit;

namespace Functional.CSharp.Tests.Benchmarks;

/// <summary>On a library of the .NET runtime, which asks glibc for its oldest version on this processor.</summary>
public class VersionNeedTests
{
    private const string Asked = "GLIBC_2.2.5", NotAsked = "GLIBC_2.2.55";

    private static byte[] Library()
    {
        Assert.SkipUnless(
            RuntimeInformation.RuntimeIdentifier == "linux-x64", "only there libraries ask for that version of glibc");
        return File.ReadAllBytes(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libclrjit.so"));
    }

    [Fact]
    public void SetsTheWeakFlagAndNothingElse()
    {
        byte[] before = Library(), after = [.. before];

        Assert.True(VersionNeed.Weaken(after, Asked));

        (byte Before, byte After)[] changed = [.. before.Zip(after).Where(pair => pair.First != pair.Second)];
        Assert.NotEmpty(changed);
        Assert.All(changed, pair => Assert.Equal((0, 2), (pair.Before, pair.After)));
    }

    [Fact]
    public void ASecondTimeChangesNothing()
    {
        byte[] library = Library();
        VersionNeed.Weaken(library, Asked);
        byte[] once = [.. library];

        Assert.False(VersionNeed.Weaken(library, Asked));
        Assert.Equal(once, library);
    }

    [Fact]
    public void AnotherVersionChangesNothing()
    {
        byte[] before = Library(), after = [.. before];

        Assert.False(VersionNeed.Weaken(after, NotAsked));
        Assert.Equal(before, after);
    }

    [Fact]
    public void WhatIsNoLibraryStaysAsItIs()
    {
        Assert.False(VersionNeed.Weaken("MZ, or anything"u8.ToArray(), Asked));
        Assert.False(VersionNeed.Weaken([], Asked));
    }

    [Fact]
    public void TheWeakenedLibraryStillLoads()
    {
        string copy = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.so");
        try
        {
            File.WriteAllBytes(copy, Library());
            VersionNeed.WeakenFile(copy, Asked);

            Assert.True(NativeLibrary.TryLoad(copy, out nint handle));
            NativeLibrary.Free(handle);
        }
        finally
        {
            File.Delete(copy);
        }
    }
}
