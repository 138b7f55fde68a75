using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>
/// Recurrences along the time of a sequence: the dimension labelled T (S where there is no T), with channels labelled C; in an
/// unformatted tensor [..; time; channels]. All other dimensions are batches.
/// </summary>
/// <remarks>
/// <para>
/// Pure functions: the state is given and returned; where none is given it is 0. The result has the labels and the order of
/// the sequence, the state the same without time; a state is taken with its labels in any order, or without labels.
/// </para>
/// <para>
/// A step that a mask leaves out keeps the state, and its output is 0; so the backward pass over padded sequences starts at
/// each sequence's own end. The gradient keeps the state of each step, and computes each step two times more.
/// </para>
/// <para>
/// Weights are those of PyTorch transposed, in its order of gates, and of MATLAB likewise: <c>weight_ih_l0ᵀ</c>,
/// <c>InputWeights'</c>; the LSTM's and the simple recurrence's bias is the sum of PyTorch's two.
/// </para>
/// <para>
/// All methods throw <see cref="DimensionException"/> for a sequence without time or channels, <see cref="ShapeException"/> for
/// weights, masks or states that do not fit, <see cref="TensorFormatException"/> for labels that do not,
/// <see cref="DTypeException"/> for different data types.
/// </para>
/// </remarks>
public static class TensorRecurrence
{
    extension(Tensor x)
    {
        /// <summary>
        /// Long short-term memory of n units: i, f, o = σ(x W + h U + b + p c), g = tanh(x W + h U + b), c ← f c + i g,
        /// h ← o tanh c, where a projection makes h P of h, and the gate o sees the new cell (Hochreiter and Schmidhuber, 1997;
        /// Gers and Schmidhuber, 2000; Sak, Senior and Beaufays, 2014). All outputs h, and the last state.
        /// </summary>
        /// <param name="inputWeights">[channels; 4 n], in the order of gates i, f, g, o.</param>
        /// <param name="recurrentWeights">[n; 4 n]; with a projection [p; 4 n].</param>
        /// <param name="bias">[4 n]; none for 0.</param>
        /// <param name="peepholes">What the gates i, f and o see of the cell: [3 n]; none for nothing.</param>
        /// <param name="projection">From the units to the output: [n; p]; none for no projection.</param>
        /// <param name="state">The state before the first step; none for 0.</param>
        /// <param name="mask">Where a step is real (Bool): labels of the sequence without C, or [batch …; time].</param>
        /// <param name="backward">From the last step to the first; each output stays with its step.</param>
        public (Tensor Result, LstmState State) Lstm(
            Tensor inputWeights,
            Tensor recurrentWeights,
            Tensor? bias = null,
            Tensor? peepholes = null,
            Tensor? projection = null,
            LstmState? state = null,
            Tensor? mask = null,
            bool backward = false)
        {
            FSharp.LstmWeights weights = new(
                inputWeights,
                recurrentWeights,
                Dimensions.Optional(bias),
                Dimensions.Optional(peepholes),
                Dimensions.Optional(projection));
            var start = state is null ? null : FSharpOption<LstmState>.Some(state);
            return Recurrence.lstm(Options(mask, backward), weights, start, x).ToValueTuple();
        }

        /// <summary>
        /// Gated recurrent unit of n units: r, z = σ(x W + h U + b), n = tanh(x W + b + r · (h U)), h ← (1 - z) n + z h; or, with
        /// the reset before multiplication, n = tanh(x W + b + (r · h) U) (Cho et al., 2014). PyTorch's resets after it, with
        /// <c>bias_hh</c> as recurrent bias. All outputs h, and the last.
        /// </summary>
        /// <param name="inputWeights">[channels; 3 n], in the order of gates r, z, n.</param>
        /// <param name="recurrentWeights">[n; 3 n].</param>
        /// <param name="bias">[3 n]; none for 0.</param>
        /// <param name="recurrentBias">Added to the product with the recurrent weights: [3 n]; none for 0.</param>
        /// <param name="state">The state before the first step; none for 0.</param>
        /// <param name="mask">Where a step is real (Bool): labels of the sequence without C, or [batch …; time].</param>
        /// <param name="backward">From the last step to the first; each output stays with its step.</param>
        /// <param name="resetAfter">
        /// Whether the reset gate multiplies the state's product with the recurrent weights, or the state before that product.
        /// </param>
        public (Tensor Result, Tensor State) Gru(
            Tensor inputWeights,
            Tensor recurrentWeights,
            Tensor? bias = null,
            Tensor? recurrentBias = null,
            Tensor? state = null,
            Tensor? mask = null,
            bool backward = false,
            bool resetAfter = true)
        {
            FSharp.GruWeights weights = new(
                inputWeights, recurrentWeights, Dimensions.Optional(bias), Dimensions.Optional(recurrentBias));
            return Recurrence.gru(
                Options(mask, backward, resetAfter), weights, Dimensions.Optional(state), x).ToValueTuple();
        }

        /// <summary>The simple recurrence h ← f(x W + h U + b) (Elman, 1990). All outputs h, and the last.</summary>
        /// <param name="inputWeights">[channels; n].</param>
        /// <param name="recurrentWeights">[n; n].</param>
        /// <param name="bias">[n]; none for 0.</param>
        /// <param name="state">The state before the first step; none for 0.</param>
        /// <param name="mask">Where a step is real (Bool): labels of the sequence without C, or [batch …; time].</param>
        /// <param name="backward">From the last step to the first; each output stays with its step.</param>
        /// <param name="activation">The function f.</param>
        public (Tensor Result, Tensor State) Rnn(
            Tensor inputWeights,
            Tensor recurrentWeights,
            Tensor? bias = null,
            Tensor? state = null,
            Tensor? mask = null,
            bool backward = false,
            RecurrentActivation activation = RecurrentActivation.Tanh)
        {
            FSharp.RnnWeights weights = new(inputWeights, recurrentWeights, Dimensions.Optional(bias));
            var options = Options(mask, backward, activation: activation);
            return Recurrence.rnn(options, weights, Dimensions.Optional(state), x).ToValueTuple();
        }

        /// <summary>
        /// Two recurrences of this sequence, as a rule one forward and one backward: their outputs side by side along the
        /// channels, and both states.
        /// </summary>
        public (Tensor Result, TState Forward, TState Backward) Bidirectional<TState>(
            Func<Tensor, (Tensor Result, TState State)> forward, Func<Tensor, (Tensor Result, TState State)> backward)
        {
            var (result, states) = Recurrence.bidirectional(Pairs(forward), Pairs(backward), x);
            return (result, states.Item1, states.Item2);
        }
    }

    extension(Tensor)
    {
        /// <summary>
        /// Which steps are real in sequences of these lengths (integers, [batch …]) once they are padded to one: Bool
        /// [batch …; length], with the lengths' labels and T.
        /// </summary>
        /// <exception cref="DTypeException">The lengths are no integers.</exception>
        public static Tensor SequenceMask(int length, Tensor lengths) => Sequence.maskOf(length, lengths);
    }

    private static FSharp.RecurrenceOptions Options(
        Tensor? mask,
        bool backward,
        bool resetAfter = true,
        RecurrentActivation activation = RecurrentActivation.Tanh) =>
        new(Dimensions.Optional(mask), backward, resetAfter, activation);

    private static FSharpFunc<Tensor, Tuple<Tensor, TState>> Pairs<TState>(Func<Tensor, (Tensor Result, TState State)> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return FuncConvert.FromFunc((Tensor x) => function(x).ToTuple());
    }
}
