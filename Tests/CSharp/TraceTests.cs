using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

public class TraceTests
{
    [Fact]
    public void IsReadable()
    {
        var outside = F64(10, 20);
        var trace = Trace.Of(p => (p.X * 2 + outside, p.Y), (X: F64(1, 2), Y: I32(3)));

        Assert.Equal(
            """
            trace (%0: Float64[2], %1: Int32[1]) {
              $1: Float64[2] = captured
            """,
            trace.ToText()[..trace.ToText().IndexOf("\n  %", StringComparison.Ordinal)]);
        Assert.Equal(["Float64[2]", "Int32[1]"], trace.InputTypes().Select(type => type.ToString()));
        Assert.Equal(["Float64[2]", "Int32[1]"], trace.OutputTypes().Select(type => type.ToString()));
        Assert.Equal((2, 0), (trace.InstructionCount(), trace.DrawCount()));
        Assert.Contains(trace.Constants(), constant => constant.Value.Count == 2);
        Assert.Contains($"bytes of working memory: {trace.WorkingMemory()}", trace.Explain());
        Assert.StartsWith("flowchart TD", trace.ToMermaid());
        Assert.StartsWith("digraph trace {", trace.ToDot());
    }

    [Fact]
    public void ExplainsWhatBecomesOfIt()
    {
        var trace = Trace.Of(x => Tensor.Exp(-(x * 2)) + 1, F64(1, 2));

        Assert.Equal(
            """
              1. loop [2]: Mul; Neg; Exp; Add
                 %0 → b3
            kernels: 1; bytes of working memory: 0

            """,
            trace.Explain());
    }

    [Fact]
    public void OfAnAcceleratedFunctionIsThatOfTheFunction()
    {
        static Tensor Function(Tensor x) => Gradient.Of(y => y * y * y, x);
        var f = Accelerate.Function<Tensor, Tensor>(Function);
        f.Invoke(Scalar(2));

        Assert.Equal(Trace.Of(Function, Scalar(5)).ToText(), f.Traces.Single().ToText());
    }
}
