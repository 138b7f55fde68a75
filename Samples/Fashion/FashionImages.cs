using Functional;

namespace Fashion;

/// <summary>Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): grey images of 28 by 28 points, in ten classes of clothing.</summary>
public static class FashionImages
{
    /// <summary>Where Debian's package dataset-fashion-mnist puts it.</summary>
    public const string Installed = "/usr/share/datasets/fashion-mnist";

    private const double Brightest = 255;

    public static bool AreIn(string directory) => File.Exists(Path.Combine(directory, "train-images-idx3-ubyte.gz"));

    /// <summary>Images "BCSS" with points between 0 and 1, and their classes "B".</summary>
    public static (Tensor Images, Tensor Classes) Read(string directory, string name)
    {
        Tensor File(string kind) => IdxFile.Read(Path.Combine(directory, $"{name}-{kind}-ubyte.gz"));
        Tensor images = File("images-idx3"), classes = File("labels-idx1");
        return (
            (images.Cast(DType.Float32) / Brightest).Reshape(images.Shape[0], 1, 28, 28).WithFormat("BCSS"),
            classes.WithFormat("B"));
    }
}
