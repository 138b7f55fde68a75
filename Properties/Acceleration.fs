namespace Functional.Properties

open Functional
open Functional.FSharp

/// Accelerated and direct calls are the same calls.
[<RequireQualifiedAccess>]
module internal Acceleration =
    /// The calls in turn, direct and accelerated, each sequence with its own draws from the seed on. Every value is
    /// used twice, so that first calls and replays are compared for each.
    let equalsDirect (f: 'T -> 'R) (values: 'T list) seed =
        let calls = values @ values

        let run (f: 'T -> 'R) = Functions.seeded seed (fun () -> [ for x in calls -> Compare.attempt (fun () -> f x) ])

        let accelerated = AcceleratedFunction<'T, 'R>(f, AccelerateOptions.Default)

        List.zip (run f) (run accelerated.Invoke)
        |> List.indexed
        |> List.tryPick (fun (call, (direct, fast)) ->
            Compare.outcomes direct fast |> Option.map (fun problem -> call, problem))
        |> function
            | None -> Verdict.Holds
            | Some(call, problem) -> Verdict.Fails $"call {call}, direct and accelerated: {problem}"

    /// A trace for each signature, and none for a new value.
    let tracesAreSignatures (f: 'T -> 'R) (values: 'T list) distinct =
        let accelerated =
            AcceleratedFunction<'T, 'R>(
                f,
                { AccelerateOptions.Default with CacheSize = distinct + 1; Governed = false }
            )
        for x in values @ values do
            accelerated.Invoke x |> ignore

        if accelerated.TracesMade = int64 distinct && accelerated.Count = distinct then
            Verdict.Holds
        else
            Verdict.Fails
                $"{distinct} signatures made {accelerated.TracesMade} traces, and {accelerated.Count} entries of the cache"
