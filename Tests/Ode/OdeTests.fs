/// Differential equations: known solutions, orders, derivatives, acceleration, and what is refused.
module Functional.Tests.Ode.OdeTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties

let private vector (values: float list) = Tensor.create [ values.Length ] "" (Array.ofList values)
let private real (x: float) = Tensor.scalar x
let private floats (x: Tensor) = Tensor.toArray<float> x

let private holds verdict =
    match verdict with
    | Verdict.Holds -> ()
    | other -> failtest $"{other}"

let private modes = [ GradientMode.Direct; GradientMode.Adjoint ]

let private within tolerance mode =
    { OdeOptions.Default with
        RelativeTolerance = tolerance
        AbsoluteTolerance = 1e-3 * tolerance
        GradientMode = mode }

let private tight = within 1e-10

/// The same step everywhere, whatever the error.
let private ofStep h =
    { OdeOptions.Default with
        RelativeTolerance = 1e6
        AbsoluteTolerance = 1e6
        InitialStep = Some h
        MaxStep = Some h }

let private isNear (tolerance: float) (expected: float seq) (actual: Tensor) message =
    for e, a in Seq.zip expected (floats actual) do
        Expect.isLessThan (abs (e - a)) (tolerance * max 1. (abs e)) $"{message}: {a:R} for {e:R}"

/// y' = θ y.
let private growth (_: Tensor) (y: Tensor) (rate: Tensor) = rate * y

/// A van der Pol oscillator.
let private oscillator (_: Tensor) (x: Tensor, v: Tensor) (damping: Tensor) = v, damping * (1. - x * x) * v - x

/// Prey and predators: x' = a x - b x y, y' = d x y - c y.
let private animals (_: Tensor) (x: Tensor, y: Tensor) (p: Tensor) = p[0] * x - p[1] * x * y, p[3] * x * y - p[2] * y

let private rates = vector [ 1.5; 1.; 3.; 1. ]

/// The forced motion of two coupled masses: a field with every kind of dependence.
let private coupled (t: Tensor) (y: Tensor) (a: Tensor, b: Tensor) =
    Tensor.sum [ 1 ] (sin (a * t) * b - a * y) - 0.1 * y * y

let private matrix = Tensor.create [ 2; 2 ] "" [| 0.5; 0.3; -0.2; 0.4 |]

/// MathNet's Runge–Kutta method of order 4, in steps so small that its error is of the order of 1e-12.
let private byMathNet (f: float -> float array -> float array) until (start: float array) =
    let field =
        Func<float, MathNet.Numerics.LinearAlgebra.Vector<float>, MathNet.Numerics.LinearAlgebra.Vector<float>>
            (fun t y -> MathNet.Numerics.LinearAlgebra.CreateVector.Dense(f t (y.ToArray())))

    let vector = MathNet.Numerics.LinearAlgebra.CreateVector.Dense start
    (Array.last (MathNet.Numerics.OdeSolvers.RungeKutta.FourthOrder(vector, 0., until, 20_001, field))).ToArray()

