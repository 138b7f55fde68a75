namespace Functional;

/// <summary>A layer of your own with any inputs and outputs, without state: an immutable record of its parameters.</summary>
public abstract record MultiLayer : ILayer
{
    /// <summary>The names of its inputs; by default one, "in".</summary>
    public virtual IReadOnlyList<string> Inputs => Ports.input;

    /// <summary>The names of its outputs; by default one, "out".</summary>
    public virtual IReadOnlyList<string> Outputs => Ports.output;

    /// <summary>What the layer makes of its inputs once it is trained: a tensor for each output.</summary>
    public abstract IReadOnlyList<Tensor> Predict(IReadOnlyList<Tensor> inputs);

    /// <summary>What the layer makes of its inputs while it is trained; by default the same.</summary>
    public virtual IReadOnlyList<Tensor> Forward(IReadOnlyList<Tensor> inputs) => Predict(inputs);

    /// <summary>
    /// The layer with parameters for such inputs, where it has none yet; draws are taken from the current generator. By
    /// default the layer as it is.
    /// </summary>
    public virtual ILayer Initialize(IReadOnlyList<Layout> inputs) => this;

    (IReadOnlyList<Tensor>, ILayer) ILayer.Run(LayerMode mode, IReadOnlyList<Tensor> inputs) =>
        (mode == LayerMode.Forward ? Forward(inputs) : Predict(inputs), this);

    ILayer ILayer.Reset() => this;
}
