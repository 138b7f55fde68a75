namespace Functional.FSharp

open Functional

/// Functions traced once for each signature of their input, and replayed.
[<AutoOpen>]
module Acceleration =
    /// The accelerated function: the same bits as `f`, sooner. `f` takes any structure, several arguments as a tuple.
    let accelerate (f: 'T -> 'R) : 'T -> 'R =
        let accelerated = AcceleratedFunction<'T, 'R>(f, AccelerateOptions.Default)
        fun x -> accelerated.Invoke x

    /// What a function does with inputs of the types of these: its trace. Their values matter only where the function reads
    /// one of them.
    let traceOf (f: 'T -> 'R) (x: 'T) : Trace =
        let leaves, _ = Structures.flatten x
        let run inputs = f (Structures.replace x (Array.ofList inputs))

        Tracing.record "the function" (List.ofArray leaves) run (fun tracer result ->
            tracer.Trace(List.ofArray (fst (Structures.flatten result))))

    /// The accelerated function as an object: with options, counters and traces.
    let accelerateWith (options: AccelerateOptions) (f: 'T -> 'R) : AcceleratedFunction<'T, 'R> =
        AcceleratedFunction<'T, 'R>(f, options)
