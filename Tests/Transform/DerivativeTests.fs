/// Derivatives of functions over structures, each against what is known of it.
module Functional.Tests.Transform.DerivativeTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

type private Parameters = { Weights: Tensor list; Bias: Tensor * Tensor; Steps: Tensor; Name: string }

let private vector (data: float list) = Tensor.create [ data.Length ] "" (Array.ofList data)
let private floats (t: Tensor) = List.ofArray (Tensor.toArray<float> t)
let private sum (x: Tensor) = Tensor.sum [] x
let private random n (source: Random) = Tensor.create [ n ] "" (Array.init n (fun _ -> 2. * source.NextDouble() - 1.))

/// Mixed products of all elements, so that no second derivative vanishes.
let private potential (x: Tensor) = sum (Tensor.cumprod 0 (sin x + 1.2)) + sum (x * x * x)
let private field (x: Tensor) = Tensor.cumsum 0 (x * x) * exp x

let private near (a: Tensor) (b: Tensor) =
    let close x y = abs (x - y) <= 1e-10 * (1. + abs x + abs y)
    if a.Type = b.Type && List.forall2 close (floats a) (floats b) then
        Verdict.Holds
    else
        Verdict.Fails $"{a} and {b}"

let private structures =
    testList
        "structures"
        [ test "a gradient has the structure of its argument, with zeros for integers" {
              let at =
                  { Weights = [ vector [ 1.; 2. ]; vector [ 3. ] ]
                    Bias = Tensor.scalar 4., Tensor.scalar 5f
                    Steps = Tensor.scalar 7L
                    Name = "p" }
              let loss p =
                  sum (p.Weights[0] * p.Weights[0])
                  + sum (fst p.Bias * p.Weights[1])
                  + sum (Tensor.cast DType.Float64 p.Steps)
              let value, g = valueAndGrad loss at
              Expect.equal (Tensor.toScalar<float> value) 24. "value"
              Expect.equal (List.map floats g.Weights, g.Name) ([ [ 2.; 4. ]; [ 4. ] ], "p") "weights"
              Expect.equal (floats (fst g.Bias)) [ 3. ] "bias"
              Expect.equal (Tensor.toScalar<float32>(snd g.Bias)) 0f "what the loss does not use"
              Expect.equal (Tensor.toScalar<int64> g.Steps) 0L "integers are held fixed"
          }
          test "maps, arrays and options" {
              let at = Map.ofList [ "a", [| vector [ 2. ] |]; "b", [||] ], Some(vector [ 3. ])
              let g, y = grad (fun (m: Map<string, Tensor array>, o: Tensor option) -> sum (m["a"][0] * o.Value)) at
              Expect.equal (floats (g["a"][0]), g["b"].Length, floats y.Value) ([ 3. ], 0, [ 2. ]) "gradient"
          }
          test "comparisons, roundings and integers pass nothing on" {
              let x = vector [ -0.5; 2.5 ]
              for f in
                  [ (fun (x: Tensor) -> Tensor.cast DType.Float64 (x .> 0.))
                    floor
                    round
                    Tensor.sign
                    (fun x -> Tensor.cast DType.Float64 (Tensor.cast DType.Int32 x))
                    Tensor.stopGradient ] do
                  Expect.equal (floats (grad (fun x -> sum (f x)) x)) [ 0.; 0. ] "gradient"
          }
          test "what is no floating-point scalar has no gradient" {
              Expect.throwsT<ShapeException> (fun () -> grad (fun x -> x * x) (vector [ 1.; 2. ]) |> ignore) "a vector"
              Expect.throwsT<ShapeException> (fun () -> grad id (Tensor.scalar 1L) |> ignore) "an integer"
          } ]

let private law name judge = Seed.law name 200 1. (fun source -> judge (random (1 + source.Next 4) source) source)

let private identities =
    testList
        "identities"
        [ law "the Jacobian of a linear map is its matrix" (fun x source ->
              let n = x.Count
              let matrix = Tensor.create [ 3; n ] "" (Array.init (3 * n) (fun _ -> source.NextDouble()))
              near (jacobian (Tensor.matmul matrix) x) matrix)
          law "J v and wᵀ J are those of the Jacobian" (fun x source ->
              let j = jacobian field x
              let v, w = random x.Count source, random x.Count source
              let _, pushed = jvp field x v
              let _, pull = vjp field x
              Verdict.all [ near pushed (Tensor.matmul j v); near (pull w) (Tensor.matmul w j) ])
          law "the Hessian is the Jacobian of the gradient, and symmetric" (fun x _ ->
              let h = hessian potential x
              Verdict.all [ near h (jacobian (grad potential) x); near h (Tensor.transpose h) ])
          law "the Laplacian is the trace of the Hessian" (fun x _ ->
              near (laplacian potential x) (sum (hessian potential x * Tensor.eye DType.Float64 x.Count)))
          law "the divergence is the trace of the Jacobian" (fun x _ ->
              near (divergence field x) (sum (jacobian field x * Tensor.eye DType.Float64 x.Count)))
          law "the gradient's divergence is the Laplacian" (fun x _ ->
              near (divergence (grad potential) x) (laplacian potential x))
          law "blocks of a structure's Hessian are its mixed derivatives" (fun x source ->
              let y = random x.Count source
              let blocks = hessianBlocks (fun (x: Tensor, y: Tensor) -> sum (x * x * y)) (x, y)
              let diagonal (d: Tensor) = Tensor.eye DType.Float64 x.Count * d
              Verdict.all
                  [ near blocks[0].[0] (diagonal (2. * y))
                    near blocks[0].[1] (diagonal (2. * x))
                    near blocks[1].[1] (diagonal (0. * x)) ])
          law "accelerated derivatives of every kind have the bits of direct ones" (fun x source ->
              let v = random x.Count source
              let all (x: Tensor) =
                  [ grad potential x
                    snd (jvp field x v)
                    (let _, pull = vjp field x in pull v)
                    jacobian field x
                    hessian potential x
                    laplacian potential x
                    divergence field x ]
              Acceleration.equalsDirect all [ x; random x.Count source ] 1UL) ]

