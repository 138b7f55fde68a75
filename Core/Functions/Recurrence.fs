namespace Functional.FSharp

open Functional

/// Recurrences along the time of a sequence: the dimension labelled T (S where there is no T), with channels labelled C; in an
/// unformatted tensor [..; time; channels]. All other dimensions are batches. Pure functions: the state is given and returned;
/// where none is given it is 0. The result has the labels and the order of the sequence, the state the same without time; a
/// state is taken with its labels in any order, or without labels.
///
/// A step that a mask leaves out keeps the state, and its output is 0; so the backward pass over padded sequences starts at
/// each sequence's own end. The gradient keeps the state of each step, and computes each step two times more.
///
/// All throw DimensionException for a sequence without time or channels, ShapeException for weights, masks or states that do
/// not fit, TensorFormatException for labels that do not, DTypeException for different data types.
///
/// Weights are those of PyTorch transposed, in its order of gates, and of MATLAB likewise: `weight_ih_l0ᵀ`, `InputWeights'`;
/// the LSTM's and the simple recurrence's bias is the sum of PyTorch's two.
[<AutoOpen>]
module RecurrenceFunctions =
    /// Recurrences.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// Long short-term memory: i, f, o = σ(x W + h U + b + p c), g = tanh(x W + h U + b), c ← f c + i g, h ← o tanh c,
        /// where a projection makes h P of h, and the gate o sees the new cell (Hochreiter and Schmidhuber, 1997; Gers and
        /// Schmidhuber, 2000; Sak, Senior and Beaufays, 2014). All outputs h, and the last state.
        let lstm (options: RecurrenceOptions) (weights: LstmWeights) (state: LstmState option) (x: Tensor) =
            Recurrence.lstm options weights state x

        /// Gated recurrent unit: r, z = σ(x W + h U + b), n = tanh(x W + b + r · (h U)), h ← (1 - z) n + z h; or, with the
        /// reset before multiplication, n = tanh(x W + b + (r · h) U) (Cho et al., 2014). PyTorch's resets after it, with
        /// `bias_hh` as recurrent bias. All outputs h, and the last.
        let gru
            (options: RecurrenceOptions)
            (weights: GruWeights)
            (state: Tensor option)
            (x: Tensor)
            : Tensor * Tensor =
            Recurrence.gru options weights state x

        /// The simple recurrence h ← f(x W + h U + b) (Elman, 1990). All outputs h, and the last.
        let rnn
            (options: RecurrenceOptions)
            (weights: RnnWeights)
            (state: Tensor option)
            (x: Tensor)
            : Tensor * Tensor =
            Recurrence.rnn options weights state x

        /// Two recurrences of one sequence, as a rule one forward and one backward: their outputs side by side along the
        /// channels, and both states.
        let bidirectional (forward: Tensor -> Tensor * 'S) (backward: Tensor -> Tensor * 'S) (x: Tensor) =
            Recurrence.bidirectional forward backward x

        /// Which steps are real in sequences of these lengths (integers, [batch …]) once they are padded to one: Bool
        /// [batch …; length], with the lengths' labels and T.
        /// Throws DTypeException for lengths that are no integers.
        let sequenceMask (length: int) (lengths: Tensor) : Tensor = Sequence.maskOf length lengths
