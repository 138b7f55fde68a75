module Functional.Tests.Accelerate.RelaxedTests

open Expecto
open Functional
open Functional.FSharp

let private f64 (values: float list) = Tensor.create [ values.Length ] "" (Array.ofList values)

let private options = { AccelerateOptions.Default with Governed = false; Relaxed = true }

/// What a replay gives; the call that made the trace before ran op by op.
let private replayed (f: AcceleratedFunction<Tensor, Tensor>) x =
    f.Invoke x |> ignore
    Tensor.toArray<float>(f.Invoke x)

let tests =
    testList
        "Relaxed"
        [ test "a product that is added to something is rounded once, and a quotient by a number is a product" {
              let small = pown 2. -30
              let fast = accelerateWith options (fun (x: Tensor) -> (x + small) * (x - small) - 1.)
              Expect.equal (replayed fast (f64 [ 1. ])) [| -small * small |] "contracted"
              let quotient (x: Tensor) : Tensor = x / 3.
              Expect.equal (replayed (accelerateWith options quotient) (f64 [ 5. ])) [| 5. * (1. / 3.) |] "a product"
              Expect.equal (Tensor.toArray<float>(quotient (f64 [ 5. ]))) [| 5. / 3. |] "not directly"
          }

          test "exact is the default" {
              let small = pown 2. -30
              let f (x: Tensor) = (x + small) * (x - small) - 1.
              let fast = accelerateWith { options with Relaxed = false } f
              Expect.equal
                  (replayed fast (f64 [ 1. ]))
                  (Tensor.toArray<float>(f (f64 [ 1. ])))
                  "the bits of a direct call"
          }

          test "values and gradients differ from exact ones by rounding alone" {
              let f (x: Tensor) = Tensor.sum [] (tanh (x * 1.5 + x * x / 7.) * exp (-x) + x * sin x)
              let x = f64 [ for k in -20 .. 20 -> float k / 7. ]
              let exact, relaxed =
                  let both options =
                      let fast = accelerateWith options (fun x -> valueAndGrad f x)
                      fast.Invoke x |> ignore
                      fast.Invoke x
                  both { options with Relaxed = false }, both options
              for e, r in [ fst exact, fst relaxed; snd exact, snd relaxed ] do
                  for e, r in Seq.zip (Tensor.toArray<float> e) (Tensor.toArray<float> r) do
                      // Some tens of roundings of numbers up to e³.
                      Expect.isLessThan (abs (e - r)) (1e-13 * (20. + abs e)) "rounding"
          }

          test "control flow inside is relaxed, too" {
              let small = pown 2. -30
              let f (x: Tensor) =
                  cond (Tensor.sum [] x .> 0.) (fun (x: Tensor) -> (x + small) * (x - small) - 1.) (fun x -> x) x
              Expect.equal (replayed (accelerateWith options f) (f64 [ 1. ])) [| -small * small |] "in the branch"
          } ]
