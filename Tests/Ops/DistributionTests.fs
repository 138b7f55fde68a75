/// Whether draws follow their distributions: plain ones, those like a tensor, and those of replays.
module Functional.Tests.DistributionTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties

[<Literal>]
let private Count = 20_000

/// √n · sup |F(x) - Fₙ(x)| exceeds 2.7 once in a million times (Kolmogorov: 2 · exp(-2 · 2.7²) = 9e-7).
let private kolmogorovSmirnov (distribution: float -> float) (sample: float array) =
    let sorted, n = Array.sort sample, float sample.Length
    let distance =
        sorted
        |> Array.mapi (fun k x -> let f = distribution x in max (f - float k / n) (float (k + 1) / n - f))
        |> Array.max
    Expect.isLessThan (sqrt n * distance) 2.7 "√n times the distance of the distributions"

/// The mean of a function of the draws against its expectation; its standard error is deviation / √n, and six of them are
/// exceeded once in 500 million times.
let private moment name (f: float -> float) expected deviation (sample: float array) =
    let mean = Array.averageBy f sample
    Expect.isLessThan (abs (mean - expected)) (6. * deviation / sqrt (float sample.Length)) name

/// Draws made directly, by the first call of an accelerated function, and by a replay.
let private samples (draw: Tensor -> Tensor) : (string * float array) list =
    let like = Tensor.zeros DType.Float64 [ Count ] ""
    let fast = accelerate draw
    Functions.seeded (uint64 Seed.seed) (fun () ->
        [ for name, f in [ "direct", draw; "traced", fast; "replayed", fast; "replayed again", fast ] ->
              name, Tensor.toArray<float>(Tensor.cast DType.Float64 (f like)) ])

let private all name draw check = test name {
    let samples = samples draw
    for _, sample in samples do
        check sample
    let distinct = samples |> List.distinctBy (fun (_, sample) -> List.ofArray sample[..9])
    Expect.equal distinct.Length samples.Length "each call draws anew"
}

let private normalDistribution x = 0.5 * (1. + MathNet.Numerics.SpecialFunctions.Erf(x / sqrt 2.))

let private independent = test "neighbouring lanes and draws are uncorrelated" {
    let correlation (a: float array) (b: float array) =
        Array.map2 (fun x y -> 12. * (x - 0.5) * (y - 0.5)) a b |> Array.average
    let draws = List.map snd (samples Tensor.uniformLike)
    // Of n products of standard deviation 1.
    let bound = 6. / sqrt (float Count)
    for a, b in List.pairwise draws do
        Expect.isLessThan (abs (correlation a b)) bound "draws"
    for a in draws do
        Expect.isLessThan (abs (correlation a[.. Count - 2] a[1..])) bound "lanes"
}

let private permutations = test "every position is equally likely in a permutation" {
    let counts = Array2D.create 5 5 0
    Functions.seeded (uint64 Seed.seed) (fun () ->
        for _ in 1..5_000 do
            Tensor.toArray<int64>(Tensor.permutation 5)
            |> Array.iteri (fun place k -> counts[place, int k] <- counts[place, int k] + 1))
    // Binomial with p = 1/5: six standard deviations.
    for place in 0..4 do
        for k in 0..4 do
            Expect.isLessThan (abs (float counts[place, k] - 1000.)) (6. * sqrt (5000. * 0.2 * 0.8)) $"{k} at {place}"
}

let private modes =
    Seed.law "the same seed gives the same numbers in both modes, and two replays differ" 200 1. (fun random ->
        let ty = TensorType(DType.Float32, [ 1 + random.Next 9 ])
        let draw =
            Values.pick
                random
                [| Tensor.uniformLike; Tensor.normalLike; (fun x -> Tensor.uniformLike x * Tensor.normalLike x) |]
        let x = Direct.Tensor(ty, Blocks.ofArray ty (Values.data random Taste.Tame ty))
        let seed = uint64 (random.NextInt64())
        let run f = Functions.seeded seed (fun () -> [ for _ in 1..4 -> Tensor.toArray<float32>(f x) ])
        let direct, fast = run draw, run (accelerate draw)

        if direct <> fast then Verdict.Fails "the modes differ"
        elif List.distinct fast <> fast then Verdict.Fails "two replays are the same"
        else Verdict.Holds)

let tests =
    testList
        "Distributions"
        [ all "uniform" Tensor.uniformLike (fun u ->
              kolmogorovSmirnov id u
              moment "mean" id 0.5 (sqrt (1. / 12.)) u
              // The variance of (u - 1/2)² is 1/80 - 1/144.
              moment "variance" (fun u -> (u - 0.5) ** 2.) (1. / 12.) (sqrt (1. / 180.)) u)
          all "normal" Tensor.normalLike (fun z ->
              kolmogorovSmirnov normalDistribution z
              moment "mean" id 0. 1. z
              // The moments of the normal distribution: E z⁴ = 3, E z⁶ = 15, E z⁸ = 105.
              moment "variance" (fun z -> z * z) 1. (sqrt 2.) z
              moment "third moment" (fun z -> z ** 3.) 0. (sqrt 15.) z
              moment "fourth moment" (fun z -> z ** 4.) 3. (sqrt 96.) z)
          all "Bernoulli" (Tensor.bernoulliLike 0.3) (moment "mean" id 0.3 (sqrt 0.21))
          all "permutation" (fun x -> Tensor.permutationLike x Count) (fun p ->
              Expect.equal (Array.sort p) (Array.init Count float) "each number once")
          independent
          permutations
          modes ]
