using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

/// <summary>Parts, arrangement and order of tensors, as C# writes them.</summary>
public class IndexingTests
{
    /// <summary>0 … 11 in three rows.</summary>
    private static readonly Tensor X = F64([.. Enumerable.Range(0, 12)]).Reshape(3, 4);

    private static readonly Tensor Labelled = Tensor.Create([3.0, 1, 2, 0, 5, -1], [2, 3], "BC");

    private static Tensor Positions(params long[] elements) => Tensor.Create(elements);

    [Fact]
    public void SlicesByRangesPositionsAndSteps()
    {
        Assert.Equal([5, 6], Elements<double>(X.Slice(1..^1, 1..3)));
        Assert.Equal([11.0], Elements<double>(X.Slice(^1, -1)));
        Assert.Equal([3, 1, 7, 5, 11, 9], Elements<double>(X.Slice(.., (..).By(-2))));
        Assert.Equal([3], X.Slice(.., 0).Shape);
        Assert.Equal("B", Labelled.SliceDim('C', 1).Format.Labels);
        Assert.Equal([1.0, 5.0], Elements<double>(Labelled.SliceDim('C', 1)));
        var error = Assert.Throws<DimensionException>(() => X.Slice(.., 2..5));
        Assert.Contains("2..5 leaves dimension 1, of size 4", error.Message);
    }

    [Fact]
    public void TakesPartsApartAndPutsThemTogether()
    {
        Assert.Equal(Elements<double>(X), Elements<double>(Tensor.Concat(X.Split(1, 1, 3), 1)));
        Assert.Equal([2, 4], Labelled.Chunk(1, 2)[0].BroadcastTo(2, 2).Tile(1, 2).Shape);
        Assert.Equal([3, 2, 4], Tensor.Stack([X, X], 1).Shape);
        Assert.Equal([4, 3], Tensor.Concat([Labelled, Labelled], 'B').Shape);
        Assert.Equal([3, 2], Labelled.Permute("CB").Shape);
        Assert.Equal([3, 2], Labelled.Permute(1, 0).Shape);
        Assert.Equal([3, 2], Labelled.Transpose().Shape);
        Assert.Equal([2, 3], Labelled.ExpandDims(-1).ExpandDims(0).Squeeze().Shape);
    }

    [Fact]
    public void PicksByPositionsAndMasks()
    {
        Assert.Equal([2.0, 3.0, -1.0, 0.0], Elements<double>(Labelled.Gather('C', Positions(2, 0))));
        Assert.Equal([0.0, 2.0], Elements<double>(F64(0, 0).ScatterAdd(0, Positions(1, 1), F64(1, 1))));
        Assert.Equal([10.0, 11.0], Elements<double>(X.Masked(X > 9)));
        Assert.Equal([0.0, 7.0], Elements<double>(F64(0, 1).MaskedFill(Bools(false, true), 7)));
        Assert.Equal([0f, 1f, 1f, 0f], Elements<float>(I32(1, 0).OneHot(2)));
        Assert.Equal([0.0, 5.0, 0.0, 0.0], Elements<double>(F64(5).Pad([(1, 2)])));
        Assert.Throws<DimensionException>(() => X.Gather(0, Positions(3)));
        Assert.Throws<DimensionException>(() => X.Gather('C', Positions(0)));
    }

    [Fact]
    public void SortsAndAccumulates()
    {
        var (values, indices) = Labelled.Sort('C', descending: true);
        Assert.Equal([3.0, 2, 1, 5, 0, -1], Elements<double>(values));
        Assert.Equal([0L, 2, 1, 1, 0, 2], Elements<long>(indices));
        Assert.Equal([-1.0, 0.0], Elements<double>(F64(5, -1, 0).TopK(2, greatest: false).Values));
        Assert.Equal([0L, 1L], Elements<long>(Labelled.ArgMax('C')));
        Assert.Equal([3.0, 2.0, 0.0], Elements<double>(F64(5, 1, 2).CumSum(0, exclusive: true, reverse: true)));
        Assert.Equal([0L, 1, 2, 3], Elements<long>(Tensor.Permutation(4)).Order());
    }
}
