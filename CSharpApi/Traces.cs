namespace Functional;

/// <summary>What a trace tells of itself.</summary>
public static class Traces
{
    extension(Trace trace)
    {
        /// <summary>The types of the tensors that it was made for, in the order in which they stand in the arguments.</summary>
        public IReadOnlyList<TensorType> InputTypes => Array.AsReadOnly(trace.Inputs);
    }
}
