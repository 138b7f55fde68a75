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

let private generators =
    let draws (g: Generator) = List.ofArray (floats (Tensor.uniformFrom g DType.Float64 [ 4 ] ""))

    testList
        "generators"
        [ test "a seed decides what is drawn, whatever the current generator does" {
              let first = draws (Generator 7UL)
              Tensor.uniform DType.Float64 [ 3 ] "" |> ignore
              Expect.equal (draws (Generator 7UL)) first "again"
              Expect.notEqual (draws (Generator 8UL)) first "another seed"
              let g = Generator 7UL
              Expect.notEqual (draws g, draws g) (first, first) "one after another"
          }
          test "split generators have draws of their own" {
              let g = Generator 1UL
              let children = [ yield g.Split(); yield g.Split(); yield! g.Split 3 ]
              Expect.equal g.Position 3UL "draws taken"
              let all = draws g :: List.map draws children
              Expect.equal (List.distinct all) all "distinct"
              let again = Generator 1UL
              Expect.equal (draws (again.Split())) (draws (Generator(children.Head.Seed))) "the same each time"
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> g.Split -1 |> ignore) "fewer than none"
          }
          test "a number folded in decides, not what was drawn before" {
              let g = Generator 1UL
              let before = draws (g.FoldIn 3L)
              draws g |> ignore
              Expect.equal (draws (g.FoldIn 3L)) before "the same"
              let many = [ for n in -2L .. 20L -> draws (g.FoldIn n) ] @ [ draws (g.FoldIn(3L <<< 32)) ]
              Expect.equal (List.distinct many) many "distinct"
          }
          test "derived keys do not meet draws: 10,000 of each are all different" {
              let g = Generator 5UL
              let keys = [ for k in g.Split 10_000 -> k.Seed ]
              let bits =
                  floats (Tensor.uniformFrom (Generator 5UL) DType.Float64 [ 10_000 ] "")
                  |> Array.map BitConverter.DoubleToUInt64Bits
              Expect.equal (List.distinct (keys @ List.ofArray bits)).Length 20_000 ""
          }
          test "each flow of execution has its own current generator, or shares one without a draw given twice" {
              let work seed = async {
                  Generator.Current <- Generator seed
                  return [ for _ in 1..50 -> float (Tensor.sum [] (Tensor.uniform DType.Float64 [ 2 ] "")) ]
              }
              let together = [ for s in 1UL .. 8UL -> work s ] |> Async.Parallel |> Async.RunSynchronously
              Expect.equal (List.ofArray together) [ for s in 1UL .. 8UL -> Async.RunSynchronously(work s) ] "own"

              let shared = Generator 3UL
              let share = async { return [ for _ in 1..200 -> draws shared ] }
              let all = Async.Parallel [ for _ in 1..8 -> share ] |> Async.RunSynchronously |> List.concat
              Expect.equal (List.distinct all).Length 1600 "shared"
              Expect.equal shared.Position 1600UL "position"
          }
          test "like a traced tensor, a generator that is not the current one is refused; a key is not" {
              let g = Generator 2UL
              let f (x: Tensor) = x + Tensor.uniformLikeFrom g x
              let x = Tensor.zeros DType.Float64 [ 3 ] ""
              Expect.sequenceEqual
                  (floats (f x))
                  (floats (Tensor.uniformFrom (Generator 2UL) DType.Float64 [ 3 ] ""))
                  "directly"
              let refusal =
                  try
                      accelerate f x |> ignore
                      failtest "it was traced"
                  with :? GeneratorException as e ->
                      e
              Expect.stringContains refusal.Message "given to it" "what is wrong"
              Expect.stringContains refusal.Remedy "set Generator.Current before the call" "one remedy"
              Expect.stringContains refusal.Remedy "draw within withKey" "the other"

              let noisy (key: Tensor, x: Tensor) =
                  withKey key (fun x -> x + Tensor.normalLike x * Tensor.uniformLike x) x
              let fast = accelerate noisy
              let key, other = Tensor.key (Generator 1UL), Tensor.key (Generator 2UL)
              Expect.sequenceEqual (floats (fast (key, x))) (floats (noisy (key, x))) "the same in both modes"
              Expect.sequenceEqual (floats (fast (key, x))) (floats (fast (key, x))) "the same for a key"
              Expect.notEqual (floats (fast (other, x))) (floats (fast (key, x))) "another key"
          }
          test "keys to scan over" {
              let keys = Tensor.splitKey 5 (Tensor.key (Generator 1UL))
              let draw (keys: Tensor) =
                  scan (fun c k -> c, withKey k Tensor.uniformLike c) (Tensor.scalar 0.) keys |> snd
              Expect.equal (Array.distinct (floats (draw keys))).Length 5 "distinct"
              Expect.sequenceEqual (floats (accelerate draw keys)) (floats (draw keys)) "both modes"
          } ]

/// What layers draw: the same directly and accelerated, values and gradients, and after dead code is gone.
let private layers =
    let same name f = test name {
        let x = Tensor.create [ 2; 3 ] "BC" [| 0.5; -1.; 2.; 0.25; -0.75; 1.5 |]
        let run (f: Tensor -> Tensor * Tensor) =
            seeded 11UL (fun () ->
                [ for _ in 1..4 -> let y, dy = f x in List.ofArray (floats y), List.ofArray (floats dy) ])
        let both x = let y, back = vjp f x in y, back y
        let direct = run both
        Expect.equal (run (accelerate both)) direct "both modes"
        Expect.equal (List.distinct direct) direct "each call its own"
    }

    testList
        "layers that draw"
        [ same "dropout" (fun x ->
              let dropped = Tensor.bernoulliLike 0.5 x
              Tensor.where dropped (Tensor.zerosLike x) (x / 0.5) + 0.01 * Tensor.uniformLike x)
          same "noise" (fun x -> x + 0.1 * Tensor.normalLike x)
          same "reparameterised sampling" (fun x -> Tensor.normalLike x * exp (0.5 * x) + x)
          same "rejection by the host" (fun x ->
              let mutable u = Tensor.uniformLike x
              while float (Tensor.sum [] u) > 3. do
                  u <- Tensor.uniformLike x
              u * x)
          same "draws that nothing uses" (fun x ->
              Tensor.uniformLike x |> ignore
              let y = x * Tensor.uniformLike x
              Tensor.normalLike x * 0. |> ignore
              y + Tensor.uniformLike x) ]

let tests = testList "Random" [ philox; moments; tracing; generators; layers; errors ]
