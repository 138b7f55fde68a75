using System.Diagnostics;
using System.Diagnostics.Metrics;
using Xunit;
using static Functional.CSharp.Tests.Tensors;

namespace Functional.CSharp.Tests;

/// <summary>What a monitoring system sees: the meter and the activity source named Functional.</summary>
public class MetricsTests
{
    private readonly string _function = $"metered {Guid.NewGuid()}";
    private readonly SortedDictionary<string, double> _measured = new(StringComparer.Ordinal);

    [Fact]
    public void CountsCallsAndTimesTraces()
    {
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Functional")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument, 1, tags));
        listener.Start();

        var f = Accelerate.Function((Tensor x) => x + 1, new() { Name = _function, CacheSize = 2 });
        CallWithThreeSignatures(f);
        listener.RecordObservableInstruments();

        Assert.Equal(
            new SortedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["functional.bytes"] = f.Bytes,
                ["functional.compile.duration"] = 2,
                ["functional.entries"] = 2,
                ["functional.evictions"] = 1,
                ["functional.hits"] = 2,
                ["functional.misses never_seen"] = 1,
                ["functional.misses shape"] = 2,
                ["functional.trace.duration"] = 3,
            },
            _measured);
    }

    [Fact]
    public void TracesAndCompilationsAreActivities()
    {
        List<string> activities = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "Functional",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (_function.Equals(activity.GetTagItem("function")))
                    activities.Add(activity.OperationName);
            },
        };
        ActivitySource.AddActivityListener(listener);

        CallWithThreeSignatures(Accelerate.Function((Tensor x) => x + 1, new() { Name = _function }));

        Assert.Equal(["trace", "compile", "trace", "trace", "compile"], activities);
    }

    private static void CallWithThreeSignatures(AcceleratedFunction<Tensor, Tensor> f)
    {
        f.Invoke(F64(1));
        f.Invoke(F64(1));
        f.Invoke(F64(1, 2));
        f.Invoke(F64(1, 2, 3));
        f.Invoke(F64(1, 2, 3));
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string key = instrument.Name;
        bool isOurs = false;
        foreach (var (name, tag) in tags)
        {
            isOurs |= name == "function" && _function.Equals(tag);
            key += name == "reason" ? $" {tag}" : "";
        }
        if (isOurs)
            _measured[key] = _measured.GetValueOrDefault(key) + value;
    }
}
