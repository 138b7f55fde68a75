using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

public class GradientTests
{
    private static readonly Tensor At = Scalar(0.7);

    [Fact]
    public void OfATensor() => Near([Math.Cos(0.7)], Gradient.Of(Tensor.Sin, At));

    [Fact]
    public void OfARecordHasItsShape()
    {
        var gradient = Gradient.Of((Model m) => m.Weight * m.Weight * m.Bias * m.Power, new Model(Scalar(3), Scalar(5), 2));

        Near([2 * 3 * 5 * 2], gradient.Weight);
        Near([3 * 3 * 2], gradient.Bias);
        Assert.Equal(2, gradient.Power);
    }

    [Fact]
    public void WithValue()
    {
        var (value, gradient) = Gradient.ValueAndGradient(p => p.A * Tensor.Exp(p.B), (A: Scalar(2), B: At));

        Near([2 * Math.Exp(0.7)], value);
        Near([Math.Exp(0.7)], gradient.A);
        Near([2 * Math.Exp(0.7)], gradient.B);
    }

    [Fact]
    public void WithAnAuxiliaryResult()
    {
        var (value, auxiliary, gradient) = Gradient.ValueAndGradient(x => (x * x, new[] { 3 * x }), At);

        Near([0.49], value);
        Near([2.1], auxiliary[0]);
        Near([1.4], gradient);
    }

    [Fact]
    public void OfAGradient() => Near([-Math.Sin(0.7)], Gradient.Of(x => Gradient.Of(Tensor.Sin, x), At));

    [Fact]
    public void OfIntegersIsNothing()
    {
        var (_, (real, whole)) = Gradient.ValueAndGradient(p => p.Real * p.Real, (Real: At, Whole: I32(7)));

        Near([1.4], real);
        Assert.Equal([0], Elements<int>(whole));
    }

    [Fact]
    public void InsideAnAcceleratedFunctionIsTracedOnce()
    {
        var step = Accelerate.Function((Model m, Tensor x) =>
            Gradient.ValueAndGradient(p => (p.Weight * x + p.Bias) * (p.Weight * x + p.Bias), m));
        var model = new Model(Scalar(2), Scalar(-1), 0);

        var (_, direct) = Gradient.ValueAndGradient(p => (p.Weight * 4 + p.Bias) * (p.Weight * 4 + p.Bias), model);
        step.Invoke(model, Scalar(1));
        var (loss, gradient) = step.Invoke(model, Scalar(4));

        Near([49], loss);
        Assert.Equal(Elements<double>(direct.Weight), Elements<double>(gradient.Weight));
        Assert.Equal(Elements<double>(direct.Bias), Elements<double>(gradient.Bias));
        Assert.Equal((1L, 1L), (step.Misses, step.Hits));
    }

    [Fact]
    public void VjpPullsACotangentBack()
    {
        var (value, pull) = Gradient.Vjp(p => (p.A * p.B, p.A + p.B), (A: F64(2, 3), B: F64(5, 7)));
        var (a, b) = pull((F64(1, 10), F64(100, 1000)));

        Near([10, 21], value.Item1);
        Near([105, 1070], a);
        Near([102, 1030], b);
    }

    [Fact]
    public void JvpPushesATangentForward()
    {
        var (value, tangent) = Gradient.Jvp(p => p.A * p.B, (A: F64(2, 3), B: F64(5, 7)), (A: F64(1, 0), B: F64(0, 1)));

        Near([10, 21], value);
        Near([5, 3], tangent);
    }

    [Fact]
    public void JacobianHasResultByArgument()
    {
        var jacobian = Gradient.Jacobian(x => x * x, F64(1, 2, 3));

        Assert.Equal([3, 3], jacobian.Shape);
        Near([2, 0, 0, 0, 4, 0, 0, 0, 6], jacobian);
    }

    [Fact]
    public void SecondDerivatives()
    {
        static Tensor Cubes((Tensor A, Tensor B) p) => p.A * p.A * p.A * p.B;
        var at = (A: Scalar(2), B: Scalar(5));

        var blocks = Gradient.HessianBlocks(Cubes, at);
        Near([6 * 2 * 5], blocks[0][0]);
        Near([3 * 4], blocks[0][1]);
        Near([3 * 4], blocks[1][0]);
        Near([0], blocks[1][1]);

        Near([60], Gradient.Laplacian(Cubes, at));
        Near([6 * 2], Gradient.Hessian(x => x * x * x, Scalar(2)));
    }

    [Fact]
    public void DivergenceAddsTheDiagonal() => Near([2 * (1 + 2 + 3)], Gradient.Divergence(x => x * x, F64(1, 2, 3)));

    private static void Near(double[] expected, Tensor actual)
    {
        var elements = Elements<double>(actual);
        Assert.Equal(expected.Length, elements.Length);
        Assert.All(expected.Zip(elements), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    private sealed record Model(Tensor Weight, Tensor Bias, int Power);
}
