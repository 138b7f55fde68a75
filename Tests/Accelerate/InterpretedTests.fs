/// What is not compiled, because it cannot be or must not.
module Functional.Tests.Accelerate.InterpretedTests

open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private options = { AccelerateOptions.Default with Governed = false }

/// Kernels are made so while a function runs.
let private during sweeps products body =
    let mode, contractions = SweepMode.Current, ContractionOptions.Default
    try
        SweepMode.Current <- sweeps
        ContractionOptions.Default <- { contractions with Mode = products }
        body ()
    finally
        SweepMode.Current <- mode
        ContractionOptions.Default <- contractions

let private some sizes =
    let count, random = List.fold (*) 1 sizes, System.Random(List.sum sizes)
    Tensor.create<float32> sizes "" (Array.init count (fun _ -> random.NextSingle() - 0.5f))

/// Products of all kinds, and what follows them: tiles, turned ones, lanes, and rows of convolutions with gaps.
let private layers: (string * (Tensor -> Tensor) * Tensor) list =
    let w, bias, head, tall = some [ 60; 100 ], some [ 100 ], some [ 100; 10 ], some [ 40; 300 ]
    let filters, deep, perFilter = some [ 8; 4; 3; 3 ], some [ 8; 3; 2; 3; 3 ], some [ 8; 1; 1 ]
    let same = { ConvolutionOptions.Default with Padding = Padding.Same }
    [ "a network", (fun x -> tanh (Tensor.matmul (Tensor.relu (Tensor.matmul x w + bias)) head)), some [ 100; 60 ]
      "one row", (fun x -> Tensor.relu (Tensor.matmul x (Tensor.transpose tall) + 1.)), some [ 1; 300 ]
      "matrix by vector", (fun x -> Tensor.relu (Tensor.matmul tall x)), some [ 300; 1 ]
      "a convolution",
      (fun x -> Tensor.relu (Tensor.convolution same filters None x + perFilter)),
      Tensor.withFormat "BCSS" (some [ 2; 4; 28; 20 ])
      // Found as one that threw: between planes, whole vectors are gaps.
      "a convolution of volumes",
      (fun x ->
          Tensor.relu (
              Tensor.convolution ConvolutionOptions.Default deep None x + Tensor.reshape [ 8; 1; 1; 1 ] perFilter
          )),
      Tensor.withFormat "BCSSS" (some [ 2; 3; 9; 20; 20 ]) ]

/// A layer, and its gradient: apart, so that more of what follows a product is one launch with it.
let private functions f : (string * (Tensor -> Tensor)) list =
    [ "forward", f; "gradient", grad (fun x -> Tensor.sum [] (sin (f x))) ]

let private bits x = Tensor.toArray<float32> x

/// Replays have the bits of a direct call.
let private check name f (x: Tensor) sweeps products diagnosed =
    for which, f in functions f do
        let expected, fast = bits (f x), accelerateWith options f
        during sweeps products (fun () ->
            for _ in 1..3 do
                Expect.isTrue (Blocks.sameBits expected (bits (fast.Invoke x))) $"{name}, {which}"
            Expect.isTrue (Blocks.sameBits expected (bits (f x))) $"{name}, {which}, directly")
        diagnosed (List.ofSeq (fast.Explain().Diagnostics))

let tests =
    testSequenced
    <| testList
        "Interpreted"
        [ test "a loop that cannot be compiled, said once" {
              let f (x: Tensor) = exp x + 7.25 * x
              let fast = accelerateWith options f
              during (SweepMode.Compiled 0) KernelMode.Compiled (fun () ->
                  for n in 2..4 do
                      let x = Tensor.create [ n ] "" [| for k in 1..n -> float k |]
                      fast.Invoke x |> ignore
                      Expect.equal (Tensor.toArray<float>(fast.Invoke x)) (Tensor.toArray<float>(f x)) "the same")

              match List.ofSeq (fast.Explain().Diagnostics) with
              | [ Diagnostic.Interpreted problem as said ] ->
                  Expect.stringContains problem "a sweep of" "what"
                  Expect.stringContains (string said) "To mend it" "what to do"
              | other -> failtest $"%A{other}"
          }

          testList
              "products that cannot be compiled, said once"
              [ for name, f, x in layers ->
                    test name {
                        check name f x SweepMode.Current KernelMode.Refused (fun diagnostics ->
                            match diagnostics with
                            | [ Diagnostic.Interpreted problem ] ->
                                Expect.stringContains problem "a kernel of products" "what"
                            | other -> failtest $"%A{other}")
                    } ]

          testList
              "nothing may be compiled, which is no problem"
              [ for name, f, x in layers ->
                    test name {
                        check name f x SweepMode.Interpreted KernelMode.Interpreted (fun diagnostics ->
                            Expect.isEmpty diagnostics "none")
                    } ]

          testList
              "random programs and their gradients have the bits of compiled ones"
              [ for sweeps, products in
                    [ SweepMode.Interpreted, KernelMode.Interpreted; SweepMode.Current, KernelMode.Refused ] ->
                    test $"{sweeps}, {products}" {
                        for k in 1..150 do
                            let program = Generate.program 8 (Seed.random "interpreted" k)
                            let f, values =
                                Functions.withGradient (RandomProgram.run program), RandomProgram.inputs program
                            let outcome f = Functions.seeded 7UL (fun () -> Compare.attempt (fun () -> f values))
                            let expected, fast = outcome f, accelerateWith options f
                            during sweeps products (fun () ->
                                for _ in 1..3 do
                                    Expect.equal (Compare.outcomes expected (outcome fast.Invoke)) None $"{program}")
                    } ] ]
