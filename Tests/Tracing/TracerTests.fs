/// What a trace is and is not: tensors that leave it, draws in it, its size.
module Functional.Tests.Tracing.TracerTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private error<'E when 'E :> exn> (f: unit -> Tensor) : 'E =
    try
        f () |> ignore
        failtest $"no {typeof<'E>.Name}"
    with :? 'E as e ->
        e

let private named name = { AccelerateOptions.Default with Name = name }
let private x = Tensor.create [ 2 ] "" [| 1.; 2. |]
let private floats (t: Tensor) = List.ofArray (Tensor.toArray<float> t)

let private escape =
    let kept name =
        let mutable kept = x
        let f =
            accelerateWith (named name) (fun (x: Tensor) ->
                kept <- x * 2.
                kept)
        f.Invoke x |> ignore
        kept

    testList
        "escape"
        [ test "a tensor kept after its trace names the trace, and the use" {
              let e = error<EscapedTensorException>(fun () -> kept "the keeper" + x)
              Expect.stringContains e.Message "a trace of the keeper" "its trace"
              Expect.stringContains e.Message "outside of it" "the place"
              Expect.equal e.Op "Add" "the op"
              Expect.stringContains e.CallSite "TracerTests.fs" "the call"
          }
          test "in another trace both are named, and nothing is cached" {
              let stray = kept "the keeper"
              let f = accelerateWith (named "the user") (fun (y: Tensor) -> y * stray)
              let e = error<EscapedTensorException>(fun () -> f.Invoke x)
              Expect.stringContains e.Message "a trace of the keeper" "its trace"
              Expect.stringContains e.Message "a trace of the user" "the place"
              Expect.equal f.Count 0 "signatures"
          }
          test "as a result of another trace it is refused" {
              let stray = kept "the keeper"
              let f = accelerateWith (named "the user") (fun (_: Tensor) -> stray)
              let e = error<EscapedTensorException>(fun () -> f.Invoke x)
              Expect.stringContains e.Message "a trace of the keeper" "its trace"
              Expect.equal f.Count 0 "signatures"
          }
          test "as an argument of an accelerated function it is refused" {
              let f = accelerateWith (named "the user") (fun (y: Tensor) -> y * 2.)
              error<EscapedTensorException>(fun () -> f.Invoke(kept "the keeper")) |> ignore
              Expect.equal f.Count 0 "signatures"
          }
          test "of a gradient, a tensor that leaves it is a number like any other" {
              let mutable kept = x
              grad
                  (fun y ->
                      kept <- y * y
                      Tensor.sum [] kept)
                  x
              |> ignore
              Expect.equal (floats (kept + 1.)) [ 2.; 5. ] "its elements"
          } ]

let private generators =
    let seeded seed (body: unit -> 'R) = Functions.seeded seed body

    testList
        "generators"
        [ test "plain draws repeat for ever, and take their places in the stream" {
              let f = accelerate (fun (x: Tensor) -> x + Tensor.uniform DType.Float64 [ 2 ] "", Tensor.uniformLike x)
              let zero = Tensor.zeros DType.Float64 [ 2 ] ""
              seeded 4UL (fun () ->
                  let plain, like = List.unzip [ for _ in 1..200 -> f zero ]
                  Expect.equal (List.distinct (List.map floats plain)).Length 1 "plain draws"
                  Expect.equal (List.distinct (List.map floats like)).Length 200 "draws like the tensor")
          }
          test "a draw from a generator that the function makes current is refused while it is traced" {
              let f =
                  accelerateWith (named "the noise") (fun (x: Tensor) ->
                      seeded 1UL (fun () -> x + Tensor.uniformLike x))
              let e = error<GeneratorException>(fun () -> f.Invoke x)
              Expect.stringContains e.Message "the noise" "the function"
              Expect.stringContains e.Remedy "outside" "the remedy"
              Expect.equal f.Count 0 "signatures"
          }
          test "a function that leaves another generator current is refused" {
              seeded 1UL (fun () ->
                  let f =
                      accelerateWith (named "the setter") (fun (x: Tensor) ->
                          Generator.Current <- Generator 2UL
                          x)
                  error<GeneratorException>(fun () -> f.Invoke x) |> ignore
                  Expect.equal f.Count 0 "signatures")
          }
          test "plain draws of a generator of its own are constants, and no draws of the trace" {
              let own (x: Tensor) =
                  x + seeded 9UL (fun () -> Tensor.normal DType.Float64 [ 2 ] "") + Tensor.uniformLike x
              let run f = seeded 3UL (fun () -> [ for _ in 1..3 -> floats (f x) ], Generator.Current.Position)
              Expect.equal (run (accelerate own)) (run own) "accelerated = direct"
          }
          test "a trace inside a trace shifts no draw" {
              let inner (x: Tensor) =
                  traceOf (fun (y: Tensor) -> Tensor.uniformLike y) x |> ignore
                  Tensor.uniformLike x
              let run f = seeded 3UL (fun () -> [ for _ in 1..3 -> floats (f x) ])
              Expect.equal (List.item 0 (run (accelerate inner))) (List.item 0 (run inner)) "the first call"
          } ]

/// 100,000 ops one after another.
let private long (x: Tensor) =
    let mutable y = x
    for _ in 1..50_000 do
        y <- y * 1.00001 + 0.5
    y

let private wide (x: Tensor) =
    let parts = Array.init 50_000 (fun k -> x * float k)
    let rec total (parts: Tensor array) =
        if parts.Length = 1 then
            parts[0]
        else
            total [| for pair in Array.chunkBySize 2 parts -> Array.reduce (+) pair |]
    total parts

let private large name (f: Tensor -> Tensor) =
    testList
        name
        [ test "traced, verified, printed and drawn" {
              let trace = traceOf f x
              Expect.isGreaterThanOrEqual (trace.InstructionCount()) 99_999 "instructions"
              Expect.isEmpty (Verify.faults trace) "faults"
              Expect.isGreaterThan (trace.ToText().Split('\n').Length) 99_999 "lines"
              Expect.isGreaterThan (trace.ToDot().Length + trace.ToMermaid().Length) 1_000_000 "characters"
          }
          test "differentiated and accelerated" {
              let both (x: Tensor) = valueAndGrad (fun x -> Tensor.sum [] (f x)) x
              let value, gradient = both x
              let fast = accelerateWith AccelerateOptions.Default both
              for _ in 1..2 do
                  let v, g = fast.Invoke x
                  Expect.equal (floats v, floats g) (floats value, floats gradient) "accelerated = direct"
              Expect.equal (fast.Misses, fast.Hits) (1L, 1L) "misses and hits"
          } ]

let tests =
    testList
        "Tracer"
        [ escape; generators; testList "100,000 nodes" [ large "in a chain" long; large "in a tree" wide ] ]
