module Functional.Tests.RandomTests

open System
open Expecto
open Functional
open Functional.FSharp

/// Runs with a generator of its own.
let private seeded seed (body: unit -> 'R) =
    let outer = Generator.Current
    Generator.Current <- Generator seed
    try
        body ()
    finally
        Generator.Current <- outer

let private floats (x: Tensor) = Tensor.toArray<float> x

let private philox = test "Philox 4×32-10 gives the known answers of Random123" {
    let check key counter expected = Expect.equal (Philox.block key counter) expected ""
    check (struct (0u, 0u)) (struct (0u, 0u, 0u, 0u)) (struct (0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u))
    let ones = UInt32.MaxValue
    check
        (struct (ones, ones))
        (struct (ones, ones, ones, ones))
        (struct (0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu))
    check
        (struct (0xa4093822u, 0x299f31d0u))
        (struct (0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u))
        (struct (0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u))
}

let private moments = test "mean and variance are those of the distributions" {
    let near (x: float[]) mean variance =
        let m = Array.average x
        let v = x |> Array.averageBy (fun x -> (x - m) * (x - m))
        // Five standard errors of 100,000 draws.
        Expect.isLessThan (abs (m - mean)) (5. * sqrt (variance / 1e5)) "mean"
        Expect.isLessThan (abs (v - variance)) (5. * variance * sqrt (2. / 1e5)) "variance"

    seeded 7UL (fun () ->
        let uniform = floats (Tensor.uniform DType.Float64 [ 100_000 ] "")
        Expect.isTrue (uniform |> Array.forall (fun u -> u >= 0. && u < 1.)) "in [0, 1)"
        near uniform 0.5 (1. / 12.)
        near (floats (Tensor.normal DType.Float64 [ 100_000 ] "")) 0. 1.
        near (floats (Tensor.cast DType.Float64 (Tensor.bernoulli 0.2 [ 100_000 ] ""))) 0.2 0.16)
}

let private tracing =
    testList
        "tracing"
        [ test "like a traced tensor, each replay draws the numbers of the direct call" {
              let f (x: Tensor) = x + Tensor.normalLike x + Tensor.cast DType.Float64 (Tensor.bernoulliLike 0.5 x)
              let x = Tensor.zeros DType.Float64 [ 2; 3 ] "BC"
              let run f = seeded 3UL (fun () -> [ for _ in 1..3 -> List.ofArray (floats (f x)) ])
              let direct = run f
              Expect.equal (run (accelerate f)) direct "accelerated"
              Expect.equal (List.distinct direct) direct "new each time"
          }
          test "a plain draw is frozen into the trace" {
              let f = accelerate (fun (x: Tensor) -> x + Tensor.uniform DType.Float64 [ 2 ] "")
              let x = Tensor.zeros DType.Float64 [ 2 ] ""
              Expect.sequenceEqual (floats (f x)) (floats (f x)) ""
          }
          test "other sizes like a tensor" {
              let draw = accelerate (Tensor.sized [ 4 ] "C" Tensor.uniformLike)
              let x = Tensor.zeros DType.Float64 [ 2 ] ""
              let first, second = draw x, draw x
              Expect.equal first.Type (TensorType(DType.Float64, [ 4 ], Format.Parse "C")) "type"
              Expect.notEqual (floats first) (floats second) "new each time"
          } ]

let private errors = test "only floating-point numbers are drawn, and probabilities lie in 0 … 1" {
    Expect.throwsT<DTypeException> (fun () -> Tensor.uniform DType.Int32 [ 1 ] "" |> ignore) "Int32"
    for p in [ -0.1; 1.1; nan ] do
        Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Tensor.bernoulli p [ 1 ] "" |> ignore) $"{p}"
}

let tests = testList "Random" [ philox; moments; tracing; errors ]
