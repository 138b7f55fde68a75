using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Functional.Benchmarks.Measuring;

/// <summary>
/// The time that a sample takes, and whether something disturbed it. With one thread this is the processor time of the thread
/// (clock_gettime, CLOCK_THREAD_CPUTIME_ID), so that other programs on the machine count little; with several it is time on
/// the wall.
/// </summary>
internal sealed partial class Clock
{
    private const int Monotonic = 1, ProcessTime = 2, ThreadTime = 3;
    private const int OfProcess = 0, OfThread = 1;

    private readonly int _clock, _usage;

    private Clock(int clock, int usage) => (_clock, _usage) = (clock, usage);

    /// <summary>For what runs on the calling thread alone.</summary>
    public static Clock OneThread { get; } = new(ThreadTime, OfThread);

    /// <summary>For what keeps several threads busy at once.</summary>
    public static Clock Wall { get; } = new(Monotonic, OfProcess);

    /// <summary>The processor time of all threads: for what may leave work to others, such as a compiler.</summary>
    public static Clock AllThreads { get; } = new(ProcessTime, OfProcess);

    public static Clock For(int threads) => threads == 1 ? OneThread : Wall;

    /// <summary>Nanoseconds since some moment.</summary>
    public long Now => Read(_clock);

    /// <summary>How often what the clock measures was made to wait for the processor.</summary>
    public long Preemptions
    {
        get
        {
            if (GetUsage(_usage, out Usage usage) != 0) throw new UnreachableException("getrusage failed");
            return usage.InvoluntarySwitches;
        }
    }

    /// <summary>The processor time of the whole process, in nanoseconds.</summary>
    public static long Process => Read(ProcessTime);

    private static long Read(int clock)
    {
        if (GetTime(clock, out Moment moment) != 0) throw new UnreachableException("clock_gettime failed");
        return moment.Seconds * 1_000_000_000 + moment.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Moment moment);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, out Usage usage);

    /// <summary>struct timespec.</summary>
    private struct Moment
    {
        public long Seconds, Nanoseconds;
    }

    /// <summary>struct rusage: two times of two longs, then fourteen counters, of which the last is ru_nivcsw.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 18 * sizeof(long))]
    private struct Usage
    {
        [FieldOffset(17 * sizeof(long))]
        public long InvoluntarySwitches;
    }
}
