using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Functional.Benchmarks.Measuring;

namespace Functional.Benchmarks.Peers;

/// <summary>What the processor and its memory can do at best.</summary>
internal static unsafe class Limits
{
    public const string PeakName = "peak", CopyName = "copy";

    private const int Accumulators = 12;

    /// <summary>As many multiply-adds as a case has, in registers: the peak that no matrix product can pass.</summary>
    public static Contender Peak(int threads, double multiplyAdds) => new(
        () => InParallel(threads, _ => MultiplyAdd((long)(multiplyAdds / threads))), null);

    /// <summary>Reads and writes as many elements as a case does, past the caches.</summary>
    public static Contender Copy(int threads, int count)
    {
        nuint bytes = (nuint)count * sizeof(float);
        Pages from = new(bytes), to = new(bytes);
        int part = count / threads;
        return new(
            () => InParallel(threads, k => Copy(from.Floats + k * part, to.Floats + k * part, part)), null);
    }

    private static void InParallel(int threads, Action<int> work)
    {
        if (threads == 1) work(0);
        else Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAdd(long count)
    {
        if (Vector512.IsHardwareAccelerated) MultiplyAdd512(count / (Accumulators * Vector512<float>.Count));
        else MultiplyAdd256(count / (Accumulators * Vector256<float>.Count));
    }

    /// <summary>Enough independent sums to hide the latency of the multiply-add units.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAdd512(long rounds)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(1e-3f);
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (long round = 0; round < rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }
        Keep(((a + b) + (c + d) + (e + f) + (g + h) + (i + j) + (k + l))[0]);
    }

    /// <summary>The same for processors with vectors of 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAdd256(long rounds)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(1e-3f);
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (long round = 0; round < rounds; round++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }
        Keep(((a + b) + (c + d) + (e + f) + (g + h) + (i + j) + (k + l))[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* from, float* to, int count)
    {
        for (int i = 0; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
            Vector256.Load(from + i).StoreAlignedNonTemporal(to + i);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(float _)
    {
    }

    /// <summary>Memory of which each page has been written.</summary>
    private sealed class Pages
    {
        private const nuint Alignment = 64;

        public Pages(nuint bytes)
        {
            Floats = (float*)NativeMemory.AlignedAlloc(bytes, Alignment);
            NativeMemory.Fill(Floats, bytes, 1);
        }

        ~Pages() => NativeMemory.AlignedFree(Floats);

        public float* Floats { get; }
    }
}