let private solutions =
    testList
        "solutions"
        [ test "y' = θ y gives e^θ, and e^θ for its derivative, to the tolerance" {
              for mode in modes do
                  for tolerance in [ 1e-3; 1e-6; 1e-9 ] do
                      for rate in [ -2.; 0.3; 1.; 2.5 ] do
                          let f rate = Ode.solve45With (within tolerance mode) growth (vector [ 0.; 1. ]) (real 1.) rate
                          let y, slope = valueAndGrad f (real rate)
                          // Errors of steps add up along the way, and grow with the solution.
                          isNear (20. * tolerance) [ exp rate ] y $"value {mode} {tolerance}"
                          isNear (20. * tolerance) [ exp rate ] slope $"slope {mode} {tolerance}"
          }
          test "default tolerances are 1e-3 and 1e-6" {
              let y = Ode.solve45 growth (vector [ 0.; 10. ]) (real 1.) (real 1.)
              isNear 1e-2 [ exp 10. ] y "e"
              Expect.isGreaterThan (abs (float y / exp 10. - 1.)) 1e-5 "no tighter"
          }
          test "prey and predators as MathNet finds them" {
              let expected =
                  byMathNet (fun _ y -> [| 1.5 * y[0] - y[0] * y[1]; y[0] * y[1] - 3. * y[1] |]) 5. [| 10.; 4. |]
              let x, y =
                  Ode.solve45With (tight GradientMode.Direct) animals (vector [ 0.; 5. ]) (real 10., real 4.) rates
              isNear 1e-8 [ expected[0] ] x "prey"
              isNear 1e-8 [ expected[1] ] y "predators"
          }
          test "a van der Pol oscillator as MathNet finds it" {
              let expected = byMathNet (fun _ y -> [| y[1]; 5. * (1. - y[0] * y[0]) * y[1] - y[0] |]) 10. [| 2.; 0. |]
              let x, v =
                  Ode.solve45With
                      (tight GradientMode.Direct)
                      oscillator
                      (vector [ 0.; 10. ])
                      (real 2., real 0.)
                      (real 5.)
              isNear 1e-7 [ expected[0] ] x "position"
              isNear 1e-7 [ expected[1] ] v "velocity"
          }
          test "the oscillator's period for μ = 1 is 6.6632868593, as published" {
              // Start on the limit cycle (A = 2.00861986087, at rest): it comes back (Andersen and Geer, 1982; OEIS A345318).
              let period = 6.6632868593231301896996820305
              let x, v =
                  Ode.solve45With
                      (tight GradientMode.Direct)
                      oscillator
                      (vector [ 0.; period ])
                      (real 2.00861986087484313650, real 0.)
                      (real 1.)
              isNear 1e-8 [ 2.00861986087484313650 ] x "position"
              isNear 1e-8 [ 0. ] v "velocity"
          }
          test "many times: all but the first, interpolated; two times give the last of them" {
              let times = [ 0.; 0.1; 0.5; 0.51; 1.7; 2. ]
              let f times = Ode.solve45With (within 1e-8 GradientMode.Direct) growth (vector times) (real 1.) (real -1.)
              let all = f times
              Expect.equal (List.ofSeq all.Shape) [ 5 ] "sizes"
              isNear 1e-6 [ for t in times.Tail -> exp -t ] all "values"
              let few, last = f [ 0.; 2. ], Array.last (floats all)
              Expect.equal (float few, few.Rank) (last, 0) "the same steps"
          }
          test "time is passed on, in the data type of the state" {
              let start = Tensor.scalar 1f
              let y = Ode.solve45 (fun t (y: Tensor) () -> 3. * t * t + 0. * y) (vector [ 1.; 2. ]) start ()
              Expect.equal y.DType DType.Float32 "data type"
              Expect.floatClose Accuracy.low (float y) 8. "1 + 2³ - 1³"
          }
          test "a tolerance below rounding is taken as what rounding permits" {
              let options = { within 1e-12 GradientMode.Direct with AbsoluteTolerance = 1e-12 }
              let y = Ode.solve45With options growth (vector [ 0.; 1. ]) (Tensor.scalar 1f) (Tensor.scalar 1f)
              Expect.isLessThan (abs (float y - Math.E)) 3e-5 "100 ulp of Float32 a step"
          }
          test "backward in time undoes forward" {
              let p = matrix, real 0.7
              let there =
                  Ode.solve45With (tight GradientMode.Direct) coupled (vector [ 0.; 3. ]) (vector [ 1.; -0.5 ]) p
              let back = Ode.solve45With (tight GradientMode.Direct) coupled (vector [ 3.; 0. ]) there p
              isNear 1e-8 [ 1.; -0.5 ] back "the start"
          }
          test "a slope of nothing but zeros takes the longest steps" {
              let y = Ode.solve45 (fun _ (y: Tensor) () -> 0. * y) (vector [ 0.; 1. ]) (vector [ 1.; 2. ]) ()
              Expect.sequenceEqual (floats y) [ 1.; 2. ] "as it was"
          } ]

