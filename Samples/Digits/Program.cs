// Trains a classifier of handwritten digits twice with the same seeds: directly, then with the whole step accelerated.
using Digits;
using Functional;
using Spectre.Console;
using Layout = Functional.Layout;

const double RequiredAccuracy = 0.96;
const int Pixels = 64;
const double Brightest = 16;

string path = Path.Combine(AppContext.BaseDirectory, "data", "digits.csv.gz");
Tensor rows = CsvFile.Read(path, new() { HasHeader = false }).Matrix();
var digits = (Images: (rows.Slice(.., ..Pixels) / Brightest).WithFormat("BC"), Digits: rows.Slice(.., Pixels).Cast(DType.Int32).WithFormat("B"));
var (training, test) = Data.Split(digits, share: 0.8, seed: 1);
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

bool sameLosses = Structure.HasSameBits(direct.Losses.ToArray(), replayed.Losses.ToArray());
double accuracy = (double)Metric.Accuracy(replayed.Network.Predict(test.Images), test.Digits);

AnsiConsole.Write(new Table().HideHeaders().AddColumns("", "")
    .AddRow("training, test images", $"{Data.Count(training)}, {Data.Count(test)}")
    .AddRow("loss, first to last step", $"{(float)replayed.Losses[0]:F4} to {(float)replayed.Losses[^1]:F4}")
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
