using Functional;

namespace Fashion;

/// <summary>
/// An S-shaped activation with four learnable numbers per channel: between two thresholds it is the identity, beyond each it
/// goes on with a slope of its own (Jin et al., "Deep learning with S-shaped rectified linear activation units", 2016).
/// </summary>
public sealed record SReLU(Tensor TLeft, Tensor ALeft, Tensor TRight, Tensor ARight) : Layer, IAcceleratable
{
    public static SReLU Create(int channels)
    {
        Tensor Parameter(double value) => Tensor.Full([channels], value, "C");
        return new(Parameter(0), Parameter(0.1), Parameter(1), Parameter(0.5));
    }

    public override Tensor Predict(Tensor x) =>
        Tensor.Where(x < TLeft, TLeft + ALeft * (x - TLeft),
        Tensor.Where(x > TRight, TRight + ARight * (x - TRight), x));
}

/// <summary>Adds to its input what a network makes of it, with a learnable weight.</summary>
public sealed record Residual(Tensor Weight, Network Body) : StatefulLayer<Residual>, IAcceleratable
{
    public static Residual Create(params ILayer[] body) => new(Tensor.Scalar(0.5f), Network.Sequential(body));

    public override (Tensor, Residual) Predict(Tensor x)
    {
        var (y, body) = Body.PredictWithState(x);
        return (x + Weight * y, this with { Body = body });
    }

    public override (Tensor, Residual) Forward(Tensor x)
    {
        var (y, body) = Body.ForwardWithState(x);
        return (x + Weight * y, this with { Body = body });
    }

    public override Residual Initialize(Layout input) => this with { Body = Body.Initialize(input) };

    public override Residual Reset() => this with { Body = Body.Reset() };
}
