/// Every rule fires, and leaves the bits that direct execution gives.
module Functional.Tests.Passes.RuleTests

open Expecto
open Functional
open Functional.FSharp
open Functional.Properties

let private lift f xs = Elementwise.lift f xs
let private cast dtype x = lift (Cast dtype) [ x ]
let private select c x y = lift Where [ c; x; y ]
let private move op x = Define.apply op [ x ]
let private matrix x = move (Movement.reshape [ 4; 5 ] Format.None) x
let private spread x = move (Movement.broadcast [ 3; Specials.Count ] Format.None [ 1 ]) x
/// Through arithmetic, so that all NaN are alike.
let private settled (x: Tensor) = x * x
let private filled (like: Tensor) value = Movement.constant like.Interpreter like.Type value

/// By the name of a rule: functions of two vectors and a mask in which it fires, and the data types that they take.
let private exact: (string * DType list * (Tensor -> Tensor -> Tensor -> Tensor)) list =
    let floats, ints, numbers =
        [ DType.Float32; DType.Float64 ],
        [ DType.Int32; DType.Int64 ],
        [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ]

    [ "permute in order x = x", numbers, (fun x _ _ -> move (Movement.permute [ 0; 1 ]) (matrix x))
      "y tied to x = y", numbers, (fun x _ _ -> customVjp (fun (x: Tensor) -> x + x) (fun _ _ dy -> dy) x)
      "permute (permute x) = permute x",
      numbers,
      (fun x _ _ ->
          move (Movement.reshape [ 2; 2; 5 ] Format.None) x
          |> move (Movement.permute [ 1; 2; 0 ])
          |> move (Movement.permute [ 2; 1; 0 ]))
      "reshape to the same sizes x = x",
      numbers,
      (fun x _ _ -> move (Movement.reshape [ Specials.Count ] Format.None) x)
      "reshape (reshape x) = reshape x",
      numbers,
      (fun x _ _ -> matrix x |> move (Movement.reshape [ 10; 2 ] Format.None))
      "broadcast to the same sizes x = x",
      numbers,
      (fun x _ _ -> move (Movement.broadcast [ Specials.Count ] Format.None [ 0 ]) x)
      "broadcast (broadcast x) = broadcast x",
      numbers,
      (fun x _ _ -> spread x |> move (Movement.broadcast [ 3; 2; Specials.Count ] Format.None [ 0; 2 ]))
      "permute (broadcast x) = broadcast x", numbers, (fun x _ _ -> spread x |> move (Movement.permute [ 1; 0 ]))
      "broadcast (permute x) = broadcast x",
      numbers,
      (fun x _ _ ->
          move (Movement.reshape [ 2; 2; 5 ] Format.None) x
          |> move (Movement.permute [ 1; 2; 0 ])
          |> move (Movement.broadcast [ 2; 3; 5; 2 ] Format.None [ 0; 2; 3 ]))
      "move (broadcast scalar) = broadcast scalar",
      numbers,
      (fun x _ _ ->
          x
          + move
              (Movement.slice [ 3, 1, 20 ])
              (move (Movement.broadcast [ 40 ] Format.None []) (move (Movement.sum [ 0 ]) x)))
      "slice of all x = x", numbers, (fun x _ _ -> move (Movement.slice [ 0, 1, Specials.Count ]) x)
      "slice (slice x) = slice x",
      numbers,
      (fun x _ _ -> move (Movement.slice [ 17, -2, 8 ]) x |> move (Movement.slice [ 1, 3, 2 ]))
      "slice (pad x) = pad x by less",
      numbers,
      (fun x _ _ -> move (Movement.pad [ 2, 3, 0 ] 1.) x |> move (Movement.slice [ 1, 1, Specials.Count + 2 ]))
      "contract (x, y) over 1 term = x · y",
      numbers,
      (fun x y _ ->
          let one = move (Movement.slice [ 3, 1, 1 ]) y |> move (Movement.reshape [ 1; 1 ] Format.None)
          let column = move (Movement.reshape [ Specials.Count; 1 ] Format.None) x
          Define.apply (Contractions.op { Batch = []; Sum = [ 1, 1 ] }) [ column; one ]
          |> move (Movement.reshape [ Specials.Count ] Format.None))
      "contract (x, y) over 1 term = x · y",
      numbers,
      (fun x y _ ->
          let pairs = { Batch = [ 2, 0 ]; Sum = [ 0, 2 ] }
          let x, y =
              move (Movement.reshape [ 1; 5; 4 ] Format.None) x, move (Movement.reshape [ 4; 5; 1 ] Format.None) y
          move (Movement.reshape [ 100 ] Format.None) (Define.apply (Contractions.op pairs) [ x; y ])
          |> move (Movement.slice [ 3, 2, 20 ]))
      "concat [x] = x", numbers, (fun x _ _ -> move (Movement.concat 0) x)
      "pad x by nothing = x", numbers, (fun x _ _ -> move (Movement.pad [ 0, 0, 0 ] 1.) x)
      "reduce x over sizes of 1 = reshape x",
      numbers,
      (fun x _ _ -> move (Movement.reshape [ 1; 20; 1 ] Format.None) (settled x) |> move (Movement.sum [ 0; 2 ]))
      "c · x = x · c", numbers, (fun x _ _ -> 3. * x)
      "f (x, broadcast scalar) = f (x, scalar)", numbers, (fun x _ _ -> x - filled x 2.)
      "f (x, broadcast scalar) = f (x, scalar)",
      floats,
      (fun x y _ -> Define.apply Activations.sigmoid [ x ] * filled y 0.5)
      "f (broadcast x) = broadcast (f x)", numbers, (fun x y _ -> spread x - spread y)
      "f (broadcast x) = broadcast (f x)", floats, (fun x _ _ -> Define.apply Activations.sigmoid [ spread x ])

      "x * 1 = x", floats, (fun x _ _ -> settled x * 1.)
      "x * 1 = x", ints, (fun x _ _ -> 1. * x)
      "x / 1 = x", floats, (fun x _ _ -> settled x / 1.)
      "x / 1 = x", ints, (fun x _ _ -> x / 1.)
      "x - 0 = x", floats, (fun x _ _ -> -(settled x) - 0. |> fun z -> (x - x) - 0. + z)
      "x + -0 = x", floats, (fun x _ _ -> x * 2. + -0.)
      "n + 0 = n", ints, (fun x _ _ -> x + 0.)
      "n * 0 = 0", ints, (fun x _ _ -> x * 0.)
      "n - n = 0", ints, (fun x _ _ -> x - x)
      "--x = x", numbers, (fun x _ _ -> -(-(settled x)))
      "x / 2ᵏ = x * 2⁻ᵏ", floats, (fun x _ _ -> x / 8. + x / -0.25)
      "abs (abs x) = abs x", numbers, (fun x _ _ -> abs (abs x))
      "abs -x = abs x", numbers, (fun x _ _ -> abs -x)
      "round (round x) = round x", floats, (fun x _ _ -> Tensor.Round(floor x))
      "not (not x) = x", numbers, (fun x y c -> select (lift Not [ lift Not [ c ] ]) x y)
      "x and true = x", numbers, (fun x y c -> select (lift And [ c; filled c 1. ]) x y)
      "x and false = false", numbers, (fun x y c -> select (lift And [ c; filled c 0. ]) x y)
      "x or false = x", numbers, (fun x y c -> select (lift Or [ c; filled c 0. ]) x y)
      "x or true = true", numbers, (fun x y c -> select (lift Or [ c; filled c 1. ]) x y)
      "x and x = x or x = x", numbers, (fun x y c -> select (lift Or [ c; c ]) x y)
      "where c x x = x", numbers, (fun x _ c -> let y = settled x in select c y y)
      "where true x y = x", numbers, (fun x y c -> select (filled c 1.) (settled x) y)
      "where true x y = x", numbers, (fun x y c -> select (filled c 0.) x (settled y))
      "where (not c) x y = where c y x", numbers, (fun x y c -> select (lift Not [ c ]) x y)
      "where c (where c x y) z = where c x z", numbers, (fun x y c -> select c (select c x y) (-x))
      "where c (where c x y) z = where c x z", numbers, (fun x y c -> select c x (select c (-x) y))
      "cast to its own type x = x", numbers, (fun x _ _ -> cast x.DType (settled x))
      "cast (wider x) = cast x", [ DType.Float32 ], (fun x _ _ -> cast DType.Int32 (cast DType.Float64 x))
      "cast (wider x) = cast x", [ DType.Float32 ], (fun x _ _ -> cast DType.Float32 (cast DType.Float64 (settled x)))
      "cast (wider x) = cast x", [ DType.Int32 ], (fun x _ _ -> cast DType.Float32 (cast DType.Float64 x))
      "cast (wider x) = cast x", [ DType.Int32 ], (fun x _ _ -> cast DType.Float32 (cast DType.Int64 x))
      "cast (wider x) = cast x", numbers, (fun _ _ c -> cast DType.Float32 (cast DType.Int64 c)) ]

