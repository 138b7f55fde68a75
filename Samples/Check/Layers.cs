using Functional;

namespace Check;

/// <summary>An S-shaped activation with four learnable numbers per channel.</summary>
public sealed record SReLU(Tensor TLeft, Tensor ALeft, Tensor TRight, Tensor ARight) : Layer, IAcceleratable
{
    public static SReLU Create(int channels)
    {
        Tensor Parameter(double value) => Tensor.Full([channels], value, "C");
        return new(Parameter(0), Parameter(0.1), Parameter(1), Parameter(0.5));
    }

    public override Tensor Predict(Tensor x) =>
        Tensor.Where(x < TLeft, TLeft + ALeft * (x - TLeft),
        Tensor.Where(x > TRight, TRight + ARight * (x - TRight), x));
}

/// <summary>The sum of two inputs, each with a learnable weight.</summary>
public sealed record WeightedAddition(Tensor First, Tensor Second) : MultiLayer, IAcceleratable
{
    public override IReadOnlyList<string> Inputs => ["first", "second"];

    public override IReadOnlyList<Tensor> Predict(IReadOnlyList<Tensor> inputs) => [First * inputs[0] + Second * inputs[1]];
}

/// <summary>Takes off a mean: that of the batch in training, a running one afterwards.</summary>
public sealed record Centred(Tensor Scale, [State] Tensor Mean) : StatefulLayer<Centred>, IAcceleratable
{
    public override (Tensor, Centred) Predict(Tensor x) => (Scale * (x - Mean), this);

    public override (Tensor, Centred) Forward(Tensor x)
    {
        Tensor mean = x.Mean(0);
        return (Scale * (x - mean), this with { Mean = 0.9 * Mean + 0.1 * mean });
    }
}

/// <summary>Remembers its last output: learnable and stateful at once.</summary>
public sealed record Echo(Tensor Weight, [State] Tensor? Last = null) : StatefulLayer<Echo>, IAcceleratable
{
    public override (Tensor, Echo) Predict(Tensor x)
    {
        Tensor y = Tensor.Tanh(Last is null ? Weight * x : Weight * x + Last);
        return (y, this with { Last = y });
    }

    public override Echo Reset() => this with { Last = null };
}

/// <summary>A block that holds a network.</summary>
public sealed record Residual(Network Body) : StatefulLayer<Residual>, IAcceleratable
{
    public override (Tensor, Residual) Predict(Tensor x)
    {
        var (y, body) = Body.PredictWithState(x);
        return (x + y, new(body));
    }

    public override (Tensor, Residual) Forward(Tensor x)
    {
        var (y, body) = Body.ForwardWithState(x);
        return (x + y, new(body));
    }

    public override Residual Initialize(Layout input) => new(Body.Initialize(input));

    public override Residual Reset() => new(Body.Reset());
}

/// <summary>Looks values up in the host language at each call: it does not declare itself acceleratable.</summary>
public sealed record Table(int Scale) : Layer
{
    public override Tensor Predict(Tensor x) => Scale * x;
}
