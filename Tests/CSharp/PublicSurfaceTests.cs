using System.Runtime.CompilerServices;
using Xunit;

namespace Functional.CSharp.Tests;

public class PublicSurfaceTests
{
    [Fact]
    public void ShowsNoFSharpTypeToCSharp()
    {
        var offences =
            from type in PublicSurface.CSharpTypes
            from member in PublicSurface.Members(type).Prepend(type)
            from used in PublicSurface.TypesOf(member)
            where IsFSharpShaped(used)
            select $"{type.Name}.{member.Name}: {used}";

        PublicSurface.AssertNone(offences);
    }

    [Fact]
    public void KnowsAnFSharpTypeWhenItSeesOne()
    {
        var used = PublicSurface.TypesOf(typeof(FSharp.Gradients).GetMethod("vjp")!);

        Assert.Contains(used, IsFSharpShaped);
        Assert.True(IsFSharpShaped(typeof(Tuple<int, int>).GetGenericTypeDefinition()));
        Assert.False(IsFSharpShaped(typeof(Func<,>)));
    }

    private static bool IsFSharpShaped(Type type) =>
        type.Namespace?.StartsWith("Microsoft.FSharp", StringComparison.Ordinal) == true
        || (type.FullName?.StartsWith("System.Tuple", StringComparison.Ordinal) == true
            && typeof(ITuple).IsAssignableFrom(type));
}
