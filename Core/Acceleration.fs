namespace Functional.FSharp

open Functional

/// Functions traced once for each signature of their input, and replayed.
[<AutoOpen>]
module Acceleration =
    /// The accelerated function: the same bits as `f`, sooner. `f` takes any structure, several arguments as a tuple.
    let accelerate (f: 'T -> 'R) : 'T -> 'R =
        let accelerated = AcceleratedFunction<'T, 'R>(f, AccelerateOptions.Default)
        fun x -> accelerated.Invoke x

    /// The accelerated function as an object: with options, counters and traces.
    let accelerateWith (options: AccelerateOptions) (f: 'T -> 'R) : AcceleratedFunction<'T, 'R> =
        AcceleratedFunction<'T, 'R>(f, options)
