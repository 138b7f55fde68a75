/// A hit allocates its results and nothing else.
module Functional.Tests.Accelerate.AllocationTests

open System
open Expecto
open Functional
open Functional.FSharp

/// A result on a 64-bit machine: a tensor (40 bytes), where its elements are and how they lie (48), and an array of them (24 and
/// the elements, in whole words).
let private resultBytes (t: Tensor) =
    let size =
        match t.DType with
        | DType.Bool -> 1
        | DType.Float32
        | DType.Int32 -> 4
        | _ -> 8
    112 + (t.Count * size + 7) / 8 * 8

/// What a replayed call allocates on this thread. Timing of some of the calls is averaged out. The least of some rounds: until
/// the compiler has seen enough of the library's code to do its best, it makes objects that it does without later.
let private bytesOf (expected: int64) (f: 'T -> 'R) (x: 'T) =
    let fast = accelerateWith { AccelerateOptions.Default with Governed = false } f
    for _ in 1..300 do
        fast.Invoke x |> ignore

    let calls = 256
    let round () =
        let before = GC.GetAllocatedBytesForCurrentThread()

        for _ in 1..calls do
            fast.Invoke x |> ignore

        (GC.GetAllocatedBytesForCurrentThread() - before) / int64 calls

    // The compiler is at work on another thread, which on a busy machine may have to wait for seconds.
    let mutable least, rounds = Int64.MaxValue, 0
    while least > expected && rounds < 60 do
        if rounds >= 8 then Threading.Thread.Sleep 50
        least <- min least (round ())
        rounds <- rounds + 1
    least

let private allocatesResults name (objects: int) (f: 'T -> 'R) (x: 'T) = test name {
    let results = fst (Structures.flatten (f x)) |> Array.sumBy resultBytes
    let expected = int64 (results + objects)
    Expect.equal (bytesOf expected f x) expected "bytes"
}

type private Perceptron = { W1: Tensor; B1: Tensor; W2: Tensor; B2: Tensor }

let private perceptron =
    let normal sizes = Tensor.normalFrom (Generator 1UL) DType.Float32 sizes ""
    { W1 = normal [ 16; 16 ]; B1 = normal [ 16 ]; W2 = normal [ 16; 4 ]; B2 = normal [ 4 ] }

let private step (p: Perceptron, x, t) =
    let predict p = Tensor.matmul (tanh (Tensor.matmul x p.W1 + p.B1)) p.W2 + p.B2
    let loss, slopes = valueAndGrad (fun p -> Loss.meanSquaredError (predict p) t) p
    struct (loss, Structure.Map((fun p d -> p - 0.1 * d), p, slopes))

let private vector = Tensor.create [ 4 ] "" [| 1f; 2f; 3f; 4f |]

let private guarded (x: Tensor) =
    let y = exp x
    if Tensor.op_Explicit (Tensor.sum [ 0 ] y .> 0.) then y else x

let tests =
    testList
        "allocation"
        [ testSequenced
          <| testList
              "of a hit"
              [ allocatesResults "nothing for an input handed on" (-resultBytes vector) id vector
                allocatesResults "one op" 0 (fun x -> x + 1.) vector
                allocatesResults "another shape" 0 (fun x -> Tensor.reshape [ 2; 2 ] (x + 1.)) vector
                allocatesResults "a reduction" 0 (fun x -> Tensor.sum [ 0 ] (exp x)) vector
                allocatesResults
                    "a guard on the way"
                    0
                    (fun (x: Tensor) -> if Tensor.op_Explicit (x[0] .> 0.) then x * 2. else x)
                    vector
                allocatesResults
                    "a guard on a part, and what was computed before it used after it"
                    0
                    (fun (x: Tensor) ->
                        let y = exp x
                        if Tensor.op_Explicit (Tensor.sum [ 0 ] y .> 0.) then y * 2. else x)
                    vector
                allocatesResults "a result computed before a guard" 0 guarded vector
                allocatesResults "draws" 0 (fun x -> x + Tensor.normalLike x) vector
                allocatesResults
                    "a fold, a scan along the last dimension, their gradient"
                    0
                    (grad (fun x ->
                        let total = fold (fun c s -> tanh (c + s)) (Tensor.zeros DType.Float32 [ 4 ] "") x
                        let _, outputs =
                            scanAlong 1 (fun c s -> (tanh (c * s), c - s)) (Tensor.zeros DType.Float32 [ 4 ] "") x
                        Tensor.sum [ 0 ] total + Tensor.sum [ 0; 1 ] outputs))
                    (Tensor.normalFrom (Generator 3UL) DType.Float32 [ 4; 4 ] "")
                allocatesResults
                    "a loop as long as a value says"
                    0
                    (whileLoop (fun x -> Tensor.sum [ 0 ] x .< 1000.) (fun x -> x * 2.))
                    vector
                allocatesResults
                    "a branch of structured control flow"
                    0
                    (fun x -> cond (Tensor.sum [ 0 ] x .> 0.) exp (fun x -> x + 1.) x)
                    vector
                allocatesResults
                    "a product that a loop follows"
                    0
                    (fun x -> Tensor.oneHot DType.Float32 4 (Tensor.arange DType.Int64 0. 4. 1.) - Tensor.matmul x x)
                    (Tensor.zeros DType.Float32 [ 4; 4 ] "")
                allocatesResults
                    "a large product that a loop follows"
                    0
                    (fun x -> x - Tensor.matmul x x)
                    (Tensor.zeros DType.Float32 [ 96; 96 ] "")
                allocatesResults "padding" 0 (Tensor.pad [ 1, 2 ] 0.) vector
                allocatesResults "picking" 0 (fun x -> Tensor.gather 0 (Tensor.create [ 2 ] "" [| 3L; 0L |]) x) vector
                allocatesResults
                    "inputs that do not lie dense"
                    0
                    (fun x -> x + 1.)
                    (Tensor.zeros DType.Float32 [ 4 ] "")
                // A list: 32 for each item.
                allocatesResults "a list" 64 (List.map (fun x -> x + 1.)) [ vector; vector ]
                // The record: 48.
                allocatesResults
                    "a step of training"
                    48
                    step
                    (perceptron,
                     Tensor.normalFrom (Generator 2UL) DType.Float32 [ 1; 16 ] "",
                     Tensor.create [ 1; 4 ] "" [| 0f; 1f; 0f; 1f |]) ] ]
