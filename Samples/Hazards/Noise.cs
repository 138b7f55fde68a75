using Functional;

namespace Hazards;

/// <summary>The source of the noise layer's trouble: random numbers that have nothing to do with the input.</summary>
internal sealed record PlainNoise : Layer
{
    public override Tensor Predict(Tensor x) => x + Tensor.Random(x.Shape);
}

/// <summary>The same layer with random numbers drawn like the input: anew in each call, replayed or not.</summary>
internal sealed record LikeNoise : Layer
{
    public override Tensor Predict(Tensor x) => x + Tensor.RandomLike(x);
}
