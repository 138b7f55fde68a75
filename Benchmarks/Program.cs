// dotnet fsi build.fsx bench: the cases of the table of goals, ours against the peers, in one process per number of threads.
using Functional.Benchmarks;
using Functional.Benchmarks.Cases;
using Functional.Benchmarks.Figures;
using Functional.Benchmarks.Report;

Options options;
try
{
    options = Options.Parse(args);
    Suite.Check(options);
}
catch (ArgumentException refused)
{
    Console.Error.WriteLine($"{refused.Message}\n\n{Options.Usage}");
    return 2;
}

if (options.List) return List(options);
return Worker.Threads is int threads ? Worker.Measure(options, threads) : Run(options);

static int List(Options options)
{
    Console.WriteLine(Options.Usage + "\n");
    foreach (var found in Suite.Selected(options, threads: 1))
        Console.WriteLine($"{found.Name,-24} {found.Family}");
    return 0;
}

static int Run(Options options)
{
    Results? results = null;
    foreach (int threads in options.Threads)
    {
        if (Worker.Start(options, threads) is not Results measured) return 1;
        results = results?.Followed(measured) ?? measured;
    }

    foreach (string line in results!.Summary()) Console.WriteLine(line);
    if (options.Json is string json) File.WriteAllText(json, results.ToJson());
    if (options.Page is string page) PerformancePage.Write(results, page);
    return results.Disagreeing.Any() ? 1 : 0;
}