/// The same for laws that only real numbers obey.
let private relaxed: (string * (Tensor -> Tensor -> Tensor)) list =
    [ "x + 0 = x", (fun x _ -> x + 0.)
      "x * 1 = x, whatever x", (fun x _ -> x * 1.)
      "x * 0 = 0", (fun x _ -> x * 0.)
      "x * -1 = -x", (fun x _ -> x * -1.)
      "x - x = 0", (fun x _ -> x - x)
      "x / c = x * (1 / c)", (fun x _ -> x / 3.)
      "(x * c) * d = x * (c * d)", (fun x _ -> x * 3. * 0.1)
      "x + -y = x - y", (fun x y -> x + -y)
      "x - -y = x + y", (fun x y -> x - -y)
      "-x * -y = x * y", (fun x y -> -x * -y) ]

let private reversed (x: Tensor) = move (Movement.slice [ Specials.Count - 1, -1, Specials.Count ]) x

let private block (t: Tensor) = (Execute.blockOf t).Value

let private draw: Draw = { Key = 1UL; Position = 0UL }

/// Runs a trace op by op.
let private run (trace: Trace) inputs =
    let blocks = Steps(trace).Run(draw, inputs |> List.map block |> Array.ofList)
    Direct.Tensor(trace.TypeOf trace.Outputs[0], blocks[0])

