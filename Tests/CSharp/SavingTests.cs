using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Files of tensors as a consumer writes and reads them.</summary>
public sealed class SavingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("functional");

    private string File => Path.Combine(_folder.FullName, "model.safetensors");

    public void Dispose() => _folder.Delete(true);

    private static Network Net(ulong seed) =>
        Network.Sequential(new Dense(3), new BatchNorm(), new Dense(2)).Initialize(Layout.Of("BC", null, 4), seed);

    [Fact]
    public void ANetworkIsSavedAndLoaded()
    {
        Network saved = Net(1);
        Saving.Save(File, saved);
        Network loaded = Saving.Load(File, Net(2));
        Tensor x = Tensor.RandomNormal([5, 4], generator: new Generator(3)).WithFormat("BC");
        Assert.True(Structure.HasSameBits(loaded.Predict(x), saved.Predict(x)));
        Assert.Contains("0.weights", Saving.Names(saved));
    }

    [Fact]
    public void TensorsAndNotesByName()
    {
        Safetensors.Write(
            File,
            [new("a", Tensor.Ones([2, 3]).WithFormat("BC")), new("b", Tensor.Range(0, 4))],
            [new("made by", "a test")]);
        SafetensorsFile file = Safetensors.Read(File);
        Assert.Equal(["a", "b"], file.Names);
        Assert.Equal("BC", file.Tensors["a"].Format.Labels);
        Assert.Equal("a test", file.Metadata["made by"]);
    }

    [Fact]
    public void WhatDiffersIsSaid()
    {
        Saving.Save(File, Net(1));
        Network wider = Network.Sequential(new Dense(4), new BatchNorm(), new Dense(2)).Initialize(Layout.Of("BC", null, 4), 1);
        var error = Assert.Throws<SavedStructureException>(() => Saving.Load(File, wider));
        Assert.Empty(error.Missing);
        Assert.Equal(7, error.Different.Count);
        Assert.Throws<FileNotFoundException>(() => Saving.Load(File + ".not", wider));
        System.IO.File.WriteAllText(File, "{}");
        Assert.Throws<DataFormatException>(() => Safetensors.Read(File));
    }

    /// <summary>Scales by a number that is learned, with a floor that is not.</summary>
    private sealed record Scaled(Tensor Scale, double? Floor, string[] Notes) : Layer, IAcceleratable
    {
        public override Tensor Predict(Tensor x) => Floor is { } floor ? Tensor.Max(Scale * x, floor) : Scale * x;
    }

    [Fact]
    public void ANetworkComesBackWithItsLayers()
    {
        string path = Path.Combine(_folder.FullName, "network.safetensors");
        Network network = Network.Sequential(
            new Scaled(Tensor.Scalar(2f), 0.25, ["as is"]), Lstm.Create(3, RecurrentOutput.Last), new Dense(2))
            .Initialize(Layout.Of("BTC", null, null, 4), seed: 1);
        Tensor x = Tensor.RandomNormal([2, 5, 4], generator: new Generator(2)).WithFormat("BTC");

        Saving.SaveNetwork(path, network);
        Network loaded = Saving.LoadNetwork(path, typeof(Scaled));

        Assert.True(Structure.HasSameBits(network, loaded));
        Assert.True(Structure.HasSameBits(network.Predict(x), loaded.Predict(x)));
        Assert.Equal(["as is"], ((Scaled)loaded.Layers[0]).Notes);
        Assert.Throws<StructureException>(() => Saving.LoadNetwork(path));
    }
}
