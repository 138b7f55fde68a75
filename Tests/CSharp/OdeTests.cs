using Xunit;

namespace Functional.CSharp.Tests;

public class OdeTests
{
    private sealed record Motion(Tensor Place, Tensor Speed);

    private static readonly Motion Start = new(Tensor.Scalar(1.0), Tensor.Scalar(0.0));

    private static Motion Spring(Tensor t, Motion y, Tensor stiffness) => new(y.Speed, -stiffness * y.Place);

    [Theory]
    [InlineData(GradientMode.Direct)]
    [InlineData(GradientMode.Adjoint)]
    public void ASpringSwings(GradientMode mode)
    {
        OdeOptions options = new() { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-10, GradientMode = mode };
        Tensor Place(Tensor stiffness) => Ode.Solve45(Spring, [0, 2], Start, stiffness, options).Place;

        var (place, slope) = Gradient.ValueAndGradient<Tensor>(Place, Tensor.Scalar(4.0));

        Assert.Equal(Math.Cos(4), (double)place, 6);
        Assert.Equal(-Math.Sin(4) / 2, (double)slope, 6);
    }

    [Fact]
    public void OneTraceServesAnyNumberOfSteps()
    {
        var f = Accelerate.Function((Tensor stiffness) => Ode.Solve45(Spring, [0, 1], Start, stiffness));

        foreach (double stiffness in new[] { 1.0, 400.0, 0.0, 1.0 })
            Assert.True(Structure.HasSameBits(
                Ode.Solve45(Spring, [0, 1], Start, Tensor.Scalar(stiffness)), f.Invoke(Tensor.Scalar(stiffness))));
        Assert.Equal(1, f.TracesMade);
    }

    [Fact]
    public void FixedStepsStackAsControlledOnesDo()
    {
        Tensor times = Tensor.Create([0.0, 0.5, 1], [3]), one = Tensor.Scalar(1.0);

        Motion fine = Ode.Solve45(Spring, times, Start, one);
        Motion classical = Ode.RungeKutta4(Spring, [0, 0.5, 1], Start, one, steps: 10);
        Motion coarse = Ode.Euler(Spring, [0, 0.5, 1], Start, one, steps: 1000);

        Assert.Equal([2], fine.Place.Shape);
        foreach (Motion motion in new[] { fine, classical, coarse })
            Assert.Equal(Math.Cos(1), motion.Place.ToArray<double>()[1], 2);
        Assert.Equal(
            Ode.RungeKutta4(Spring, times, Start, one).Place.ToArray<double>(),
            Ode.RungeKutta4(Spring, [0, 0.5, 1], Start, one).Place.ToArray<double>());
        Assert.Equal(
            Ode.Euler(Spring, times, Start, one).Place.ToArray<double>(),
            Ode.Euler(Spring, [0, 0.5, 1], Start, one).Place.ToArray<double>());
    }

    [Fact]
    public void ErrorsTellTheTimeReached()
    {
        var pole = Assert.Throws<OdeException>(
            () => Ode.Solve45((Tensor t, Tensor y, Tensor a) => a * y * y, [0, 2], Tensor.Scalar(1.0), Tensor.Scalar(1.0)));
        Assert.Equal(1, pole.Time, 3);
        Assert.NotEmpty(pole.Remedy);
        Assert.Throws<OdeException>(() => Ode.Solve45(Spring, [0, 1, 1], Start, Tensor.Scalar(1.0)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Ode.Solve45(Spring, [0, 1], Start, Tensor.Scalar(1.0), new() { RelativeTolerance = 0 }));
        Assert.Throws<ArgumentNullException>(() => Ode.Solve45(Spring, (double[])null!, Start, Tensor.Scalar(1.0)));
        Assert.Throws<StructureException>(() => Ode.Solve45(Spring, (Tensor)null!, Start, Tensor.Scalar(1.0)));
    }

    [Fact]
    public void ALayerSolvesAnEquation()
    {
        var layer = NeuralOde.Create(new Dense(2), [0, 1], new() { GradientMode = GradientMode.Adjoint });
        Network net = Network.Sequential(layer).Initialize(Layout.Of("BC", 3, 2), seed: 1);

        Tensor y = net.Predict(Tensor.Ones([3, 2], "BC"));

        Assert.Equal([3, 2], y.Shape);
        Assert.True(Structure.HasSameBits(y, net.Predict(Tensor.Ones([3, 2], "BC"), Acceleration.None)));
    }
}