let private orders =
    /// How often the error halves when steps do.
    let order (error: float -> float) h = Math.Log2(error h / error (h / 2.))
    // y' = y cos t, y = e^(sin t).
    let field (t: Tensor) (y: Tensor) () = y * cos t
    let error solve (h: float) = abs (float (solve h (vector [ 0.; 2. ]) (real 1.): Tensor) - exp (sin 2.))
    let isOrder expected found =
        Expect.isGreaterThan found (expected - 0.15) "order"
        Expect.isLessThan found (expected + 0.4) "order"

    testList
        "orders of convergence"
        [ test "5 at the ends of steps" {
              isOrder 5. (order (error (fun h times y -> Ode.solve45With (ofStep h) field times y ())) 0.05)
          }
          test "4 between them" {
              let between h =
                  let times = [ 0.; 0.33 * h; 2. + 0.43 * h; 3. ]
                  let y = Ode.solve45With (ofStep h) field (vector times) (real 1.) () |> floats
                  abs (y[0] - exp (sin times[1])) + abs (y[1] - exp (sin times[2]))
              // An error of order 5 in one step stands on one of order 5 of all steps before.
              Expect.isGreaterThan (order between 0.05) 3.8 "order"
          }
          test "error and tolerance shrink together" {
              let solve tolerance times y = Ode.solve45With (within tolerance GradientMode.Direct) field times y ()
              for tolerance in [ 1e-4; 1e-6; 1e-8; 1e-10 ] do
                  Expect.isLessThan (error solve tolerance) (50. * tolerance) $"{tolerance}"
          }
          test "4 of Runge and Kutta's classical method" {
              let solve h times y = Ode.rungeKutta4 (int (round (2. / h))) field times y ()
              isOrder 4. (order (error solve) 0.05)
          }
          test "1 of Euler's" {
              let solve h times y = Ode.euler (int (round (2. / h))) field times y ()
              isOrder 1. (order (error solve) 0.002)
          } ]

/// Values and derivatives of a solver as a function of start, parameters and times.
let private laws solve (values: (Tensor * (Tensor * Tensor) * Tensor) list) =
    let f (y: Tensor, p: Tensor * Tensor, times: Tensor) : Tensor = solve coupled times y p
    let gradient x = Functions.withGradient f x
    holds (Acceleration.equalsDirect f values 1UL)
    holds (Acceleration.equalsDirect gradient values 1UL)
    holds (Acceleration.tracesAreSignatures f values 1)
    holds (Acceleration.tracesAreSignatures gradient values 1)

    for x in values do
        holds (Differentiation.equalsDifferences f x 1UL)
        holds (Differentiation.transposes f x 1UL)
        holds (Differentiation.equalsDifferences (fun x -> snd (gradient x)) x 1UL)

let private start = vector [ 1.; -0.5 ]
let private strongly = Tensor.create [ 2; 2 ] "" [| 5.; 3.; -7.; 2. |]

let private values =
    [ start, (matrix, real 0.7), vector [ 0.; 0.3; 1. ]
      // Faster, so more steps; and backwards.
      2. * start, (strongly, real 2.), vector [ 0.; 0.8; 1.5 ]
      start, (matrix, real -0.4), vector [ 1.; 0.2; -0.5 ] ]

