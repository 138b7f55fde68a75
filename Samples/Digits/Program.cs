// Trains a classifier of handwritten digits twice with the same seeds: directly, then with the whole step accelerated.
using Digits;
using Functional;
using Spectre.Console;
using Layout = Functional.Layout;

const double RequiredAccuracy = 0.96;

string path = Path.Combine(AppContext.BaseDirectory, "data", "digits.csv.gz");
var (training, test) = Dataset.Read(path, testShare: 0.2, seed: 1);
Trainer trainer = new(training, Epochs: 60, BatchSize: 64, LearningRate: 0.003, Seed: 2);

Network network = Network.Sequential(new Noise(0.1), new Dense(64), SReLU.Create(64), new Dense(10), new Softmax())
    .Initialize(Layout.Of("BC", null, 64), seed: 3);

var accelerated = Accelerate.Function<Network, AdamState<Network>, Tensor, Tensor, (Tensor, Network, AdamState<Network>)>(
    Trainer.Step);

var (direct, replayed) = AnsiConsole.Progress().Start(progress =>
{
    Run Train(string name, TrainingStep step)
    {
        ProgressTask task = progress.AddTask(name, maxValue: trainer.Steps);
        return trainer.Train(network, step, () => task.Increment(1));
    }

    return (Train("directly", Trainer.Step), Train("accelerated", accelerated.Invoke));
});

bool sameLosses = direct.HasSameLosses(replayed);
double accuracy = Accuracy(replayed.Network, test);

AnsiConsole.Write(new Table().HideHeaders().AddColumns("", "")
    .AddRow("training, test images", $"{training.Count}, {test.Count}")
    .AddRow("loss, first to last step", $"{replayed.Losses[0]:F4} to {replayed.Losses[^1]:F4}")
    .AddRow("loss curves equal bit for bit", sameLosses ? "yes" : "NO")
    .AddRow("test accuracy", $"{accuracy:P2}")
    .AddRow("median time of a step, directly", $"{direct.MedianTime.TotalMilliseconds:F3} ms")
    .AddRow("median time of a step, accelerated", $"{replayed.MedianTime.TotalMilliseconds:F3} ms")
    .AddRow("ratio", $"{direct.MedianTime / replayed.MedianTime:F2}")
    .AddRow("traces made", $"{accelerated.TracesMade}")
    .AddRow("hit rate", $"{accelerated.HitRate:F2} %"));

foreach (Miss miss in accelerated.Explain().RecentMisses)
    Console.WriteLine(miss);

return sameLosses && accuracy >= RequiredAccuracy ? 0 : 1;

static double Accuracy(Network network, Dataset test)
{
    var (images, digits) = test.All();
    long[] guesses = network.Predict(images).ArgMax('C').ToArray<long>();
    return guesses.Zip(digits.ToArray<int>()).Average(pair => pair.First == pair.Second ? 1.0 : 0.0);
}
