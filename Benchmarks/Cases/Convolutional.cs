using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using Functional.Benchmarks.Peers;
using TorchSharp;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>Filters of 3 × 3 over images, padded to their size, with a bias.</summary>
internal static class Convolutional
{
    private const string Family = "convolution";
    private const int Images = 32, Channels = 16, Size = 28, Filters = 32, Window = 3, Around = 1;

    /// <summary>Sums of as many products as a filter has weights.</summary>
    private const double Tolerance = 2 * Channels * Window * Window * Epsilon;

    private static readonly long[] ImageSizes = [Images, Channels, Size, Size], ResultSizes = [Images, Filters, Size, Size];
    private static readonly long[] WeightSizes = [Filters, Channels, Window, Window];

    public static IEnumerable<Case> Cases(int threads) => [Forward(threads), WithGradient];

    private static (float[] Images, float[] Weights, float[] Bias) Draw() => (
        Uniform(Images * Channels * Size * Size, seed: 1),
        Uniform(Filters * Channels * Window * Window, seed: 2, radius: 0.1f),
        Uniform(Filters, seed: 3));

    private static Tensor Convolve(Tensor x, Tensor weights, Tensor bias) =>
        x.Convolution(weights, bias, padding: Padding.Same);

    private static (Tensor X, Tensor Weights, Tensor Bias) Ours(float[] x, float[] weights, float[] bias) => (
        Tensor.Create<float>(x, Array.ConvertAll(ImageSizes, n => (int)n)).WithFormat("BCSS"),
        Tensor.Create<float>(weights, Array.ConvertAll(WeightSizes, n => (int)n)),
        Tensor.Create<float>(bias, [Filters]));

    private static Race Forward(int threads) => new("convolution-3x3", Family, () =>
    {
        var (a, b, c) = Draw();
        var (x, weights, bias) = Ours(a, b, c);
        var convolve = Accelerate.Function<Tensor, Tensor, Tensor, Tensor>(Convolve);

        return new(Contender.Accelerated(() => convolve.Invoke(x, weights, bias)))
        {
            Outputs = [new("y", Tolerance)],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () =>
                {
                    var (tx, tw, tb) = (Torch.Tensor(a, ImageSizes), Torch.Tensor(b, WeightSizes), Torch.Tensor(c, Filters));
                    return Torch.Forward(() => torch.nn.functional.conv2d(tx, tw, tb, padding: [Around, Around]));
                },
                ["ort"] = () => OnnxRuntime.Predicting(threads, model => Write(model, b, c), a, ImageSizes, ResultSizes),
                ["direct"] = () => Contender.Direct(() => Convolve(x, weights, bias)),
            },
        };
    })
    {
        Goals = [new("ort", Measure.Speed, 0.85, 1)],
    };

    private static byte[] Write(OnnxModel model, float[] weights, float[] bias)
    {
        Dictionary<string, long[]> attributes = new() { ["pads"] = [Around, Around, Around, Around] };
        return model.Giving(
            model.ApplyWith(
                attributes,
                "Conv",
                model.Input("x", ImageSizes),
                model.Constant(weights, WeightSizes),
                model.Constant(bias, Filters)),
            ResultSizes);
    }

    private static Race WithGradient => new("convolution-gradient", Family, () =>
    {
        var (a, b, c) = Draw();
        float[] d = Uniform(Images * Filters * Size * Size, seed: 4);
        var (x, weights, bias) = Ours(a, b, c);
        Tensor cotangent = Tensor.Create<float>(d, Array.ConvertAll(ResultSizes, n => (int)n)).WithFormat("BCSS");

        static (Tensor, (Tensor, Tensor, Tensor)) Step(Tensor x, Tensor weights, Tensor bias, Tensor cotangent)
        {
            var (y, pull) = Gradient.Vjp(((Tensor X, Tensor W, Tensor B) at) => Convolve(at.X, at.W, at.B), (x, weights, bias));
            return (y, pull(cotangent));
        }
        var step = Accelerate.Function<Tensor, Tensor, Tensor, Tensor, (Tensor, (Tensor, Tensor, Tensor))>(Step);

        return new(Contender.Accelerated(() => step.Invoke(x, weights, bias, cotangent)))
        {
            // The gradients of weights and bias are sums over all positions of all images.
            Outputs =
            [
                new("y", Tolerance), new("dx", 2 * Filters * Window * Window * Epsilon),
                new("dweights", Images * Size * Size * Epsilon), new("dbias", Images * Size * Size * Epsilon),
            ],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () => Autograd(a, b, c, d),
                ["direct"] = () => Contender.Direct(() => Step(x, weights, bias, cotangent)),
            },
        };
    });

    private static Contender Autograd(float[] a, float[] b, float[] c, float[] d)
    {
        torch.Tensor x = Torch.Parameter(a, ImageSizes), weights = Torch.Parameter(b, WeightSizes);
        torch.Tensor bias = Torch.Parameter(c, Filters), cotangent = Torch.Tensor(d, ResultSizes);
        torch.Tensor Step()
        {
            x.grad = null;
            weights.grad = null;
            bias.grad = null;
            torch.Tensor y = torch.nn.functional.conv2d(x, weights, bias, padding: [Around, Around]);
            y.backward([cotangent]);
            return y;
        }
        return Torch.Training(Step, () => [x.grad!, weights.grad!, bias.grad!]);
    }
}