let private derivatives =
    testList
        "derivatives and acceleration"
        [ test "a cotangent that is not finite leaves NaN, by either mode" {
              for mode in modes do
                  let gradient =
                      accelerate (fun (rate, scale) ->
                          rate
                          |> grad (fun rate ->
                              scale * Ode.solve45With (tight mode) growth (vector [ 0.; 1. ]) (real 1.) rate))
                  for scale in [ 1.; nan; 2.; infinity ] do
                      let slope = float (gradient (real 0.5, real scale))
                      Expect.equal (Double.IsNaN slope) (not (Double.IsFinite scale)) $"{mode}, {scale}"
          }
          test "direct: every law, for values that take other steps" {
              laws (Ode.solve45With (tight GradientMode.Direct)) values
          }
          test "by the adjoint: every law, for values that take other steps" {
              laws (Ode.solve45With (within 1e-11 GradientMode.Adjoint)) values
          }
          test "Runge–Kutta 4: every law" { laws (Ode.rungeKutta4 3) values }
          test "Euler: every law" { laws (Ode.euler 2) values }
          test "other values do take other steps, in one trace" {
              let mutable runs = 0
              let count (speed: float) =
                  // As many steps as are permitted are needed.
                  let solves n =
                      try
                          Ode.solve45With
                              { OdeOptions.Default with MaxSteps = n }
                              growth
                              (vector [ 0.; 1. ])
                              (real 1.)
                              (real speed)
                          |> ignore
                          true
                      with :? OdeException ->
                          false
                  Seq.initInfinite ((+) 1) |> Seq.find solves
              let slow, fast = count 1., count 40.
              Expect.isGreaterThan fast (2 * slow) "steps"
              let f =
                  accelerate (fun rate ->
                      runs <- runs + 1
                      Ode.solve45 growth (vector [ 0.; 1. ]) (real 1.) rate)
              for rate in [ 1.; 40.; -3.; 1.; 0. ] do
                  let direct = Ode.solve45 growth (vector [ 0.; 1. ]) (real 1.) (real rate)
                  Expect.equal (float (f (real rate))) (float direct) $"rate {rate}"
              Expect.equal runs 1 "traced once"
          }
          test "with default tolerances modes and differences agree to them" {
              for mode in modes do
                  let f p =
                      let x, _ =
                          Ode.solve45With
                              { OdeOptions.Default with GradientMode = mode }
                              animals
                              (vector [ 0.; 1. ])
                              (real 1., real 1.)
                              p
                      x
                  let slope = floats (grad f rates)
                  for k in 0..3 do
                      let at h =
                          float (f (vector [ for j, r in Seq.indexed (floats rates) -> if j = k then r + h else r ]))
                      Expect.isLessThan (abs (slope[k] - (at 0.01 - at -0.01) / 0.02)) 2e-2 $"{mode} {k}"
          }
          test "tensors from outside have gradients as parameters do" {
              for mode in modes do
                  let captured (p: Tensor) =
                      Ode.solve45With (tight mode) (fun t y () -> growth t y p) (vector [ 0.; 1. ]) (real 2.) ()
                  let given (p: Tensor) = Ode.solve45With (tight mode) growth (vector [ 0.; 1. ]) (real 2.) p
                  Expect.equal (float (grad captured (real 0.5))) (float (grad given (real 0.5))) $"{mode}"
          }
          test "integers among the parameters are held fixed" {
              for mode in modes do
                  let field (_: Tensor) (y: Tensor) (n: Tensor, rate: Tensor) = rate * Tensor.cast DType.Float64 n * y
                  let f p = Ode.solve45With (tight mode) field (vector [ 0.; 1. ]) (real 1.) p
                  let n, rate = grad f (Tensor.scalar 2, real 0.25)
                  Expect.equal n.DType DType.Int32 "type"
                  isNear 1e-8 [ 2. * exp 0.5 ] rate $"{mode}"
          }
          test "inside structured control flow" {
              let f (x: Tensor) =
                  cond
                      (x .> 0.)
                      (fun x -> Ode.solve45 growth (vector [ 0.; 1. ]) x x)
                      (fun x -> repeat 2 (fun _ y -> Ode.solve45 growth (vector [ 1.; 0. ]) y x) x)
                      x
              holds (Acceleration.equalsDirect (Functions.withGradient f) [ real 0.5; real -0.5; real 2. ] 1UL)
          } ]

type private Motion = { Place: Tensor; Speed: Tensor list }

