using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using Functional.Benchmarks.Peers;
using TorchSharp;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>SReLU: three straight pieces, with four numbers per channel.</summary>
internal static class Piecewise
{
    private const string Family = "piecewise";
    private const int Channels = 128;

    /// <summary>The size at which the speed of memory is the limit.</summary>
    private const string PastCaches = "srelu-1e7";

    /// <summary>Three roundings on either side.</summary>
    private const double Tolerance = 4 * Epsilon;

    public static IEnumerable<Case> Cases(int threads) =>
    [
        Race("srelu-1e5", 800, threads),
        Race("srelu-1e6", 8192, threads),
        Race(PastCaches, 81920, threads),
    ];

    private sealed record SRelu(Tensor TLeft, Tensor ALeft, Tensor TRight, Tensor ARight)
    {
        public Tensor Predict(Tensor x) =>
            Tensor.Where(x < TLeft, TLeft + ALeft * (x - TLeft),
            Tensor.Where(x > TRight, TRight + ARight * (x - TRight), x));
    }

    private static Race Race(string name, int rows, int threads) => new(name, Family, () =>
    {
        float[] a = Uniform(rows * Channels, seed: 1, radius: 3);
        float[][] parameters =
        [
            Uniform(Channels, seed: 2, radius: 0.2f, centre: -1), Uniform(Channels, seed: 3),
            Uniform(Channels, seed: 4, radius: 0.2f, centre: 1), Uniform(Channels, seed: 5),
        ];
        Tensor x = Tensor.Create<float>(a, [rows, Channels]);
        Tensor[] p = Array.ConvertAll(parameters, values => Tensor.Create<float>(values, [Channels]));
        SRelu layer = new(p[0], p[1], p[2], p[3]);
        var predict = Accelerate.Function((SRelu l, Tensor x) => l.Predict(x));

        Dictionary<string, Func<Contender>> copy =
            name == PastCaches ? new() { [Limits.CopyName] = () => Limits.Copy(threads, rows * Channels) } : [];

        return new(Contender.Accelerated(() => predict.Invoke(layer, x)))
        {
            Outputs = [new("y", Tolerance)],
            Peers = new Dictionary<string, Func<Contender>>(copy)
            {
                ["torch"] = () => Eager(a, parameters, rows),
                ["ort"] = () => OnnxRuntime.Predicting(
                    threads, model => Onnx(model, parameters, rows), a, [rows, Channels], [rows, Channels]),
                ["direct"] = () => Contender.Direct(() => layer.Predict(x)),
            },
        };
    })
    {
        Goals =
        [
            new("torch", Measure.Speed, 25, 50), new("ort", Measure.Speed, 12, 20),
            new(Limits.CopyName, Measure.Speed, null, 0.85),
        ],
    };

    private static Contender Eager(float[] a, float[][] parameters, int rows)
    {
        torch.Tensor x = Torch.Tensor(a, rows, Channels);
        torch.Tensor[] p = Array.ConvertAll(parameters, values => Torch.Tensor(values, Channels));
        return Torch.Forward(() => torch.where(x.lt(p[0]), p[0] + p[1] * (x - p[0]),
            torch.where(x.gt(p[2]), p[2] + p[3] * (x - p[2]), x)));
    }

    private static byte[] Onnx(OnnxModel model, float[][] parameters, int rows)
    {
        string x = model.Input("x", rows, Channels);
        string[] p = Array.ConvertAll(parameters, values => model.Constant(values, Channels));
        string Line(string threshold, string slope) => model.Apply(
            "Add", threshold, model.Apply("Mul", slope, model.Apply("Sub", x, threshold)));

        string right = model.Apply("Where", model.Apply("Greater", x, p[2]), Line(p[2], p[3]), x);
        return model.Giving(model.Apply("Where", model.Apply("Less", x, p[0]), Line(p[0], p[1]), right), rows, Channels);
    }
}
