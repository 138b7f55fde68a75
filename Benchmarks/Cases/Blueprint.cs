using Functional.Benchmarks.Peers;
using TorchSharp;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>The sizes of a perceptron, and the numbers that all sides start from.</summary>
internal sealed record Blueprint(int Batch, int Inputs, int Hidden, int Classes)
{
    private (int Rows, int Columns)[] Weights => [(Inputs, Hidden), (Hidden, Hidden), (Hidden, Classes)];

    public float[] Samples => Uniform(Batch * Inputs, seed: 1);

    public long[] Labels => Numbers.Classes(Batch, Classes, seed: 2);

    public long[] InputSizes => [Batch, Inputs];

    public long[] OutputSizes => [Batch, Classes];

    /// <summary>Weights and biases, layer by layer, evenly spread as PyTorch draws them.</summary>
    public float[][] Parameters =>
    [
        .. Weights.SelectMany((size, layer) => new[]
        {
            Uniform(size.Rows * size.Columns, seed: 10 + layer, radius: 1 / MathF.Sqrt(size.Rows)),
            Uniform(size.Columns, seed: 20 + layer, radius: 1 / MathF.Sqrt(size.Rows)),
        }),
    ];

    public Tensor X => Tensor.Create<float>(Samples, [Batch, Inputs]);

    public Tensor Targets => Tensor.Create<long>(Labels, [Batch]);

    public Perceptron Ours()
    {
        Tensor[] p = [.. Parameters.Select((data, k) => Tensor.Create<float>(
            data, k % 2 == 0 ? [Weights[k / 2].Rows, Weights[k / 2].Columns] : [Weights[k / 2].Columns]))];
        return new(p[0], p[1], p[2], p[3], p[4], p[5]);
    }

    /// <summary>The same network of torch's modules, which keep their weights transposed.</summary>
    public torch.nn.Module<torch.Tensor, torch.Tensor> Theirs()
    {
        float[][] parameters = Parameters;
        using var _ = torch.no_grad();
        TorchSharp.Modules.Linear Layer(int k)
        {
            var layer = torch.nn.Linear(Weights[k].Rows, Weights[k].Columns);
            layer.weight!.copy_(Torch.Tensor(parameters[2 * k], Weights[k].Rows, Weights[k].Columns).t());
            layer.bias!.copy_(Torch.Tensor(parameters[2 * k + 1], Weights[k].Columns));
            return layer;
        }
        return torch.nn.Sequential(Layer(0), torch.nn.ReLU(), Layer(1), torch.nn.ReLU(), Layer(2));
    }

    public byte[] Onnx(OnnxModel model)
    {
        float[][] parameters = Parameters;
        string Dense(string x, int k) => model.Apply(
            "Gemm", x,
            model.Constant(parameters[2 * k], Weights[k].Rows, Weights[k].Columns),
            model.Constant(parameters[2 * k + 1], Weights[k].Columns));

        string hidden = model.Apply("Relu", Dense(model.Apply("Relu", Dense(model.Input("x", InputSizes), 0)), 1));
        return model.Giving(Dense(hidden, 2), OutputSizes);
    }
}
