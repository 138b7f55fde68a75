namespace Functional

open System
open System.Collections.Generic
open System.Diagnostics
open System.Diagnostics.Metrics
open System.Runtime.CompilerServices

/// What a function keeps, for the gauges.
type internal IOccupancy =
    abstract Name: string
    abstract Entries: int
    abstract Bytes: int64

/// The meter and the activity source named Functional.
[<AbstractClass; Sealed>]
type internal Instruments private () =
    static let meter = new Meter("Functional")
    static let functions = ConditionalWeakTable<IOccupancy, obj>()

    static let tag name = KeyValuePair<string, objnull>("function", name)

    static let observe (value: IOccupancy -> 'T) () =
        [| for entry in functions -> Measurement<'T>(value entry.Key, tag entry.Key.Name) |] :> seq<_>

    static let hits = meter.CreateCounter<int64>("functional.hits", "{call}", "Calls answered by a trace")
    static let misses = meter.CreateCounter<int64>("functional.misses", "{call}", "Calls without a trace, by reason")
    static let evictions =
        meter.CreateCounter<int64>("functional.evictions", "{signature}", "Signatures dropped for others")
    static let traces = meter.CreateHistogram<float>("functional.trace.duration", "s", "Time to make a trace")
    static let compilations =
        meter.CreateHistogram<float>("functional.compile.duration", "s", "Time to make a trace ready to run")

    static do
        meter.CreateObservableUpDownCounter<int>(
            "functional.entries",
            Func<_>(observe _.Entries),
            "{signature}",
            "Signatures kept"
        )
        |> ignore

        meter.CreateObservableUpDownCounter<int64>(
            "functional.bytes",
            Func<_>(observe _.Bytes),
            "By",
            "Memory held by traces, estimated"
        )
        |> ignore

    static member val Activities = new ActivitySource("Functional")

    /// From here on the function's occupancy is published, as long as it lives.
    static member Publish(f: IOccupancy) = functions.AddOrUpdate(f, f.Name)

    static member Hit(name: string) = if hits.Enabled then hits.Add(1L, tag name)

    static member Miss(name: string, reason: string) =
        if misses.Enabled then misses.Add(1L, tag name, KeyValuePair<string, objnull>("reason", reason))

    static member Evicted(name: string, count: int) =
        if count > 0 && evictions.Enabled then evictions.Add(int64 count, tag name)

    static member private Timed(activity: string, histogram: Histogram<float>, name: string, body: unit -> 'R) : 'R =
        use span = Instruments.Activities.StartActivity(activity: string)

        match span with
        | null -> ()
        | span -> span.SetTag("function", name) |> ignore

        if histogram.Enabled then
            let start = Stopwatch.GetTimestamp()
            let result = body ()
            histogram.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, tag name)
            result
        else
            body ()

    /// Runs what makes a trace.
    static member Trace(name, body) = Instruments.Timed("trace", traces, name, body)
    /// Runs what makes a trace ready to run.
    static member Compile(name, body) = Instruments.Timed("compile", compilations, name, body)
