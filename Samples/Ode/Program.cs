// Finds stiffness, damping and start of a pendulum from noisy angles, through a solver of differential equations: with both
// modes of its gradient, directly and accelerated. The plot goes to the path given.
using Functional;
using Pendulums;
using Spectre.Console;

const double Noise = 0.05, Tolerance = 0.05;
string path = args.Length > 0 ? args[0] : Path.Combine("artifacts", "ode.svg");

Pendulum truth = Pendulum.Of(stiffness: 9.81, damping: 0.4, angle: 1.2), guess = Pendulum.Of(7, 0.1, 1);
Tensor times = Tensor.Linspace(0, 5, 51, DType.Float64);
Generator.Current = new Generator(1);
Tensor exact = truth.Swing(times, GradientMode.Direct);
Tensor observed = exact + Noise * Tensor.RandomNormalLike(exact);

Table table = new Table()
    .AddColumns("gradient", "parameters", "loss", "directly", "accelerated", "ratio", "same bits")
    .AddRow("truth", $"{truth}", "", "", "", "", "")
    .AddRow("first guess", $"{guess}", "", "", "", "", "");
List<Fit> fits = [];
bool sameBits = true;

foreach (GradientMode mode in Enum.GetValues<GradientMode>())
{
    Fit direct = Fit.To(times, observed, guess, mode, isAccelerated: false);
    Fit fit = Fit.To(times, observed, guess, mode, isAccelerated: true);
    bool same = Structure.HasSameBits(direct.Losses.ToArray(), fit.Losses.ToArray());
    table.AddRow(
        $"{mode}",
        $"{fit.Found}",
        $"{(double)fit.Losses[0]:F4} to {(double)fit.Losses[^1]:F4}",
        $"{direct.Time.TotalSeconds:F2} s",
        $"{fit.Time.TotalSeconds:F2} s",
        $"{direct.Time / fit.Time:F1}",
        same ? "yes" : "NO");
    fits.Add(fit);
    sameBits &= same;
}

AnsiConsole.Write(table);

// Colours that the colour-blind can tell apart (Okabe and Ito, 2008).
Plot plot = new(last: 5, largest: 1.5);
plot.AddPoints("observed", "#999999", Points(times.Slice(1..), observed));
plot.AddCurve("first guess", "#E69F00", Swing(guess));
plot.AddCurve("truth", "#000000", Swing(truth));
plot.AddCurve("found", "#0072B2", Swing(fits[0].Found));
plot.Save(path, "time in s", "angle in rad");
Console.WriteLine($"Parameters: stiffness, damping, angle at the start. Plot: {path}");

IEnumerable<(double, double)> Points(Tensor x, Tensor y) => x.ToArray<double>().Zip(y.ToArray<double>());

IEnumerable<(double, double)> Swing(Pendulum pendulum)
{
    Tensor fine = Tensor.Linspace(0, 5, 501, DType.Float64);
    return Points(fine.Slice(1..), pendulum.Swing(fine, GradientMode.Direct));
}

bool Near(Tensor found, Tensor due) => Math.Abs((double)found / (double)due - 1) < Tolerance;
bool Recovers(Pendulum found) => Near(found.Stiffness, truth.Stiffness) && Near(found.Angle, truth.Angle)
    && Math.Abs((double)found.Damping - (double)truth.Damping) < Tolerance;
return sameBits && fits.All(fit => Recovers(fit.Found)) ? 0 : 1;
