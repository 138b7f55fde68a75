using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using Functional.Benchmarks.Peers;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>Matrix products, against libtorch and against the peak of the processor.</summary>
internal static class Products
{
    private const string Family = "products";

    /// <summary>A smaller product is too short for the peak to be in reach.</summary>
    private const int FromHereOnPeak = 128;

    public static IEnumerable<Case> Cases(int threads) =>
    [
        .. new[] { 128, 256, 512, 1024 }.Select(n => Square(n, threads) with
        {
            Goals = [new("torch", Measure.Speed, 0.95, 1.1), new(Limits.PeakName, Measure.Speed, 0.8, 0.88)],
        }),
        .. new[] { 8, 16, 32, 64 }.Select(n => Square(n, threads) with
        {
            Goals = [new("torch", Measure.Speed, 1.3, 2)],
        }),
        .. new[] { 64, 512, 1024 }.Select(MatrixVector),
    ];

    private static Race Square(int n, int threads) => new($"matmul-{n}", Family, () =>
    {
        float[] a = Uniform(n * n, seed: 1), b = Uniform(n * n, seed: 2);
        Tensor x = Tensor.Create<float>(a, [n, n]), y = Tensor.Create<float>(b, [n, n]);
        var product = Accelerate.Function<Tensor, Tensor, Tensor>(Tensor.MatMul);
        Dictionary<string, Func<Contender>> peak =
            n < FromHereOnPeak ? [] : new() { [Limits.PeakName] = () => Limits.Peak(threads, Math.Pow(n, 3)) };

        return new(Contender.Accelerated(() => product.Invoke(x, y)))
        {
            Outputs = [Product(n)],
            Peers = new Dictionary<string, Func<Contender>>(peak)
            {
                ["torch"] = () =>
                {
                    var (tx, ty) = (Torch.Tensor(a, n, n), Torch.Tensor(b, n, n));
                    return Torch.Forward(() => tx.mm(ty));
                },
                ["direct"] = () => Contender.Direct(() => Tensor.MatMul(x, y)),
            },
        };
    });

    private static Race MatrixVector(int n) => new($"matvec-{n}", Family, () =>
    {
        float[] a = Uniform(n * n, seed: 1), v = Uniform(n, seed: 2);
        Tensor x = Tensor.Create<float>(a, [n, n]), y = Tensor.Create<float>(v, [n]);
        var product = Accelerate.Function<Tensor, Tensor, Tensor>(Tensor.MatMul);

        return new(Contender.Accelerated(() => product.Invoke(x, y)))
        {
            Outputs = [Product(n)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () =>
                {
                    var (tx, ty) = (Torch.Tensor(a, n, n), Torch.Tensor(v, n));
                    return Torch.Forward(() => tx.mv(ty));
                },
                ["direct"] = () => Contender.Direct(() => Tensor.MatMul(x, y)),
            },
        };
    })
    {
        Goals = [new("torch", Measure.Speed, 1.3, 2)],
    };

    /// <summary>A sum of n products, in any order, is within n · ε of the true one (Higham 2002, eq. 3.13).</summary>
    private static Output Product(int n) => new("product", n * Epsilon);
}
