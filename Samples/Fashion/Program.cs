// Trains a small convolutional network with two layers of its own on Fashion-MNIST.
using Fashion;
using Functional;
using Layout = Functional.Layout;

const double RequiredAccuracy = 0.9;

string directory = args is [var given, ..] ? given : FashionImages.Installed;
if (!FashionImages.AreIn(directory))
{
    Console.WriteLine(
        $"There is no Fashion-MNIST in {directory}. Install Debian's package dataset-fashion-mnist, or name a directory that "
        + "holds train-images-idx3-ubyte.gz and the other three files.");
    return 2;
}

var training = FashionImages.Read(directory, "train");
var test = FashionImages.Read(directory, "t10k");
int epochs = args is [_, var count] ? int.Parse(count) : 3;

Network network = Network.Sequential(
        Convolution.Create(12, [3], padding: Padding.Same, weights: Initialiser.HeNormal),
        MaxPool.Create([2]),
        new BatchNorm(),
        SReLU.Create(12),
        Convolution.Create(24, [3], padding: Padding.Same, weights: Initialiser.HeNormal),
        MaxPool.Create([2]),
        new BatchNorm(),
        SReLU.Create(24),
        Residual.Create(Convolution.Create(24, [3], padding: Padding.Same), new BatchNorm(), SReLU.Create(24)),
        new Flatten(),
        new Dropout(0.3),
        new Dense(64),
        new Relu(),
        new Dense(10))
    .Initialize(Layout.Of("BCSS", null, 1, 28, 28), seed: 1);

var objective = Objective.Supervised((y, t) => Loss.CrossEntropyOfLogits(y, t), ("accuracy", Metric.Accuracy));
var batches = Data.Batches(training, size: 100, seed: 2);
long steps = epochs * (Data.Count(training) / 100);

var checkpoints = new FileCheckpoints("fashion.safetensors");
if (File.Exists(checkpoints.Path))
{
    Console.WriteLine($"Going on from {Path.GetFullPath(checkpoints.Path)}; remove it to begin anew.");
}

var fitted = TrainingView.Show(view => Train.Fit(network, objective, Optimiser.Adam<Network>(0.003), batches, new()
{
    Epochs = epochs,
    Seed = 3,
    Validation = Data.Batches(test, size: 500),
    Checkpoints = checkpoints,
    CheckpointEvery = 200,
    Schedule = Schedule.Cosine(0.003, 0, steps),
    MeasuresAcceleration = true,
    Progress = view,
}));

EpochRecord last = fitted.History[^1];
Console.WriteLine(fitted.Cache);
Console.WriteLine($"test accuracy {last.Metrics["accuracy"]:P2}");
TrainingPlot.Save(fitted.History, "fashion.svg");
Console.WriteLine($"The network is kept in {Path.GetFullPath(checkpoints.Path)}.");
Console.WriteLine($"The losses are plotted in {Path.GetFullPath("fashion.svg")}.");
return last.Metrics["accuracy"] >= RequiredAccuracy ? 0 : 1;
