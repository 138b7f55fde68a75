using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using Functional.Benchmarks.Peers;
using TorchSharp;
using static Functional.Benchmarks.Cases.Numbers;

namespace Functional.Benchmarks.Cases;

/// <summary>
/// Long short-term memory whose gates see the cell (Gers and Schmidhuber, 2000): a recurrence that no library has ready
/// made, written step by step. Input, forget, candidate and output gate stand side by side in W, U and b.
/// </summary>
internal static class Recurrent
{
    private const string Family = "recurrence";
    private const int Steps = 50, Batch = 32, Hidden = 128, Inputs = 128, Gates = 4 * Hidden;

    /// <summary>Gradients are sums over steps and batch, of values that have gone through up to fifty steps.</summary>
    private const double GradientTolerance = Steps * Batch * Epsilon;

    public static IEnumerable<Case> Cases =>
    [
        Peephole with
        {
            Goals =
            [
                new("torch", Measure.Speed, 2.5, 3, Threads: 1),
                new("torch", Measure.Speed, 3.5, 4.5, Threads: 2),
            ],
        },
    ];

    private sealed record Cell(Tensor W, Tensor U, Tensor B, Tensor PIn, Tensor PForget, Tensor POut)
    {
        /// <summary>The hidden state after the last step of xs: [steps, batch, inputs] → [batch, hidden].</summary>
        public Tensor Last(Tensor xs)
        {
            Tensor h = Tensor.Zeros([Batch, Hidden]), c = Tensor.Zeros([Batch, Hidden]);
            for (int t = 0; t < Steps; t++)
            {
                Tensor x = xs.SliceDim(0, t);
                var z = (Tensor.MatMul(x, W) + Tensor.MatMul(h, U) + B).Chunk(1, 4);
                Tensor i = Tensor.Sigmoid(z[0] + PIn * c), f = Tensor.Sigmoid(z[1] + PForget * c);
                c = f * c + i * Tensor.Tanh(z[2]);
                h = Tensor.Sigmoid(z[3] + POut * c) * Tensor.Tanh(c);
            }
            return h;
        }
    }

    private static Race Peephole => new("lstm-gradient", Family, () =>
    {
        float[] sequence = Uniform(Steps * Batch * Inputs, seed: 1);
        (float[] Data, int[] Sizes)[] parameters =
        [
            (Uniform(Inputs * Gates, 2, 0.1f), [Inputs, Gates]), (Uniform(Hidden * Gates, 3, 0.1f), [Hidden, Gates]),
            (Uniform(Gates, 4, 0.1f), [Gates]), (Uniform(Hidden, 5, 0.1f), [Hidden]),
            (Uniform(Hidden, 6, 0.1f), [Hidden]), (Uniform(Hidden, 7, 0.1f), [Hidden]),
        ];
        Tensor[] p = Array.ConvertAll(parameters, one => Tensor.Create<float>(one.Data, one.Sizes));
        Cell cell = new(p[0], p[1], p[2], p[3], p[4], p[5]);
        Tensor xs = Tensor.Create<float>(sequence, [Steps, Batch, Inputs]);

        static (Tensor, Cell) Step(Cell cell, Tensor xs) => Gradient.ValueAndGradient(c => c.Last(xs).Sum(), cell);
        var fast = Accelerate.Function<Cell, Tensor, (Tensor, Cell)>(Step);

        return new(Contender.Accelerated(() => fast.Invoke(cell, xs)))
        {
            Outputs =
            [
                .. new[] { "sum", "dW", "dU", "db", "dpi", "dpf", "dpo" }.Select(name => new Output(name, GradientTolerance)),
            ],
            Peers = new Dictionary<string, Func<Contender>>
            {
                ["torch"] = () => Autograd(sequence, parameters),
                ["direct"] = () => Contender.Direct(() => Step(cell, xs)),
            },
        };
    });

    private static Contender Autograd(float[] sequence, (float[] Data, int[] Sizes)[] parameters)
    {
        torch.Tensor[] xs = Torch.Tensor(sequence, Steps, Batch, Inputs).unbind(0);
        torch.Tensor[] p = Array.ConvertAll(
            parameters, one => Torch.Parameter(one.Data, Array.ConvertAll(one.Sizes, size => (long)size)));

        torch.Tensor Step()
        {
            foreach (torch.Tensor one in p) one.grad = null;
            torch.Tensor h = torch.zeros(Batch, Hidden), c = torch.zeros(Batch, Hidden);
            foreach (torch.Tensor x in xs)
            {
                torch.Tensor[] z = p[2].addmm(x, p[0], 1f, 1f).addmm(h, p[1], 1f, 1f).chunk(4, 1);
                torch.Tensor i = torch.sigmoid(z[0] + p[3] * c), f = torch.sigmoid(z[1] + p[4] * c);
                c = f * c + i * torch.tanh(z[2]);
                h = torch.sigmoid(z[3] + p[5] * c) * torch.tanh(c);
            }
            torch.Tensor sum = h.sum();
            sum.backward();
            return sum;
        }

        return Torch.Training(Step, () => [.. p.Select(one => one.grad!)]);
    }
}