let private structures =
    testList
        "structures"
        [ test "state and parameters of any structure, formats, and both data types at once" {
              let start =
                  { Place = Tensor.create [ 2; 3 ] "CB" [| 1.; 2.; 3.; 4.; 5.; 6. |]; Speed = [ Tensor.scalar 1f ] }
              let field (_: Tensor) (y: Motion) (p: Map<string, Tensor>) =
                  { Place = -p["rate"] * y.Place; Speed = [ 2f |> float |> (*) y.Speed.Head ] }
              let slowdown = Map.ofList [ "rate", Tensor.create [ 2 ] "C" [| 1.; 0. |] ]
              let f times = Ode.solve45 field (vector times) start slowdown
              let last = f [ 0.; 1. ]
              Expect.equal last.Place.Type start.Place.Type "type"
              isNear 1e-3 [ exp -1.; 2. * exp -1.; 3. * exp -1.; 4.; 5.; 6. ] last.Place "places"
              Expect.floatClose Accuracy.low (float last.Speed.Head) (exp 2.) "speed"
              let all = f [ 0.; 0.5; 1. ]
              Expect.equal (all.Place.Format.Labels, List.ofSeq all.Place.Shape) ("TCB", [ 2; 2; 3 ]) "stacked"
              Expect.equal
                  (all.Speed.Head.Type, List.ofSeq all.Speed.Head.Shape)
                  (TensorType(DType.Float32, [ 2 ]), [ 2 ])
                  "stacked"
              let fixedSteps = Ode.rungeKutta4 20 field (vector [ 0.; 0.5; 1. ]) start slowdown
              Expect.equal fixedSteps.Place.Type all.Place.Type "all methods stack alike"
              isNear 1e-3 (floats all.Place) fixedSteps.Place "and agree"
          }
          test "an empty state has nothing that could be wrong" {
              let y = Ode.solve45 growth (vector [ 0.; 1. ]) (vector []) (real 1.)
              Expect.equal y.Count 0 "empty"
          }
          test "a network as the parameters: the gradient is a network" {
              let net =
                  Network.Sequential(Dense 8, Gelu(), Dense 2).Initialize(Layout.Of("BC", Nullable(), 2), seed = 1UL)
              let x = Tensor.create [ 3; 2 ] "BC" [| 1f; 0f; 0.5f; -1f; 0.3f; 0.2f |]
              let loss mode (net: Network) =
                  Ode.solve45With (within 1e-5 mode) (fun _ y (net: Network) -> net.Predict y) (vector [ 0.; 1. ]) x net
                  |> fun y -> Tensor.sum [] (y * y)
              let gradient mode = Structure.Leaves(grad (loss mode) net)
              for d, a in Seq.zip (gradient GradientMode.Direct) (gradient GradientMode.Adjoint) do
                  for d, a in Seq.zip (Tensor.toArray<float32> d) (Tensor.toArray<float32> a) do
                      Expect.isLessThan (abs (d - a)) 2e-4f "both modes"
              holds (Acceleration.equalsDirect (grad (loss GradientMode.Direct)) [ net ] 1UL)
          }
          test "a layer: untrained it says so; its field is initialised with it; accelerated = direct" {
              let layer = NeuralOde(Network.Sequential(Dense 8, Gelu(), Dense 3), [| 0.; 0.5; 1. |], OdeOptions.Default)
              let net = Network.Sequential(Dense 3, layer).Initialize(Layout.Of("BC", Nullable(), 2), seed = 4UL)
              let x = Tensor.create [ 2; 2 ] "BC" [| 1f; -1f; 0.5f; 0.25f |]
              let y = net.Predict x
              Expect.equal (y.Format.Labels, List.ofSeq y.Shape) ("TBC", [ 2; 2; 3 ]) "states over time"
              Expect.isTrue (Structure.HasSameBits(y, net.Predict(x, Acceleration.None))) "bits"
              let gradient = grad (fun (net: Network) -> Tensor.sum [] (net.Forward x)) net
              for d in Structure.Leaves gradient do
                  Expect.isTrue (Tensor.toArray<float32> d |> Array.exists ((<>) 0f)) "every parameter counts"
              Expect.throwsT<StructureException> (fun () -> layer.Predict x |> ignore) "no weights yet"
              Expect.throwsT<ArgumentException>
                  (fun () -> NeuralOde(layer, [| 1. |], OdeOptions.Default) |> ignore)
                  "one time"
          } ]

let private refuses name problem (isTime: float -> bool) (f: unit -> Tensor) = test name {
    // The same error directly, traced, and when replayed on values that it is not made for.
    for run in [ f; (fun () -> accelerate (fun (x: Tensor) -> f () + x) (real 0.)) ] do
        try
            run () |> ignore
            failtest "nothing thrown"
        with :? OdeException as e ->
            Expect.isTrue (isTime e.Time) $"time {e.Time}"
            Expect.stringContains e.Message problem "problem"
            Expect.isNonEmpty e.Remedy "remedy"
}

let private refused<'E when 'E :> exn> name (f: unit -> Tensor) = test name {
    Expect.throwsT<'E> (fun () -> f () |> ignore) name
}

