using Functional;

namespace Adding;

/// <summary>What a peephole LSTM remembers at the end of a sequence, as one number.</summary>
public sealed record Adder(PeepholeLstm Memory, Dense Head)
{
    public static Adder Create(int units, ulong seed)
    {
        Generator.Current = new Generator(seed);
        return new(PeepholeLstm.Create(2, units), (Dense)new Dense(1).Initialize(Layout.Of("BC", null, units)));
    }

    /// <summary>The mean squared error of a batch's sums.</summary>
    public Tensor Error(SequenceBatch<Tensor> batch)
    {
        var (_, after) = Memory.Run(batch.Values, batch.Mask);
        return Loss.MeanSquaredError(Head.Predict(after.Hidden!.WithFormat("BC")), batch.Targets);
    }
}
