using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using Functional.Benchmarks.Peers;
using TorchSharp;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>
/// Ten elementwise ops in a row: GELU by its approximation with tanh, of the input scaled by a number per channel. Each op
/// run alone goes through memory once.
/// </summary>
internal static class Chains
{
    private const string Family = "chains", GradientFamily = "gradients";
    private const int Channels = 128;
    private const float Inner = 0.044715f, Outer = 0.7978845608f;

    /// <summary>Ten roundings, and tanh to a few units in the last place on either side.</summary>
    private const double Tolerance = 32 * Epsilon;

    private static readonly (string Name, int Rows)[] Sizes = [("1e5", 800), ("1e6", 8192), ("1e7", 81920)];

    public static IEnumerable<Case> Cases(int threads) =>
    [
        .. Sizes.Select(size => Forward(size.Name, size.Rows, threads)), .. Sizes[..2].Select(WithGradient),
        .. Sizes[..1].Select(Relaxed),
    ];

    private static Tensor Gelu(Tensor x, Tensor beta)
    {
        Tensor u = x * beta;
        return 0.5 * u * (1 + Tensor.Tanh(Outer * (u + Inner * (u * u * u))));
    }

    private static torch.Tensor Gelu(torch.Tensor x, torch.Tensor beta)
    {
        torch.Tensor u = x * beta;
        return 0.5f * u * (1f + torch.tanh(Outer * (u + Inner * (u * u * u))));
    }

    private static byte[] Gelu(OnnxModel model, float[] beta, int rows)
    {
        string u = model.Apply("Mul", model.Input("x", rows, Channels), model.Constant(beta, Channels));
        string cube = model.Apply("Mul", model.Apply("Mul", u, u), u);
        string sum = model.Apply("Add", u, model.Apply("Mul", model.Number(Inner), cube));
        string tanh = model.Apply("Tanh", model.Apply("Mul", model.Number(Outer), sum));
        string half = model.Apply("Mul", model.Number(0.5f), u);
        return model.Giving(model.Apply("Mul", half, model.Apply("Add", model.Number(1), tanh)), rows, Channels);
    }

    private static Race Forward(string name, int rows, int threads) => new($"chain-{name}", Family, () =>
    {
        float[] a = Uniform(rows * Channels, seed: 1, radius: 3), b = Uniform(Channels, seed: 2, radius: 0.3f, centre: 1);
        Tensor x = Tensor.Create<float>(a, [rows, Channels]), beta = Tensor.Create<float>(b, [Channels]);
        var gelu = Accelerate.Function<Tensor, Tensor, Tensor>(Gelu);

        return new(Contender.Accelerated(() => gelu.Invoke(x, beta)))
        {
            Outputs = [new("y", Tolerance)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () =>
                {
                    var (tx, tbeta) = (Torch.Tensor(a, rows, Channels), Torch.Tensor(b, Channels));
                    return Torch.Forward(() => Gelu(tx, tbeta));
                },
                ["ort"] = () => OnnxRuntime.Predicting(
                    threads, model => Gelu(model, b, rows), a, [rows, Channels], [rows, Channels]),
                ["direct"] = () => Contender.Direct(() => Gelu(x, beta)),
            },
        };
    })
    {
        Goals = [new("torch", Measure.Speed, 8, 12), new("ort", Measure.Speed, 3, 5)],
    };

    /// <summary>What is gained by giving up the bits of direct calls.</summary>
    private static Race Relaxed((string Name, int Rows) size) => new($"chain-relaxed-{size.Name}", Family, () =>
    {
        float[] a = Uniform(size.Rows * Channels, seed: 1, radius: 3), b = Uniform(Channels, seed: 2, radius: 0.3f, centre: 1);
        Tensor x = Tensor.Create<float>(a, [size.Rows, Channels]), beta = Tensor.Create<float>(b, [Channels]);
        var relaxed = Accelerate.Function<Tensor, Tensor, Tensor>(Gelu, new() { Relaxed = true });
        var exact = Accelerate.Function<Tensor, Tensor, Tensor>(Gelu);
        return new(Contender.Accelerated(() => relaxed.Invoke(x, beta)))
        {
            Outputs = [new("y", Tolerance)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["exact"] = () => Contender.Accelerated(() => exact.Invoke(x, beta)),
            },
        };
    });

    private static Race WithGradient((string Name, int Rows) size) => new($"chain-gradient-{size.Name}", GradientFamily, () =>
    {
        int rows = size.Rows;
        float[] a = Uniform(rows * Channels, seed: 1, radius: 3), b = Uniform(Channels, seed: 2, radius: 0.3f, centre: 1);
        float[] c = Uniform(rows * Channels, seed: 3);
        Tensor x = Tensor.Create<float>(a, [rows, Channels]), beta = Tensor.Create<float>(b, [Channels]);
        Tensor cotangent = Tensor.Create<float>(c, [rows, Channels]);

        static (Tensor, (Tensor, Tensor)) Step(Tensor x, Tensor beta, Tensor cotangent)
        {
            var (y, pull) = Gradient.Vjp(((Tensor X, Tensor Beta) at) => Gelu(at.X, at.Beta), (x, beta));
            return (y, pull(cotangent));
        }
        var step = Accelerate.Function<Tensor, Tensor, Tensor, (Tensor, (Tensor, Tensor))>(Step);

        return new(Contender.Accelerated(() => step.Invoke(x, beta, cotangent)))
        {
            // The gradient of beta is a sum over the rows.
            Outputs = [new("y", Tolerance), new("dx", Tolerance), new("dbeta", rows * Epsilon)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () => Autograd(a, b, c, rows),
                ["direct"] = () => Contender.Direct(() => Step(x, beta, cotangent)),
            },
        };
    })
    {
        Goals = [new("torch", Measure.Speed, 7, 10)],
    };

    private static Contender Autograd(float[] a, float[] b, float[] c, int rows)
    {
        torch.Tensor x = Torch.Parameter(a, rows, Channels), beta = Torch.Parameter(b, Channels);
        torch.Tensor cotangent = Torch.Tensor(c, rows, Channels);
        torch.Tensor Step()
        {
            x.grad = null;
            beta.grad = null;
            torch.Tensor y = Gelu(x, beta);
            y.backward([cotangent]);
            return y;
        }
        return Torch.Training(Step, () => [x.grad!, beta.grad!]);
    }
}
