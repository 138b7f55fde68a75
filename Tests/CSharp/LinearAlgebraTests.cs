using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Linear algebra as a C# user writes it.</summary>
public class LinearAlgebraTests
{
    private static readonly Tensor A = Tensor.Create([4.0, 2, 2, 3], [2, 2]);

    private static void Near(double[] expected, Tensor actual)
    {
        double[] elements = actual.ToArray<double>();
        Assert.Equal(expected.Length, elements.Length);
        // Some roundings of numbers of size 1 to 10.
        for (int k = 0; k < expected.Length; k++) Assert.Equal(expected[k], elements[k], 1e-12);
    }

    [Fact]
    public void Solves()
    {
        Near([1, 2], LinearAlgebra.Solve(A, Tensor.Create([8.0, 8], [2])));
        Near([2, 2], LinearAlgebra.SolveTriangular(A, Tensor.Create([8.0, 10], [2])));
        Near([0.375, -0.25, -0.25, 0.5], LinearAlgebra.Inverse(A));
        Near([8], LinearAlgebra.Det(A));
        var (sign, logAbs) = LinearAlgebra.SlogDet(A);
        Near([1, Math.Log(8)], Tensor.Stack([sign, logAbs], 0));
        Near([1, 2], LinearAlgebra.Lstsq(A, Tensor.Create([8.0, 8], [2])));
    }

    [Fact]
    public void Factors()
    {
        Tensor l = LinearAlgebra.Cholesky(A);
        Near(A.ToArray<double>(), Tensor.MatMul(l, l.Transpose()));
        var (q, r) = LinearAlgebra.Qr(A);
        Near(A.ToArray<double>(), Tensor.MatMul(q, r));
        var (u, s, vt) = LinearAlgebra.Svd(A);
        Near(A.ToArray<double>(), Tensor.MatMul(Tensor.MatMul(u, LinearAlgebra.DiagonalMatrix(s)), vt));
        var (values, vectors) = LinearAlgebra.Eigh(A);
        Near(Tensor.MatMul(A, vectors).ToArray<double>(), vectors * values);
        Near(LinearAlgebra.Inverse(A).ToArray<double>(), LinearAlgebra.Pinv(A));
    }

    [Fact]
    public void Computes()
    {
        Near([1, 0, 0, 1], LinearAlgebra.MatrixExp(A * 0.0));
        Near([20, 14, 14, 13], LinearAlgebra.MatrixPower(A, 2));
        Near([20, 14, 14, 13], LinearAlgebra.Gram(A));
        Near([2], LinearAlgebra.Diagonal(A, 1));
        Near([7], LinearAlgebra.Trace(A));
        Near([0, 0, 1], LinearAlgebra.Cross(Tensor.Create([1.0, 0, 0], [3]), Tensor.Create([0.0, 1, 0], [3])));
        Near([2, 4], LinearAlgebra.Kron(Tensor.Create([1.0, 2], [1, 2]), Tensor.Create([2.0], [1, 1])));
        Near([Math.Sqrt(33)], LinearAlgebra.MatrixNorm(A));
        Near([6], LinearAlgebra.MatrixNorm(A, MatrixNorm.One));
    }

    [Fact]
    public void DifferentiatesAndAccelerates()
    {
        Near([0.375, -0.25, -0.25, 0.5], Gradient.Of((Tensor a) => LinearAlgebra.SlogDet(a).LogAbs, A));
        var fast = Accelerate.Function((Tensor a) => LinearAlgebra.Solve(a, LinearAlgebra.Gram(a)));
        for (int k = 0; k < 3; k++)
            Assert.Equal(LinearAlgebra.Solve(A, LinearAlgebra.Gram(A)).ToArray<double>(), fast.Invoke(A).ToArray<double>());
    }

    [Fact]
    public void RefusesSingularMatrices()
    {
        var error = Assert.Throws<LinearAlgebraException>(() => LinearAlgebra.Inverse(Tensor.Create([1.0, 2, 2, 4], [2, 2])));
        Assert.Contains("singular", error.Message);
    }
}
