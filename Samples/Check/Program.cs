using Check;
using Functional;
using Functional.Properties;

Layout features = Layout.Of("BC", null, 3);
Tensor Vector(params float[] values) => Tensor.Create(values, [values.Length], "C");

(ILayer Layer, int Inputs)[] right =
[
    (SReLU.Create(3), 1),
    (new WeightedAddition(Vector(1, 2, 3), Vector(-1, 0, 1)), 2),
    (new Centred(Vector(1, 2, 3), Vector(0, 1, 0)), 1),
    (new Echo(Vector(0.5f, -1, 2)), 1),
    (new Residual(Network.Sequential(new Dense(3), SReLU.Create(3), new Dropout(0.25))), 1),
    (new Table(3), 1),
];

(ILayer Layer, int Inputs)[] broken =
[
    (new WrongType(Vector(1, 2, 3)), 1),
    (new SameNames(), 2),
    (new Unmarked(Vector(0, 1, 0)), 1),
    (new Counting(0), 1),
    (new Noisy(Network.Sequential(new Dense(3))), 1),
    (new WrongSize(), 1),
];

LayerReport Report((ILayer Layer, int Inputs) item)
{
    LayerReport report = CheckLayer.Run(item.Layer, Enumerable.Repeat(features, item.Inputs).ToArray());
    Console.WriteLine($"{report}\n");
    return report;
}

Console.WriteLine("Layers that are right\n");
int wrong = right.Count(item => Report(item).Failed > 0);

Console.WriteLine("Layers that are broken\n");
int missed = broken.Count(item => Report(item) is { Failed: 0, Warnings: 0 });

bool isAsExpected = wrong == 0 && missed == 0;
Console.WriteLine(isAsExpected
    ? $"All as expected: {right.Length} layers passed, and each of {broken.Length} broken ones was found out."
    : $"{wrong} right layers failed, {missed} broken ones passed.");
return isAsExpected ? 0 : 1;
