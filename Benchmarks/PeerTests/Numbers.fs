namespace Functional.Tests.Peers

open System

/// Elements that are the same at each run, and in Float32 and Float64.
[<RequireQualifiedAccess>]
module Numbers =
    let count (sizes: int list) = List.fold (*) 1 sizes

    /// The seed of a configuration: its name, hashed as FNV-1a has it, so that no process salts it.
    let seedOf (name: string) =
        (2166136261u, name) ||> Seq.fold (fun hash letter -> (hash ^^^ uint32 letter) * 16777619u) |> int

    /// Uniform numbers that a float32 holds.
    let uniform seed (low: float, high: float) (sizes: int list) =
        let random = Random(seed: int)
        Array.init (count sizes) (fun _ -> float (float32 (low + (high - low) * random.NextDouble())))

    let normal seed (sizes: int list) =
        let random = Random(seed: int)
        Array.init (count sizes) (fun _ ->
            let radius = sqrt (-2. * log (1. - random.NextDouble()))
            float (float32 (radius * cos (2. * Math.PI * random.NextDouble()))))

    let integers seed bound (sizes: int list) =
        let random = Random(seed: int)
        Array.init (count sizes) (fun _ -> random.NextInt64 bound)

    /// The cotangent of a result: numbers of both signs, none of them near 0, that a float32 holds.
    let cotangent (sizes: int list) =
        Array.init (count sizes) (fun k ->
            let part = (float k * 0.618033988749895) % 1.
            float (float32 ((0.5 + part) * (if k % 3 = 1 then -1. else 1.))))
