using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>Arguments and reductions as the core takes them.</summary>
internal static class Dimensions
{
    public static FSharpList<int> Listed(IEnumerable<int> dims) => ListModule.OfSeq(dims);

    public static FSharpList<int> Listed(ReadOnlySpan<int> dims) => ListModule.OfArray(dims.ToArray());

    public static FSharpList<int> Labelled(string op, Tensor x, string labels) =>
        Statistics.labelled(op, Operands.given(op, x).Type, labels);

    /// <summary>The one dimension with a label.</summary>
    public static int At(string op, Tensor x, char label) => Labels.single(op, Operands.given(op, x).Type, label);

    /// <summary>Applies a reduction, keeping its dimensions with size 1 or not.</summary>
    public static Tensor Reduce(
        Func<FSharpList<int>, Tensor, Tensor> reduction, FSharpList<int> dims, bool keep, Tensor x) =>
        keep ? Statistics.keep(FuncConvert.FromFunc(reduction), dims, x) : reduction(dims, x);
}
