using Microsoft.FSharp.Core;

namespace Functional;

/// <summary>Traces made without a cache, to be read.</summary>
public static class TraceMaking
{
    extension(Trace)
    {
        /// <summary>
        /// What a function does with an argument of this structure and these types. The values matter only where the
        /// function reads one of them.
        /// </summary>
        /// <exception cref="StructureException">The argument or the result is no structure of tensors.</exception>
        public static Trace Of<T, TR>(Func<T, TR> function, T argument)
        {
            ArgumentNullException.ThrowIfNull(function);
            return FSharp.Acceleration.traceOf(FuncConvert.FromFunc(function), argument);
        }
    }
}
