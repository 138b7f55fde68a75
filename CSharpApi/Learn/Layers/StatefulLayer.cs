namespace Functional;

/// <summary>
/// A layer of your own with one input and one output whose state goes on from call to call: an immutable record. Each call
/// gives the output and the layer as it is from then on, <c>this with { Mean = … }</c>. What changes so is marked with
/// <see cref="StateAttribute"/>, and all other tensors are what training changes.
/// </summary>
/// <typeparam name="TSelf">The type that inherits.</typeparam>
public abstract record StatefulLayer<TSelf> : ILayer
    where TSelf : StatefulLayer<TSelf>
{
    IReadOnlyList<string> ILayer.Inputs => Ports.input;

    IReadOnlyList<string> ILayer.Outputs => Ports.output;

    /// <summary>What the layer makes of its input once it is trained, and the layer with its next state.</summary>
    public abstract (Tensor Output, TSelf Next) Predict(Tensor x);

    /// <summary>
    /// What the layer makes of its input while it is trained, and the layer with its next state; by default the same.
    /// </summary>
    public virtual (Tensor Output, TSelf Next) Forward(Tensor x) => Predict(x);

    /// <summary>
    /// The layer with parameters and state for such input, where it has none yet; draws are taken from the current generator.
    /// By default the layer as it is.
    /// </summary>
    public virtual TSelf Initialize(Layout input) => (TSelf)this;

    /// <summary>
    /// The layer with the state of a new sequence; by default as it is, for statistics of what was seen in training.
    /// </summary>
    public virtual TSelf Reset() => (TSelf)this;

    (IReadOnlyList<Tensor>, ILayer) ILayer.Run(LayerMode mode, IReadOnlyList<Tensor> inputs)
    {
        Tensor x = Ports.single(this, inputs);
        var (output, next) = mode == LayerMode.Forward ? Forward(x) : Predict(x);
        return ([output], next);
    }

    ILayer ILayer.Initialize(IReadOnlyList<Layout> inputs) => Initialize(Ports.single(this, inputs));

    ILayer ILayer.Reset() => Reset();
}
