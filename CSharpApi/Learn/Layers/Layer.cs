namespace Functional;

/// <summary>
/// A layer of your own with one input and one output, without state: an immutable record of its parameters. Tensors in it are
/// what training changes; numbers, strings and delegates are static, so that a trace is made for each of their values.
/// </summary>
public abstract record Layer : ILayer
{
    IReadOnlyList<string> ILayer.Inputs => Ports.input;

    IReadOnlyList<string> ILayer.Outputs => Ports.output;

    /// <summary>What the layer makes of its input once it is trained.</summary>
    public abstract Tensor Predict(Tensor x);

    /// <summary>What the layer makes of its input while it is trained; by default the same.</summary>
    public virtual Tensor Forward(Tensor x) => Predict(x);

    /// <summary>
    /// The layer with parameters for such input, where it has none yet; draws are taken from the current generator. By
    /// default the layer as it is.
    /// </summary>
    public virtual ILayer Initialize(Layout input) => this;

    (IReadOnlyList<Tensor>, ILayer) ILayer.Run(LayerMode mode, IReadOnlyList<Tensor> inputs)
    {
        Tensor x = Ports.single(this, inputs);
        return ([mode == LayerMode.Forward ? Forward(x) : Predict(x)], this);
    }

    ILayer ILayer.Initialize(IReadOnlyList<Layout> inputs) => Initialize(Ports.single(this, inputs));

    ILayer ILayer.Reset() => this;
}