/// What is made of a value in slices.
let private slices =
    let along dim (ranges: (int * int) list) (x: Tensor) =
        [ for start, count in ranges -> Tensor.sliceDim dim (Slice.Range(start, start + count)) x ]
    /// The gradient of Σ weight · slice², by hand.
    let expected dim (ranges: (int * int) list) (weights: float list) (x: Tensor) =
        let at = Tensor.arange DType.Float64 0. (float x.Shape[dim]) 1.
        let at = Tensor.expandDims (1 - dim) at
        let share (start, count) weight =
            let inside = (at .>= float start) &&& (at .< float (start + count))
            2. * weight * x * Tensor.cast DType.Float64 inside
        List.map2 share ranges weights |> List.reduce (+)
    let loss dim ranges weights x =
        List.map2 (fun weight part -> weight * sum (part * part)) weights (along dim ranges x)
        |> List.reduce (+)
    let x = Tensor.create [ 4; 6 ] "" [| for k in 1..24 -> float k - 7.5 |]
    let names dim ranges weights =
        let fast = accelerateWith AccelerateOptions.Default (grad (loss dim ranges weights))
        fast.Invoke x |> ignore
        [ for i in fast.Traces[0].Instructions -> i.Op.Name ]

    testList
        "slices"
        [ for name, dim, ranges in
              [ "beside each other", 1, [ 0, 2; 2, 3; 5, 1 ]
                "in any order", 1, [ 5, 1; 0, 2; 2, 3 ]
                "with gaps", 1, [ 1, 1; 3, 2 ]
                "that overlap", 1, [ 0, 4; 2, 4; 1, 1; 4, 2 ]
                "twice the same", 0, [ 1, 2; 1, 2 ]
                "of rows", 0, [ 0, 1; 3, 1; 1, 2 ]
                "one alone", 0, [ 2, 2 ]
                "of everything", 1, [ 0, 6; 0, 3 ] ] do
              test name {
                  let weights = [ for k in 1 .. ranges.Length -> float k ]
                  let g = grad (loss dim ranges weights)
                  Expect.equal (floats (g x)) (floats (expected dim ranges weights x)) "the gradient"
                  Expect.equal (Acceleration.equalsDirect g [ x; -x ] 1UL) Verdict.Holds "accelerated"
                  // Of a second derivative the first is a part.
                  let twice = grad (fun x -> let d = g x in sum (d * d * x)) x
                  let slope k =
                      let h = 1e-6
                      let at step =
                          let moved = Tensor.toArray<float> x
                          moved[k] <- moved[k] + step
                          let moved = Tensor.create [ 4; 6 ] "" moved
                          let d = g moved in
                          Tensor.toScalar<float>(sum (d * d * moved))
                      (at h - at -h) / (2. * h)
                  for k in 0..5..23 do
                      // Central differences of a cubic: the rounding of values near 1e4, divided by h.
                      Expect.floatClose
                          { absolute = 1e-3; relative = 1e-6 }
                          (List.item k (floats twice))
                          (slope k)
                          "second"
              }
          test "those beside each other are put together, none is padded" {
              let ops = names 1 [ 0, 2; 2, 3; 5, 1 ] [ 1.; 2.; 3. ]
              Expect.contains ops "Concat" "together"
              Expect.isFalse (List.contains "Pad" ops) "no pad"
          } ]

let private nesting =
    testList
        "nesting"
        [ test "perturbations of nested gradients are kept apart" {
              // d/dx (x · d/dy (x + y)) = d/dx x = 1.
              let f (x: Tensor) = x * grad (fun (y: Tensor) -> x + y) (Tensor.scalar 1.)
              Expect.equal (Tensor.toScalar<float>(grad f (Tensor.scalar 3.))) 1. "not 2"
          }
          test "the fifth derivative of x⁵" {
              let rec derivative n (f: Tensor -> Tensor) = if n = 0 then f else derivative (n - 1) (grad f)
              let fifth = derivative 5 (fun x -> x * x * x * x * x)
              Expect.equal (Tensor.toScalar<float>(fifth (Tensor.scalar 0.7))) 120. "5!"
          }
          test "a vjp is pulled more than once, and after its function returned" {
              let y, pull = vjp (fun (x: Tensor) -> x * x) (vector [ 1.; 2. ])
              Expect.equal (floats y) [ 1.; 4. ] "value"
              Expect.equal
                  [ for k in 1..2 -> floats (pull (vector [ float k; 1. ])) ]
                  [ [ 2.; 4. ]; [ 4.; 4. ] ]
                  "pulled"
          } ]

let tests = testList "Derivatives" [ structures; identities; slices; nesting ]
