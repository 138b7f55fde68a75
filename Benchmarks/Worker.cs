using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Functional.Benchmarks.Cases;
using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Measuring;
using Functional.Benchmarks.Peers;

namespace Functional.Benchmarks;

/// <summary>
/// The process that measures, one for each number of threads. Allocator and runtime read their settings when a process
/// starts, so this program starts itself anew with those that are fair.
/// </summary>
internal static class Worker
{
    private const string ThreadsVariable = "FUNCTIONAL_BENCHMARK_THREADS";

    /// <summary>The number of threads that this process measures with; null where it only starts others.</summary>
    public static int? Threads =>
        int.TryParse(Environment.GetEnvironmentVariable(ThreadsVariable), CultureInfo.InvariantCulture, out int threads)
            ? threads
            : null;

    /// <summary>Runs a worker to its end; what it has measured, or null where it has failed and said so.</summary>
    public static Results? Start(Options options, int threads)
    {
        string report = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = new(Environment.ProcessPath!, Arguments(options, report));
            foreach (var (name, value) in Settings(threads)) start.Environment[name] = value;

            using Process worker = Process.Start(start)!;
            worker.WaitForExit();
            return worker.ExitCode == 0 ? Results.FromJson(File.ReadAllText(report)) : null;
        }
        finally
        {
            File.Delete(report);
        }
    }

    /// <summary>Measures, prints a line for each comparison, and leaves all of them in the file that `--json` names.</summary>
    public static int Measure(Options options, int threads)
    {
        Machine machine = ThisMachine();
        if (options.Peers.Contains("torch")) Torch.Start(threads);

        List<Comparison> comparisons = [];
        foreach (Case found in Suite.Selected(options, threads))
        {
            foreach (Comparison comparison in found.Measure(threads, [.. options.Peers]))
            {
                Console.WriteLine(comparison.Line);
                comparisons.Add(comparison);
            }
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Results results = new(machine, comparisons);
        if (options.Json is string path) File.WriteAllText(path, results.ToJson());
        return 0;
    }

    private static IEnumerable<string> Arguments(Options options, string report) =>
        [.. options.Cases, "--peers", string.Join(',', options.Peers), "--json", report];

    /// <summary>
    /// glibc gives every large block of libtorch's back to the system at once, unless told to keep it; the page faults then
    /// cost more than the work. The number of processors is what .NET, OpenMP and MKL go by where they are not told; with one
    /// processor .NET would wait ten times as long before it compiles a hot method anew.
    /// </summary>
    private static (string Name, string Value)[] Settings(int threads) =>
    [
        (ThreadsVariable, $"{threads}"),
        ("DOTNET_PROCESSOR_COUNT", $"{threads}"),
        ("DOTNET_TC_DelaySingleProcMultiplier", "1"),
        ("OMP_NUM_THREADS", $"{threads}"),
        ("MKL_NUM_THREADS", $"{threads}"),
        ("MALLOC_MMAP_MAX_", "0"),
        ("MALLOC_TRIM_THRESHOLD_", $"{8L << 30}"),
        ("MALLOC_TOP_PAD_", $"{256L << 20}"),
    ];

    private static Machine ThisMachine() => new()
    {
        Processor = Processor(),
        Cores = File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor")),
        VectorBits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128,
        OperatingSystem = RuntimeInformation.OSDescription,
        Runtime = RuntimeInformation.FrameworkDescription,
        Peers = [Torch.Version, OnnxRuntime.Version],
        LoadBefore = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
    };

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name"))?.Split(':')[1].Trim() ?? "unknown";
}
