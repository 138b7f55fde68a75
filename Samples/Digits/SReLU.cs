using Functional;

namespace Digits;

/// <summary>
/// An S-shaped activation with four learnable numbers per channel: between two thresholds it is the identity, beyond each it
/// goes on with a slope of its own (Jin et al., "Deep learning with S-shaped rectified linear activation units", 2016).
/// </summary>
public sealed record SReLU(Tensor TLeft, Tensor ALeft, Tensor TRight, Tensor ARight) : Layer, IAcceleratable
{
    public static SReLU Create(int channels)
    {
        Tensor Parameter(float value) => Tensor.Create(Enumerable.Repeat(value, channels).ToArray(), "C", channels);
        return new(Parameter(0f), Parameter(0.1f), Parameter(1f), Parameter(0.5f));
    }

    public override Tensor Predict(Tensor x) =>
        Tensor.Where(x < TLeft, TLeft + ALeft * (x - TLeft),
        Tensor.Where(x > TRight, TRight + ARight * (x - TRight), x));
}
