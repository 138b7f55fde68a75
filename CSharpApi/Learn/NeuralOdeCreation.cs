namespace Functional;

/// <summary>Layers that solve differential equations.</summary>
public static class NeuralOdeCreation
{
    extension(NeuralOde)
    {
        /// <summary>The layer whose input goes from the first time to the others as y' = field(y) says.</summary>
        /// <param name="field">Gives the slope of a state, with its sizes and labels.</param>
        /// <param name="times">Two times or more, which ascend or descend throughout.</param>
        /// <param name="options">How the equation is solved; null for the defaults.</param>
        /// <exception cref="ArgumentException">There are less than two times.</exception>
        /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
        public static NeuralOde Create(ILayer field, IReadOnlyList<double> times, OdeOptions? options = null) =>
            new(field, times, (options ?? new()).ToCore());
    }
}
