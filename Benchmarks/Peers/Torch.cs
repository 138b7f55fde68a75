using Functional.Benchmarks.Measuring;
using TorchSharp;

namespace Functional.Benchmarks.Peers;

/// <summary>libtorch, as TorchSharp's users call it: eager, with autograd.</summary>
internal static class Torch
{
    public static string Version => $"TorchSharp {typeof(torch).Assembly.GetName().Version!.ToString(3)}";

    /// <summary>Makes libtorch loadable, and gives it its threads; before any other use.</summary>
    public static void Start(int threads)
    {
        VersionNeed.WeakenFile(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"), "GLIBCXX_3.4.32");
        torch.set_num_threads(threads);
        torch.set_num_interop_threads(1);
    }

    public static torch.Tensor Tensor(float[] data, params long[] sizes) => torch.tensor(data, sizes);

    public static torch.Tensor Parameter(float[] data, params long[] sizes) => torch.tensor(data, sizes).requires_grad_();

    /// <summary>A side that takes no derivative; what it computes is freed at once.</summary>
    public static Contender Forward(Func<torch.Tensor> compute)
    {
        torch.set_grad_enabled(false);
        return new(
            () =>
            {
                using var scope = torch.NewDisposeScope();
                compute();
            },
            () =>
            {
                using var scope = torch.NewDisposeScope();
                return [Elements(compute())];
            });
    }

    /// <summary>A side that takes derivatives.</summary>
    /// <param name="run">Computes its first result, and frees its temporaries.</param>
    /// <param name="others">What else `run` has left behind, in gradients or parameters.</param>
    /// <param name="runs">How many runs are due before the results are read.</param>
    public static Contender Training(Func<torch.Tensor> run, Func<torch.Tensor[]> others, int runs = 1)
    {
        torch.set_grad_enabled(true);
        return new(
            () =>
            {
                using var scope = torch.NewDisposeScope();
                run();
            },
            () =>
            {
                using var scope = torch.NewDisposeScope();
                torch.Tensor result = run();
                for (int k = 1; k < runs; k++) result = run();
                return [Elements(result), .. others().Select(Elements)];
            });
    }

    private static float[] Elements(torch.Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
}
