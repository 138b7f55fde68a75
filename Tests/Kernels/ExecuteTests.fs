/// Running traces, and laying out elements.
module Functional.Tests.Kernels.ExecuteTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private floats (t: Tensor) = List.ofArray (Tensor.toArray<float> t)
let private x = Tensor.create [ 2 ] "" [| 1.; 2. |]

let private programs =
    let runs name (f: Tensor -> Tensor list) = test name {
        let fast = accelerate f
        Expect.equal [ for _ in 1..2 -> List.map floats (fast x) ] [ for _ in 1..2 -> List.map floats (f x) ] "results"
    }

    testList
        "programs"
        [ runs "an output that other instructions use" (fun x -> let y = x * 2. in [ y; y + 1.; y ])
          runs "inputs and constants as outputs" (fun x -> [ x; Tensor.scalar 3.; x + Tensor.scalar 3.; x ])
          runs "no outputs" (fun _ -> [])
          runs "what no output needs is left out" (fun x ->
              tanh x |> ignore
              [ x * x ])
          test "results share no memory that anyone writes" {
              let f = accelerate (fun (x: Tensor) -> Tensor.reshape [ 2; 1 ] x, x * 2.)
              let first = f x
              let before = floats (fst first), floats (snd first)
              f (Tensor.create [ 2 ] "" [| 7.; 8. |]) |> ignore
              Expect.equal (floats (fst first), floats (snd first)) before "the first call's results"
          }
          test "an operand's array is the caller's: changing it changes no tensor" {
              let data = [| 1.; 2. |]
              let t = Tensor.create [ 2 ] "" data
              data[0] <- 9.
              (Tensor.toArray<float> t)[1] <- 9.
              Expect.equal (floats t) [ 1.; 2. ] "elements"
          } ]

let private layouts =
    Seed.law "views of views have the elements that indices say" 300 1. (fun random ->
        let n, m = 1 + random.Next 4, 1 + random.Next 4
        let data = Array2D.init n m (fun i j -> float (10 * i + j))
        let t = Tensor.ofArray "" data

        let step (t: Tensor, at: int -> int -> float) =
            let rows, columns = t.Shape[0], t.Shape[1]

            match random.Next 4 with
            | 0 -> Tensor.transpose t, (fun i j -> at j i)
            | 1 -> Tensor.flip [ 0 ] t, (fun i j -> at (rows - 1 - i) j)
            | 2 when columns > 1 -> t[*, 1..], (fun i j -> at i (j + 1))
            | _ -> Tensor.slice [ Slice.All.By 2; Slice.All ] t, (fun i j -> at (2 * i) j)

        let view, at = Seq.fold (fun state _ -> step state) (t, (fun i j -> data[i, j])) [ 1..5 ]
        let expected =
            [ for i in 0 .. view.Shape[0] - 1 do
                  for j in 0 .. view.Shape[1] - 1 -> at i j ]
        if floats view = expected then Verdict.Holds else Verdict.Fails $"%A{floats view}, not %A{expected}")

let private draws =
    Seed.law "a draw's lane depends on seed, position and lane alone" 200 1. (fun random ->
        let draw = { Key = uint64 (random.NextInt64()); Position = uint64 (random.NextInt64()) }
        let fill dtype n = Drawing.fill draw (TensorType(dtype, [ n ]))
        let n = random.Next 40
        let prefix = (fill DType.Float64 100 :?> float array)[.. n - 1]
        let shorter = fill DType.Float64 n :?> float array
        let single = fill DType.Float32 100 :?> float32 array

        if shorter <> prefix then Verdict.Fails "a shorter draw is no prefix"
        elif single |> Array.exists (fun u -> u < 0f || u >= 1f) then Verdict.Fails "outside of [0, 1)"
        else Verdict.Holds)

let tests = testList "Execute" [ programs; layouts; draws ]