let private errors =
    let solve field times start = Ode.solve45 (fun t y () -> field t y) (vector times) start ()
    testList
        "errors"
        [ refuses "a pole: y' = y² from 1 ends at 1" "" (fun t -> t > 0.99 && t < 1.01) (fun () ->
              solve (fun _ y -> y * y) [ 0.; 2. ] (real 1.))
          refuses "a slope that is not finite beyond a time" "not finite" (fun t -> t > 0.9 && t <= 1.) (fun () ->
              solve (fun t y -> y + sqrt (1. - t)) [ 0.; 2. ] (real 1.))
          refuses "a slope that is not finite at the start" "not finite" ((=) 3.) (fun () ->
              solve (fun _ y -> log y) [ 3.; 4. ] (real -1.))
          refuses "a start that is not finite" "not finite" ((=) 0.) (fun () ->
              solve (fun _ y -> 0. * y) [ 0.; 1. ] (real infinity))
          refuses "times that do not ascend" "time 2 is 0.5" ((=) 0.5) (fun () ->
              solve (fun _ y -> y) [ 0.; 0.7; 0.5 ] (real 1.))
          refuses "times that turn" "time 2 is 0" ((=) 0.) (fun () -> solve (fun _ y -> y) [ 0.; -1.; 0. ] (real 1.))
          refuses "one time twice" "time 1 is 1" ((=) 1.) (fun () -> solve (fun _ y -> y) [ 1.; 1. ] (real 1.))
          refuses "a time that is no number" "not finite" Double.IsNaN (fun () ->
              solve (fun _ y -> y) [ 0.; nan ] (real 1.))
          refuses "too many steps" "10 steps" (fun t -> t > 0. && t < 1.) (fun () ->
              Ode.solve45With
                  { OdeOptions.Default with MaxSteps = 10 }
                  growth
                  (vector [ 0.; 1. ])
                  (real 1.)
                  (real -1000.))
          test "a replay fails as a direct call does, and the function works on" {
              let f = accelerate (fun y -> Ode.solve45 (fun _ (y: Tensor) () -> y * y) (vector [ 0.; 2. ]) y ())
              for _ in 1..3 do
                  Expect.floatClose Accuracy.low (float (f (real 0.25))) 0.5 "y / (1 - 2 y)"
                  Expect.throwsT<OdeException> (fun () -> f (real 1.) |> ignore) "a pole"
          }
          refused<ShapeException> "one time" (fun () -> solve (fun _ y -> y) [ 0. ] (real 1.))
          refused<ShapeException> "times in a matrix" (fun () -> Ode.solve45 growth matrix (real 1.) (real 1.))
          refused<DTypeException> "a state of integers" (fun () -> solve (fun _ y -> y) [ 0.; 1. ] (Tensor.scalar 1))
          refused<DTypeException> "times of integers" (fun () ->
              Ode.solve45 growth (Tensor.create [ 2 ] "" [| 0; 1 |]) (real 1.) (real 1.))
          refused<ControlFlowException> "slopes of other sizes" (fun () ->
              solve (fun _ y -> Tensor.sum [] y) [ 0.; 1. ] start)
          refused<ControlFlowException> "slopes of another data type" (fun () ->
              solve (fun _ y -> Tensor.cast DType.Float32 y) [ 0.; 1. ] start)
          refused<ControlFlowException> "a function that draws" (fun () ->
              solve (fun _ y -> y + Tensor.uniformLike y) [ 0.; 1. ] start)
          refused<HostReadException> "a function that reads values" (fun () ->
              solve (fun _ y -> if float y > 0. then y else -y) [ 0.; 1. ] (real 1.))
          refused<ArgumentOutOfRangeException> "no steps" (fun () ->
              Ode.euler 0 growth (vector [ 0.; 1. ]) (real 1.) (real 1.))
          test "a state without tensors" {
              Expect.throwsT<StructureException>
                  (fun () -> Ode.solve45 (fun _ () () -> ()) (vector [ 0.; 1. ]) () ())
                  "nothing to solve"
          }
          test "options out of range" {
              let options = OdeOptions.Default
              for options in
                  [ { options with RelativeTolerance = 0. }
                    { options with AbsoluteTolerance = nan }
                    { options with InitialStep = Some -1. }
                    { options with MaxStep = Some infinity }
                    { options with MaxSteps = 0 } ] do
                  Expect.throwsT<ArgumentOutOfRangeException>
                      (fun () -> Ode.solve45With options growth (vector [ 0.; 1. ]) (real 1.) (real 1.) |> ignore)
                      $"{options}"
          } ]

let private fifthRoots = test "fifth roots to 2 ulp" {
    let random = System.Random 1
    for _ in 1..1000 do
        let x = Math.Exp(200. * random.NextDouble() - 100.)
        let r = StepControl.fifthRoot x
        // Five times 2 ulp, and the rounding of four products.
        Expect.isLessThan (abs (r * r * r * r * r / x - 1.)) 3e-15 $"{x}"
    Expect.equal (StepControl.fifthRoot 0.) 0. "of 0"
}

let tests = testList "Ode" [ solutions; orders; derivatives; structures; errors; fifthRoots ]
