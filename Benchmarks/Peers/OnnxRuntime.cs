using Functional.Benchmarks.Measuring;
using Microsoft.ML.OnnxRuntime;

namespace Functional.Benchmarks.Peers;

/// <summary>ONNX Runtime, with every optimisation, reading and writing memory that was set aside before.</summary>
internal static class OnnxRuntime
{
    public static string Version => $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";

    /// <summary>A side that runs a model of one input and one output.</summary>
    public static Contender Predicting(
        int threads, Func<OnnxModel, byte[]> build, float[] input, long[] inputSizes, long[] outputSizes)
    {
        using SessionOptions options = new()
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        };
        InferenceSession session = new(build(new()), options);
        float[] output = new float[outputSizes.Aggregate(1L, (n, size) => n * size)];
        OrtValue[] inputs = [OrtValue.CreateTensorValueFromMemory(input, inputSizes)];
        OrtValue[] outputs = [OrtValue.CreateTensorValueFromMemory(output, outputSizes)];
        string[] inputNames = [session.InputNames[0]], outputNames = [session.OutputNames[0]];
        RunOptions run = new();

        void Run() => session.Run(run, inputNames, inputs, outputNames, outputs);
        return new(Run, () =>
        {
            Run();
            return [[.. output]];
        });
    }
}
