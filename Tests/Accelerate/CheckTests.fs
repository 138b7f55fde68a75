module Functional.Tests.Accelerate.CheckTests

open Expecto
open Functional
open Functional.FSharp

let private f64 (values: float list) = Tensor.create [ values.Length ] "" (Array.ofList values)

let private options = { AccelerateOptions.Default with Governed = false; Check = CheckMode.Tolerance }

let private mismatches (fast: AcceleratedFunction) =
    [ for diagnostic in fast.Explain().Diagnostics do
          match diagnostic with
          | Diagnostic.Mismatch mismatch -> mismatch
          | _ -> () ]

let tests =
    testList
        "Check"
        [ test "a function without hidden state passes, draws included, and is replayed" {
              let f (x: Tensor) =
                  let u = Tensor.uniformLike x
                  if Tensor.toScalar<bool>(Tensor.sum [] u .> 1.) then x + u else x * Tensor.uniformLike x

              let run (f: Tensor -> Tensor) =
                  Generator.Current <- Generator 3UL
                  let results = [ for k in 1..20 -> Tensor.toArray<float>(f (f64 [ float k; 1. ])) ]
                  results, Generator.Current.Position

              let fast = accelerateWith { options with CheckAction = CheckAction.Throw } f
              Expect.equal (run fast.Invoke) (run f) "the results and draws of direct calls"
              Expect.isGreaterThan fast.Hits 10L "hits"
          }

          test "a constant that changed: the output, the place, the size, and the op" {
              let mutable factor = 1.
              let f (x: Tensor) = {| First = x + 1.; Second = exp x * factor |}
              let fast = accelerateWith options f
              fast.Invoke(f64 [ 0.; 1.; 2. ]) |> ignore
              factor <- 1.5
              let answer = fast.Invoke(f64 [ 0.; 1.; 2. ])
              Expect.equal ((Tensor.toArray<float> answer.Second).[0]) 1. "the accelerated result is given"

              match mismatches fast with
              | [ m ] ->
                  Expect.equal (m.Output, List.ofSeq m.Place) (".Second", [ 2 ]) "where"
                  Expect.floatClose Accuracy.high m.Difference (0.5 * System.Math.Exp 2.) "how much"
                  Expect.stringStarts m.FirstOp "instruction 2, Mul" "the op"
              | other -> failtest $"%A{other}"
          }

          test "a frozen branch is found at the op where the paths part" {
              let f (x: Tensor) = if Tensor.toScalar<bool>(Tensor.sum [] x .> 0.) then sin x else exp x
              let fast =
                  accelerateWith { options with Branches = BranchPolicy.Freeze; CheckAction = CheckAction.Throw } f
              fast.Invoke(f64 [ 1. ]) |> ignore
              let error = Expect.throwsC (fun () -> fast.Invoke(f64 [ -1. ]) |> ignore) id

              match error with
              | :? CheckException as e ->
                  Expect.stringContains e.Mismatch.FirstOp "Sin" "the op of the trace"
                  Expect.stringContains e.Mismatch.FirstOp "Exp" "and of the call"
                  Expect.stringContains e.CallSite "CheckTests" "the call site"
              | e -> failtest $"{e}"
          }

          test "the tolerance is relative and absolute" {
              let mutable extra = 0.
              let f (x: Tensor) = x + extra
              let fast = accelerateWith { options with CheckTolerance = 1e-3 } f
              fast.Invoke(f64 [ 1000. ]) |> ignore
              extra <- 0.9
              fast.Invoke(f64 [ 1000. ]) |> ignore
              Expect.isEmpty (mismatches fast) "0.9 of 1000.9 is within 1e-3 + 1e-3 · 1000.9"
              fast.Invoke(f64 [ 0. ]) |> ignore
              Expect.hasLength (mismatches fast) 1 "0.9 of 0.9 is not"
          }

          test "another structure is a difference" {
              let mutable long = false
              let f (x: Tensor) = if long then [ x; x ] else [ x ]
              let fast = accelerateWith options f
              fast.Invoke(f64 [ 1. ]) |> ignore
              long <- true
              fast.Invoke(f64 [ 1. ]) |> ignore
              Expect.hasLength (mismatches fast) 1 "said"
          }

          test "what differs is said each time, NaN equals itself" {
              let mutable shift = 0.
              let f (x: Tensor) = x + shift
              let fast = accelerateWith options f
              fast.Invoke(f64 [ nan; infinity ]) |> ignore
              fast.Invoke(f64 [ nan; infinity ]) |> ignore
              Expect.isEmpty (mismatches fast) "the same"
              shift <- nan
              fast.Invoke(f64 [ nan; infinity ]) |> ignore
              fast.Invoke(f64 [ nan; infinity ]) |> ignore
              Expect.equal [ for m in mismatches fast -> List.ofSeq m.Place ] [ [ 1 ]; [ 1 ] ] "infinity has become NaN"
          } ]
