using Xunit;

namespace Functional.CSharp.Tests;

public class FacadeTests
{
    [Fact]
    public void LoadsTheFacade() =>
        Assert.Equal("Functional.CSharp", System.Reflection.Assembly.Load("Functional.CSharp").GetName().Name);
}
