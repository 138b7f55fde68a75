using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>The functions of tensors, written as a C# user writes them.</summary>
public class TensorFunctionTests
{
    private static readonly Tensor X = Tensor.Create([1f, 2f, 3f, 4f, 5f, 6f], [2, 3], "BC");

    [Fact]
    public void ReducesByNumberAndLabel()
    {
        Assert.Equal([6f, 15f], X.Sum(1).ToArray<float>());
        Assert.Equal([6f, 15f], X.Sum("C").ToArray<float>());
        Assert.Equal([5f, 7f, 9f], X.Sum(-2).ToArray<float>());
        Assert.Equal(21f, (float)X.Sum());
        Assert.Equal(3.5f, (float)X.Mean());
        Assert.Equal(6f, (float)X.Max(0, 1));
    }

    [Fact]
    public void KeepsDimensions()
    {
        Assert.Equal([2, 1], X.Sum("C", keep: true).Shape);
        Assert.Equal([1, 3], X.Mean([0], keep: true).Shape);
        Assert.Equal([-1f, 0f, 1f, -1f, 0f, 1f], (X - X.Mean("C", keep: true)).ToArray<float>());
    }

    [Fact]
    public void TakesTheCorrectionOfAVariance()
    {
        Tensor x = Tensor.Create([1.0, 3.0], [2]);
        Assert.Equal(1.0, (double)x.Variance(0));
        Assert.Equal(2.0, (double)x.Variance(1));
        Assert.Equal(2.0, (double)x.Variance(correction: 1, [0], keep: false));
        Assert.Equal(1.0, (double)x.StandardDeviation(0));
    }

    [Fact]
    public void ChoosesByCondition()
    {
        Assert.Equal([0f, 0f, 3f, 4f, 5f, 6f], Tensor.Where(X < 3, 0, X).ToArray<float>());
        Assert.Equal([2f, 2f, 3f, 4f, 4f, 4f], Tensor.Clamp(X, 2, 4).ToArray<float>());
        Assert.True((bool)Tensor.NotEqual(X, 7).All());
        Assert.False((bool)Tensor.Equal(X, 7).Any());
        Assert.Equal([3f, 3f, 3f, 4f, 5f, 6f], Tensor.Max(X, 3).ToArray<float>());
    }

    [Fact]
    public void MultipliesMatrices()
    {
        Tensor w = Tensor.Ones([3, 2]);
        Assert.Equal([6f, 6f, 15f, 15f], Tensor.MatMul(X, w).ToArray<float>());
        Assert.Equal([14f, 32f, 32f, 77f], Tensor.Einsum("ij,kj->ik", X.StripDimensions(), X.StripDimensions()).ToArray<float>());
        Assert.Equal([14f, 77f], Tensor.Contract("C", X, X).ToArray<float>());
    }

    [Fact]
    public void Creates()
    {
        Assert.Equal("BC", Tensor.Zeros([2, 3], "BC").Format.Labels);
        Assert.Equal(DType.Int64, Tensor.Ones([1], dtype: DType.Int64).DType);
        Assert.Equal([2, 2], Tensor.Create(new[,] { { 1, 2 }, { 3, 4 } }).Shape);
        Assert.Equal([0f, 2f, 4f], Tensor.Range(0, 6, 2).ToArray<float>());
        Assert.Equal([1f, 0f, 0f, 1f], Tensor.Eye(2).ToArray<float>());
        Assert.Equal([1], X.FindDimensions('C'));
        Assert.Equal("BT", X.WithFormat("BT").Format.Labels);
        Assert.Equal([1, 2, 3, 4, 5, 6], X.Cast(DType.Int32).ToArray<int>());
    }

    [Fact]
    public void DrawsLikeATracedTensorAnewAndPlainlyOnce()
    {
        Tensor zeros = Tensor.Zeros([4]);
        var like = Accelerate.Function((Tensor x) => x + Tensor.RandomNormalLike(x));
        var plain = Accelerate.Function((Tensor x) => x + Tensor.Random([4]));
        Assert.NotEqual(like.Invoke(zeros).ToArray<float>(), like.Invoke(zeros).ToArray<float>());
        Assert.Equal(plain.Invoke(zeros).ToArray<float>(), plain.Invoke(zeros).ToArray<float>());
        Assert.Equal([2, 2], Tensor.RandomLike(zeros, [2, 2]).Shape);
        Assert.Equal(DType.Bool, Tensor.RandomBernoulliLike(0.5, zeros).DType);
    }

    [Fact]
    public void NamesWhatIsWrong()
    {
        Assert.Throws<ShapeException>(() => Tensor.Create([1f], [2]));
        Assert.Throws<DimensionException>(() => X.Sum("T"));
        Assert.Throws<DTypeException>(() => X.ToArray<double>());
        Assert.Throws<TensorFormatException>(() => X.WithFormat("B"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.RandomBernoulli(2, [1]));
    }

    [Fact]
    public void OrderAndScansTakeALabel()
    {
        var x = Tensor.Create([3f, 1, 2, 6, 5, 4], [2, 3], "BC");

        Assert.Equal(x.Sort(1).Values.ToArray<float>(), x.Sort('C').Values.ToArray<float>());
        Assert.Equal(x.ArgSort(1).ToArray<long>(), x.ArgSort('C').ToArray<long>());
        Assert.Equal(x.TopK(2, 1).Indices.ToArray<long>(), x.TopK(2, 'C').Indices.ToArray<long>());
        Assert.Equal(x.CumSum(0).ToArray<float>(), x.CumSum('B').ToArray<float>());
        Assert.Equal(x.CumProd(1, reverse: true).ToArray<float>(), x.CumProd('C', reverse: true).ToArray<float>());
        Assert.Throws<DimensionException>(() => x.CumSum('T'));
    }
}
