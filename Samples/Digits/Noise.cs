using Functional;

namespace Digits;

/// <summary>
/// Adds normally distributed noise while the network is trained. It is drawn like the input, so that a replayed trace draws
/// new numbers each time, the very ones that the direct call would draw.
/// </summary>
public sealed record Noise(double Deviation) : Layer, IAcceleratable
{
    public override Tensor Predict(Tensor x) => x;

    public override Tensor Forward(Tensor x) => x + Deviation * Tensor.RandomNormalLike(x);
}