let private traced f dtype =
    let x = Specials.tensor dtype
    let inputs = [ x; reversed x; Specials.tensor DType.Bool ]
    inputs, traceOf f inputs

let private fires name rules dtype f =
    let inputs, trace = traced f dtype
    let better, fired = Rewrite.run rules trace
    Expect.isTrue (fired |> List.exists (fun (n, _) -> n = name)) $"{name} fires on {dtype} in\n{Print.text trace}"
    Expect.isEmpty (Verify.faults better) "a program"
    inputs, trace, better

let private exactCase k (name, dtypes, f) =
    testCase $"{name}, {k}" (fun () ->
        for dtype in dtypes do
            let f (xs: Tensor list) = f xs[0] xs[1] xs[2]
            let inputs, trace, better = fires name (Canonicalise.rules @ Simplify.rules) dtype f
            let difference = Compare.difference (run trace inputs) (run better inputs)
            Expect.equal difference None $"{dtype}, {Print.text trace} and {Print.text better}")

let private relaxedCase (name, f) =
    testCase name (fun () ->
        for dtype in [ DType.Float32; DType.Float64 ] do
            let f (xs: Tensor list) = f xs[0] xs[1]
            let inputs, trace, better = fires name Relaxed.rules dtype f
            let before, after =
                Evaluate.lanes trace.Inputs[0] (block (run trace inputs)),
                Evaluate.lanes trace.Inputs[0] (block (run better inputs))
            let eps = if dtype = DType.Float32 then 2e-7 else 4e-16

            for a, b in Array.zip before after do
                match a, b with
                // Two roundings for one, each of half a unit; and what is not finite may become finite.
                | Real a, Real b when System.Double.IsFinite a ->
                    Expect.isLessThanOrEqual (abs (a - b)) (3. * eps * abs a + 1e-44) $"{name} of {a}"
                | _ -> ())

let private everyRule = test "every rule stands in a test" {
    let named = set [ for name, _, _ in exact -> name ] + set [ for name, _ in relaxed -> name ]
    let rules = set [ for r in Canonicalise.rules @ Simplify.rules @ Relaxed.rules -> r.Name ]
    Expect.isEmpty (rules - named) "rules without a test"
}

let private inexact = test "laws that hold for numbers only are not applied" {
    for name, f in relaxed do
        let _, trace = traced (fun xs -> f xs[0] xs[1]) DType.Float32
        let better, _ = Rewrite.run (Canonicalise.rules @ Simplify.rules) trace
        let inputs =
            [ Specials.tensor DType.Float32
              reversed (Specials.tensor DType.Float32)
              Specials.tensor DType.Bool ]
        Expect.equal (Compare.difference (run trace inputs) (run better inputs)) None name
}

let tests =
    testList
        "Rules"
        [ testList "exact" (List.mapi exactCase exact)
          testList "relaxed" (List.map relaxedCase relaxed)
          everyRule
          inexact ]
