using Functional;

namespace Check;

/// <summary>Casts its result: of one type it makes another.</summary>
public sealed record WrongType(Tensor Weight) : Layer, IAcceleratable
{
    public override Tensor Predict(Tensor x) => (Weight * x).Cast(DType.Float32);
}

/// <summary>Names two inputs alike.</summary>
public sealed record SameNames : MultiLayer, IAcceleratable
{
    public override IReadOnlyList<string> Inputs => ["in", "in"];

    public override IReadOnlyList<Tensor> Predict(IReadOnlyList<Tensor> inputs) => [inputs[0] + inputs[1]];
}

/// <summary>Forgets to mark its mean as state.</summary>
public sealed record Unmarked(Tensor Mean) : StatefulLayer<Unmarked>, IAcceleratable
{
    public override (Tensor, Unmarked) Predict(Tensor x) => (x - Mean, this with { Mean = 0.9 * Mean + 0.1 * x.Mean(0) });
}

/// <summary>Keeps its state in a number, which is no tensor: every call is traced anew.</summary>
public sealed record Counting(int Calls) : StatefulLayer<Counting>, IAcceleratable
{
    public override (Tensor, Counting) Predict(Tensor x) => (x * (1d / (1 + Calls)), new(Calls + 1));
}

/// <summary>Draws from the host: a trace would freeze the number.</summary>
public sealed record Noisy(Network Body) : Layer, IAcceleratable
{
    private static readonly Random Host = new(1);

    public override Tensor Predict(Tensor x) => x + Body.Predict(x) * Host.NextDouble();

    public override ILayer Initialize(Layout input) => new Noisy(Body.Initialize(input));
}

/// <summary>Its size differs between prediction and training.</summary>
public sealed record WrongSize : Layer
{
    public override Tensor Predict(Tensor x) => x.Mean(0);

    public override Tensor Forward(Tensor x) => x;
}
