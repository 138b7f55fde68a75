using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Recurrences, attention, positions and embeddings, as a C# user writes them.</summary>
public class SequenceTests
{
    private static readonly Tensor X = Tensor.Create([1.0, 2, 3, 4], [1, 4, 1], "BTC");

    private static Tensor Matrix(double value, int rows, int columns) => Tensor.Full([rows, columns], value, dtype: DType.Float64);

    [Fact]
    public void ASimpleRecurrenceAddsUp()
    {
        Tensor one = Matrix(1, 1, 1);
        var (ys, last) = X.Rnn(one, one, activation: RecurrentActivation.Relu);
        Assert.Equal([1.0, 3, 6, 10], ys.ToArray<double>());
        Assert.Equal("BC", last.Format.Labels);
        Assert.Equal(10.0, (double)last);

        Tensor mask = Tensor.SequenceMask(4, Tensor.Create([3], [1], "B"));
        (ys, last) = X.Rnn(one, one, state: last, mask: mask, backward: true, activation: RecurrentActivation.Relu);
        Assert.Equal([16.0, 15, 13, 0], ys.ToArray<double>());
        Assert.Equal(16.0, (double)last);
    }

    [Fact]
    public void AnLstmHandsItsStateOn()
    {
        Tensor input = Matrix(0.5, 1, 8), recurrent = Matrix(0.1, 2, 8), bias = Tensor.Ones([8], dtype: DType.Float64);
        var (all, end) = X.Lstm(input, recurrent, bias);
        var (_, first) = X.Slice(.., ..2, ..).Lstm(input, recurrent, bias);
        var (rest, last) = X.Slice(.., 2.., ..).Lstm(input, recurrent, bias, state: first);
        Assert.Equal(all.Slice(.., 2.., ..).ToArray<double>(), rest.ToArray<double>());
        Assert.True(Structure.HasSameBits(end, last));

        var (projected, _) = X.Lstm(
            input, Matrix(0.1, 1, 8), bias, peepholes: Tensor.Ones([6], dtype: DType.Float64), projection: Matrix(1, 2, 1));
        Assert.Equal([1, 4, 1], projected.Shape);
    }

    [Fact]
    public void AGruGoesBothWays()
    {
        Tensor input = Matrix(0.5, 1, 6), recurrent = Matrix(0.1, 2, 6), bias = Tensor.Ones([6], dtype: DType.Float64);
        var (ys, forward, backward) = X.Bidirectional(
            x => x.Gru(input, recurrent, recurrentBias: bias),
            x => x.Gru(input, recurrent, bias, backward: true, resetAfter: false));
        Assert.Equal([1, 4, 4], ys.Shape);
        Assert.Equal(ys.Slice(0, 3, ..2).ToArray<double>(), forward.ToArray<double>());
        Assert.Equal(ys.Slice(0, 0, 2..).ToArray<double>(), backward.ToArray<double>());
    }

    [Fact]
    public void AttentionMixesValues()
    {
        Tensor q = Tensor.Create([0.0, 0], [2, 1]), k = Tensor.Create([5.0, -5], [2, 1]), v = Tensor.Create([1.0, 3], [2, 1]);
        Assert.Equal([2.0, 2], q.Attention(k, v).ToArray<double>());
        Assert.Equal([1.0, 2], q.Attention(k, v, new() { Causal = true }).ToArray<double>());
        AttentionOptions options = AttentionOptions.Default with { Mask = Tensor.Create([false, false, false, true], [2, 2]) };
        Assert.Equal([0.0, 3], q.Attention(k, v, options).ToArray<double>());
        Tensor mask = Tensor.Create([true, false], [2]);
        Assert.Equal([1.0, 1], q.Attention(k, v, options with { Mask = null, KeyMask = mask, Scale = 2 }).ToArray<double>());
    }

    [Fact]
    public void AttentionGoesOnFromItsCache()
    {
        Tensor x = Tensor.Create([1.0, 0, 0, 1, 1, 1], [1, 3, 2], "BTC");
        MultiHeadWeights weights = new(Matrix(0.3, 2, 4), Matrix(0.2, 2, 2), Matrix(0.7, 2, 2), Tensor.Ones([4, 2], dtype: DType.Float64))
        {
            OutputBias = Tensor.Ones([2], dtype: DType.Float64),
        };
        AttentionOptions options = new() { Heads = 2, KeyHeads = 1, Causal = true };
        RotaryOptions rotary = RotaryOptions.Default with { Interleaved = false };
        var (all, _) = x.MultiHeadAttention(weights, options: options, rotary: rotary);
        var (_, cache) = x.Slice(.., ..2, ..).MultiHeadAttention(weights, options: options, rotary: rotary);
        var (last, next) = x.Slice(.., 2.., ..).MultiHeadAttention(weights, past: cache, options: options, rotary: rotary);
        Assert.Equal([1, 3, 2], next.Keys.Shape);
        // The same sums of three terms, or of fewer.
        Assert.Equal((double)all.Slice(0, 2, 0), (double)last.Slice(0, 0, 0), 14);
        Assert.Equal(2, x.MultiHeadAttention(weights, context: x.Slice(.., ..2, ..), options: options).Cache.Values.Shape[1]);
    }

    [Fact]
    public void PositionsAndEmbeddings()
    {
        Assert.Equal([0f, 1f], Tensor.SinusoidalPositions(3, 2).Slice(0).ToArray<float>());
        Assert.Equal([3, 2], Tensor.SinusoidalPositions(3, 2, DType.Float64, offset: 5).Shape);
        Assert.Equal([1.0, 2], Tensor.Create([1.0, 2], [1, 2]).RotaryPositions().ToArray<double>());
        Tensor w = Tensor.Create([1.0, 2, 3, 4], [2, 2]), classes = Tensor.Create([1, 0, 1], [3], "T");
        Tensor y = Tensor.Embedding(w, classes, padding: 0);
        Assert.Equal([3.0, 4, 1, 2, 3, 4], y.ToArray<double>());
        Assert.Equal("TC", y.Format.Labels);
        Assert.Equal([0.0, 0, 2, 2], Gradient.Of(v => Tensor.Embedding(v, classes, padding: 0).Sum(), w).ToArray<double>());
    }
}
