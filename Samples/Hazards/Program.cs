// Walks through the hazards of caching traces: what direct calls give, what a trace gives that is replayed for ever (Freeze),
// what a trace with guards gives (Guard), what is refused (Reject), and what the library says of the cause.
using Functional;
using Hazards;
using Spectre.Console;

bool asExpected = true;

foreach (Hazard hazard in Catalogue.All)
{
    AnsiConsole.Write(new Rule(Markup.Escape(hazard.Title)).LeftJustified());
    Outcome direct = Run(hazard, hazard.Function);
    Table table = new Table().HideHeaders().AddColumns("", "", "").AddRow("direct", Markup.Escape($"{direct}"), "");

    foreach (BranchPolicy policy in Enum.GetValues<BranchPolicy>())
    {
        var f = Accelerate.Function(hazard.Function, new() { Branches = policy, Governed = false });
        Outcome outcome = Run(hazard, f.Invoke);
        bool right = outcome == direct;
        bool expected = outcome.Refusal is not null || right == (policy == BranchPolicy.Freeze ? hazard.Frozen : hazard.Guarded);
        asExpected &= expected;
        string verdict = outcome.Refusal is not null ? "refused" : right ? "right" : "WRONG";
        table.AddRow($"{policy}", Markup.Escape($"{outcome}"), $"{verdict}, {f.Misses} traced{(expected ? "" : ", UNEXPECTED")}");
    }

    AnsiConsole.Write(table);
    Diagnose(hazard);
}

asExpected &= Lengths.Show();
Console.WriteLine(asExpected ? "All as documented." : "NOT as documented.");
return asExpected ? 0 : 1;

static Outcome Run(Hazard hazard, Func<Tensor, Tensor, Tensor> function)
{
    Catalogue.Reset();
    return hazard.Run(function);
}

static void Diagnose(Hazard hazard)
{
    Catalogue.Reset();
    var report = FreezeAudit.Of<(Tensor X, Tensor Tf), Tensor>(
        arguments => hazard.Function(arguments.X, arguments.Tf), hazard.Calls[0], hazard.Between ?? (() => { }));
    Console.WriteLine($"audit: {report}");
    Console.WriteLine();
}
