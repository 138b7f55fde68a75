using Functional;

namespace Adding;

/// <summary>
/// Long short-term memory whose gates see the cell (Gers and Schmidhuber, 2000), a layer of one's own: from the last step's
/// output and cell, which are state, to the next ones. Gates stand side by side in weights and bias: input, forget, candidate,
/// output.
/// </summary>
public sealed record PeepholeLstm(Tensor InputWeights, Tensor Weights, Tensor Bias, Tensor In, Tensor Forget, Tensor Out)
    : StatefulLayer<PeepholeLstm>, IAcceleratable
{
    /// <summary>The last output, [batch, units]; null before the first step of a sequence.</summary>
    [State]
    public Tensor? Hidden { get; init; }

    /// <summary>The cell, [batch, units]; null before the first step of a sequence.</summary>
    [State]
    public Tensor? Cell { get; init; }

    private int Units => Out.Shape[0];

    public static PeepholeLstm Create(int channels, int units)
    {
        Tensor Drawn(params int[] sizes) => Tensor.RandomNormal(sizes) * (1 / Math.Sqrt(sizes[0]));
        Tensor Zeros(int size) => Tensor.Zeros([size]);
        Tensor bias = Tensor.Concat([Zeros(units), Tensor.Full([units], 1), Zeros(2 * units)], 0);
        return new(Drawn(channels, 4 * units), Drawn(units, 4 * units), bias, Zeros(units), Zeros(units), Zeros(units));
    }

    /// <summary>The outputs of all steps of sequences "BTC", and the layer with the state after the last one.</summary>
    public override (Tensor Output, PeepholeLstm Next) Predict(Tensor x) => Run(x, mask: null);

    /// <summary>The same; a step that the mask leaves out changes nothing.</summary>
    public (Tensor Output, PeepholeLstm Next) Run(Tensor x, Tensor? mask)
    {
        Tensor start = Tensor.Zeros([x.Shape[0], Units], dtype: x.DType);
        Tensor real = mask ?? Tensor.Full([x.Shape[0], x.Shape[1]], 1, dtype: DType.Bool);
        var ((h, c), all) = Control.Scan(
            (Hidden ?? start, Cell ?? start), (x.WithFormat(""), real.WithFormat("")), (state, step) => Step(state, step), dim: 1);
        return (all.WithFormat("BTC"), this with { Hidden = h, Cell = c });
    }

    public override PeepholeLstm Reset() => this with { Hidden = null, Cell = null };

    private ((Tensor H, Tensor C), Tensor H) Step((Tensor H, Tensor C) state, (Tensor X, Tensor IsReal) step)
    {
        var (h, c) = state;
        var z = (Tensor.MatMul(step.X, InputWeights) + Tensor.MatMul(h, Weights) + Bias).Chunk(1, 4);
        Tensor i = Tensor.Sigmoid(z[0] + In * c), f = Tensor.Sigmoid(z[1] + Forget * c);
        Tensor nextC = f * c + i * Tensor.Tanh(z[2]);
        Tensor nextH = Tensor.Sigmoid(z[3] + Out * nextC) * Tensor.Tanh(nextC);
        Tensor isReal = step.IsReal.Reshape(step.IsReal.Shape[0], 1);
        h = Tensor.Where(isReal, nextH, h);
        return ((h, Tensor.Where(isReal, nextC, c)), h);
    }
}
