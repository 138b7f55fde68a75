using Xunit;

namespace Functional.CSharp.Tests;

public class RandomTests
{
    private static readonly Tensor X = Tensor.Zeros([5]);

    [Fact]
    public void DrawsLikeATensorAreTheSameInBothModes()
    {
        static Tensor Noisy(Tensor x) => x + Tensor.RandomLike(x) * Tensor.RandomNormalLike(x);
        var f = Accelerate.Function<Tensor, Tensor>(Noisy);

        Generator.Current = new Generator(7);
        float[][] direct = [.. Enumerable.Range(0, 3).Select(_ => Noisy(X).ToArray<float>())];
        Generator.Current = new Generator(7);
        float[][] accelerated = [.. Enumerable.Range(0, 3).Select(_ => f.Invoke(X).ToArray<float>())];

        Assert.Equal(direct, accelerated);
        Assert.NotEqual(accelerated[1], accelerated[2]);
        Assert.Equal((1L, 2L), (f.Misses, f.Hits));
    }

    [Fact]
    public void APlainDrawInATraceIsRepeated()
    {
        var f = Accelerate.Function((Tensor x) => x + Tensor.Random([5]));

        var first = f.Invoke(X).ToArray<float>();

        Assert.Equal(first, f.Invoke(X).ToArray<float>());
        Assert.Equal(first, f.Traces[0].Constants().Single().Value.ToArray<float>());
    }
}
