namespace Functional.Benchmarks.Cases;

/// <summary>A multilayer perceptron of three dense layers, with ReLU between them.</summary>
internal sealed record Perceptron(Tensor W1, Tensor B1, Tensor W2, Tensor B2, Tensor W3, Tensor B3)
{
    /// <summary>Logits.</summary>
    public Tensor Predict(Tensor x) => Dense(Tensor.Relu(Dense(Tensor.Relu(Dense(x, W1, B1)), W2, B2)), W3, B3);

    private static Tensor Dense(Tensor x, Tensor weights, Tensor bias) => Tensor.MatMul(x, weights) + bias;
}
