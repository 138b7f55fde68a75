using F = Functional.FSharp;

namespace Functional;

/// <summary>
/// Layers of sequences: the dimension labelled T (S where there is no T) is time, that labelled C are the channels; unformatted
/// input is [..; time; channels].
/// </summary>
public static class SequenceLayers
{
    private static F.RecurrentLayerOptions Options(
        RecurrentOutput output, bool reversed, bool carriesState, Initialiser? input, Initialiser? recurrent) =>
        new(
            output,
            reversed,
            carriesState,
            input ?? F.RecurrentLayerOptions.Default.InitialInput,
            recurrent ?? F.RecurrentLayerOptions.Default.InitialRecurrent);

    extension(Lstm)
    {
        /// <summary>Long short-term memory whose parameters are yet to be drawn, the bias 1 for the forget gate and 0 else.</summary>
        /// <param name="units">How many cells it has.</param>
        /// <param name="output">Which outputs it gives.</param>
        /// <param name="reversed">From the last step to the first; each output stays with its step.</param>
        /// <param name="carriesState">
        /// Whether the state goes on from call to call; else each sequence starts from 0. Batches are then of one size until
        /// the layer is reset.
        /// </param>
        /// <param name="hasPeepholes">Whether gates see the cell.</param>
        /// <param name="outputs">To how many numbers the units' output is projected; null for no projection.</param>
        /// <param name="input">How weights of the input are drawn; null for Glorot's uniform initialiser.</param>
        /// <param name="recurrent">How weights of the last output are drawn; null for an orthogonal initialiser.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
        public static Lstm Create(
            int units,
            RecurrentOutput output = RecurrentOutput.Sequence,
            bool reversed = false,
            bool carriesState = false,
            bool hasPeepholes = false,
            int? outputs = null,
            Initialiser? input = null,
            Initialiser? recurrent = null) =>
            new(units, hasPeepholes, outputs, Options(output, reversed, carriesState, input, recurrent));
    }

    extension(Gru)
    {
        /// <summary>A gated recurrent unit whose parameters are yet to be drawn, biases of 0.</summary>
        /// <param name="units">How many outputs a step has.</param>
        /// <param name="output">Which outputs it gives.</param>
        /// <param name="reversed">From the last step to the first; each output stays with its step.</param>
        /// <param name="carriesState">
        /// Whether the state goes on from call to call; else each sequence starts from 0. Batches are then of one size until
        /// the layer is reset.
        /// </param>
        /// <param name="resetsAfter">
        /// Whether the reset gate multiplies the state's product with the recurrent weights, which then has a bias, or the
        /// state before it.
        /// </param>
        /// <param name="input">How weights of the input are drawn; null for Glorot's uniform initialiser.</param>
        /// <param name="recurrent">How weights of the last output are drawn; null for an orthogonal initialiser.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
        public static Gru Create(
            int units,
            RecurrentOutput output = RecurrentOutput.Sequence,
            bool reversed = false,
            bool carriesState = false,
            bool resetsAfter = true,
            Initialiser? input = null,
            Initialiser? recurrent = null) =>
            new(units, resetsAfter, Options(output, reversed, carriesState, input, recurrent));
    }

    extension(Rnn)
    {
        /// <summary>A simple recurrence whose parameters are yet to be drawn, a bias of 0.</summary>
        /// <param name="units">How many outputs a step has.</param>
        /// <param name="output">Which outputs it gives.</param>
        /// <param name="reversed">From the last step to the first; each output stays with its step.</param>
        /// <param name="carriesState">
        /// Whether the state goes on from call to call; else each sequence starts from 0. Batches are then of one size until
        /// the layer is reset.
        /// </param>
        /// <param name="activation">What follows the weighted sum.</param>
        /// <param name="input">How weights of the input are drawn; null for Glorot's uniform initialiser.</param>
        /// <param name="recurrent">How weights of the last output are drawn; null for an orthogonal initialiser.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
        public static Rnn Create(
            int units,
            RecurrentOutput output = RecurrentOutput.Sequence,
            bool reversed = false,
            bool carriesState = false,
            RecurrentActivation activation = RecurrentActivation.Tanh,
            Initialiser? input = null,
            Initialiser? recurrent = null) =>
            new(units, activation, Options(output, reversed, carriesState, input, recurrent));
    }

    extension(MultiHeadAttention)
    {
        /// <summary>
        /// Attention whose weights are yet to be drawn, for heads that share the channels of the queries; biases of 0.
        /// </summary>
        /// <param name="options">How it attends; a layer has no masks.</param>
        /// <param name="rotary">The positions by which queries and keys are turned; null for none.</param>
        /// <param name="hasContext">
        /// Whether keys and values come from a second input, "context", beside "queries"; else they come from the queries.
        /// </param>
        /// <exception cref="ArgumentException">The options have masks.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
        public static MultiHeadAttention Create(
            AttentionOptions options, RotaryOptions? rotary = null, bool hasContext = false)
        {
            ArgumentNullException.ThrowIfNull(options);
            return rotary is null ? new(options.FSharp, hasContext) : new(options.FSharp, rotary.FSharp, hasContext);
        }
    }
}
