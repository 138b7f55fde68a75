using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Data as a consumer reads and batches them.</summary>
public class DataFileTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("data").FullName;

    public void Dispose()
    {
        Directory.Delete(directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void ATableBecomesBatches()
    {
        File.WriteAllText(In("iris.csv"), "length,width,kind\n5.1,3.5,setosa\n7,3.2,versicolor\n4.9,3,setosa\n");
        ColumnTable table = CsvFile.Read(In("iris.csv"));
        var (kinds, classes) = table.Categories("kind");
        var batches = Data.Batches((table.Matrix(DType.Float32, "length", "width"), kinds), size: 2, shuffle: false);

        Assert.Equal(["setosa", "versicolor"], classes);
        Assert.Equal(2, batches.Count);
        var (inputs, targets) = batches.Epoch(0).First();
        Assert.Equal([5.1f, 3.5f, 7f, 3.2f], Tensors.Elements<float>(inputs));
        Assert.Equal([0, 1], Tensors.Elements<int>(targets));
    }

    [Fact]
    public void TensorsGoToFilesAndBack()
    {
        Tensor x = Tensors.F32(1, 2, 3);
        NpyFile.Write(In("x.npy"), x);
        NpzFile.Write(In("xs.npz"), new Dictionary<string, Tensor> { ["x"] = x }, compress: true);
        Assert.True(Structure.HasSameBits(x, NpyFile.Read(In("x.npy"))));
        Assert.True(Structure.HasSameBits(x, NpzFile.Read(In("xs.npz"))["x"]));
        Assert.Equal(2, Directory.GetFiles(directory).Length);
    }

    [Fact]
    public void AnErrorTellsFileAndPlace()
    {
        File.WriteAllText(In("bad.csv"), "a,b\n1,2\n3,x\n");
        var error = Assert.Throws<DataFormatException>(() => CsvFile.Read(In("bad.csv")).Matrix());
        Assert.Equal((In("bad.csv"), "line 3, column \"b\""), (error.Path, error.Place));
        Assert.Contains("DataFileTests.cs", error.CallSite);
    }

    [Fact]
    public void BatchesAreMadeAheadMappedPaddedAndGrouped()
    {
        Tensor x = Tensor.Range(0, 10).WithFormat("B");
        Batches<Tensor> doubled = Data.Batches(x, size: 4, partial: PartialBatch.Drop).Select(batch => batch * 2).Prefetch(2);
        Assert.Equal(2, doubled.Epoch(0).Count());

        MaskedBatch<Tensor> last = Data.PaddedBatches(x, size: 4).Epoch(0).Last();
        Assert.Equal([true, true, false, false], Tensors.Elements<bool>(last.Mask));

        Tensor[] sequences = [Tensors.F32(1), Tensors.F32(1, 2, 3), Tensors.F32(1, 2)];
        SequenceBatch<Tensor> batch = Data.Sequences(
            sequences, Tensors.F32(1, 3, 2), size: 3, padding: Bucketing.Fixed(4), shuffle: false).Epoch(0).Single();
        Assert.Equal([3, 4], batch.Values.Shape);
        Assert.Equal([1f, 3f, 2f], Tensors.Elements<float>(batch.Targets));

        Batches<int> squares = Data.BatchesBy(5, 2, numbers => numbers.Sum(n => n * n), shuffle: false);
        Assert.Equal([1, 13, 16], squares.Epoch(0));
    }

    private string In(string name) => Path.Combine(directory, name);
}
