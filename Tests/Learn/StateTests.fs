module Functional.Tests.Learn.StateTests

open System
open Expecto
open FsCheck
open Functional
open Functional.FSharp

/// Learnable and stateful: takes off a mean, that of the batch in training, a running one afterwards.
type private Centred(scale: Tensor, [<State>] mean: Tensor) =
    inherit StatefulLayer<Centred>()
    member _.Scale = scale
    member _.Mean = mean
    override this.Predict x = struct (scale * (x - mean), this)

    override _.Forward x =
        let batchMean = Tensor.mean [ 0 ] x
        struct (scale * (x - batchMean), Centred(scale, 0.75 * mean + 0.25 * batchMean))

    interface IAcceleratable

/// Remembers its last output: nothing at first, and after a reset.
type private Echo(weight: Tensor, [<State>] last: Tensor | null) =
    inherit StatefulLayer<Echo>()
    member _.Last = last

    override _.Predict x =
        let y =
            match last with
            | null -> tanh (weight * x)
            | last -> tanh (weight * x + last)

        struct (y, Echo(weight, y))

    override _.Reset() = Echo(weight, null)
    interface IAcceleratable

/// A block that holds a network.
type private Residual(body: Network) =
    inherit StatefulLayer<Residual>()
    member _.Body = body

    override _.Predict x =
        let struct (y, body) = body.PredictWithState x
        struct (x + y, Residual body)

    override _.Forward x =
        let struct (y, body) = body.ForwardWithState x
        struct (x + y, Residual body)

    override _.Initialize input = Residual(body.Initialize input)
    override _.Reset() = Residual(body.Reset())
    interface IAcceleratable

/// Forgets to mark its mean as state.
type private Unmarked(mean: Tensor) =
    inherit StatefulLayer<Unmarked>()
    override _.Predict x = struct (x - mean, Unmarked(mean + 1.))
    interface IAcceleratable

type private Marked =
    { Weight: Tensor
      [<State>]
      Count: Tensor }

let private vector (values: float list) = Tensor.create [ values.Length ] "" (Array.ofList values)
let private rows (values: float list list) = Tensor.ofArray "" (array2D values)
let private floats (t: Tensor) = Tensor.toArray<float> t
let private bits (t: Tensor) = floats t |> Array.map BitConverter.DoubleToInt64Bits
let private bitsOf structure = [ for t in Structure.Leaves structure -> t.Type, bits t ]
let private centred () = Centred(vector [ 2.; 3. ], vector [ 0.; 0. ])
let private x = rows [ [ 1.; 2. ]; [ 3.; 6. ] ]

/// Batches of two features, and of any length.
let private batch rows seed =
    Tensor.create [ rows; 2 ] "" [| for k in 0 .. 2 * rows - 1 -> sin (float (k + 7 * seed)) |]

let private deep () =
    Network.Sequential(centred (), Residual(Network.Sequential(Echo(vector [ 0.5; -1. ], null))), new Tanh())

/// A step of training that carries state on.
let private step (network: Network, state: AdamState<Network>, x: Tensor) =
    let loss, next, gradient =
        valueAuxAndGrad
            (fun (n: Network) ->
                let struct (y, next) = n.ForwardWithState x
                Tensor.mean [ 0; 1 ] (y * y), next)
            network

    let network, state = Adam.step AdamOptions.Default (next, state, gradient)
    loss, network, state

let private structureTests =
    [ test "state is a part of the structure like others" {
          Expect.equal
              [ for t in Structure.Leaves(centred ()) -> List.ofArray (floats t) ]
              [ [ 2.; 3. ]; [ 0.; 0. ] ]
              "leaves"
      }

      test "a gradient holds state fixed, with zeros in its place" {
          let layer = Centred(vector [ 2.; 3. ], vector [ 5.; 7. ])
          let g = layer |> grad (fun c -> let struct (y, _) = c.Predict x in Tensor.sum [ 0; 1 ] y)
          Expect.sequenceEqual (floats g.Scale) [ -6.; -6. ] "Σ (x - m)"
          Expect.sequenceEqual (floats g.Mean) [ 0.; 0. ] "state"
      }

      test "records mark state too, and all derivatives hold it fixed" {
          let at = { Weight = vector [ 2. ]; Count = vector [ 3. ] }
          let f r = Tensor.sum [ 0 ] (r.Weight * r.Weight * r.Count)
          Expect.equal (floats (grad f at).Count) [| 0. |] "gradient"
          let tangent = { at with Weight = vector [ 1. ] }
          Expect.equal (floats (snd (jvp f at tangent))) [| 12. |] "2 w · c, along w alone"
          Expect.equal (floats (laplacian f at)) [| 6. |] "2 c"
          Expect.equal (List.map (List.map floats) (hessianBlocks f at)) [ [ [| 6. |] ] ] "one block"
      }

      test "what a function returns besides its value is free of the gradient's tape" {
          let _, next, _ =
              centred ()
              |> valueAuxAndGrad (fun c ->
                  let struct (y, next) = c.Forward x
                  Tensor.sum [ 0; 1 ] y, next)

          for t in Structure.Leaves next do
              Expect.isFalse (t.Interpreter :? Tape) "concrete"
      }

      test "optimisers leave state as it is, whatever became of it meanwhile" {
          let before = Echo(vector [ 1.; 1. ], null)
          let gradient = Echo(vector [ 0.5; 0.5 ], null)
          let after = Echo(vector [ 1.; 1. ], vector [ 4.; 5. ])
          let stepped, _ = Adam.step AdamOptions.Default (after, Adam.start 0.1 before, gradient)
          Expect.sequenceEqual (floats (nonNull stepped.Last)) [ 4.; 5. ] "state"
          let moved, _ = Sgd.step SgdOptions.Default (after, Sgd.start 0.1 before, gradient)
          Expect.sequenceEqual (floats (nonNull moved.Last)) [ 4.; 5. ] "state"
          Expect.notEqual (bits (Structure.Leaves stepped).[0]) (bits (Structure.Leaves before).[0]) "learnables"
      } ]

let private networkTests =
    [ test "a network returns its next state, and keeps its own" {
          let network = Network.Sequential(centred (), new Tanh())
          let struct (y, next) = network.ForwardWithState x
          Expect.sequenceEqual (floats y) (floats (network.Forward x)) "the same output"
          let mean (n: Network) = floats (n.Layers[0] :?> Centred).Mean
          Expect.sequenceEqual (mean network) [ 0.; 0. ] "as it was"
          Expect.sequenceEqual (mean next) [ 0.5; 1. ] "a quarter of the batch's mean"
          let struct (_, after) = next.PredictWithState x
          Expect.sequenceEqual (mean after) [ 0.5; 1. ] "prediction changes no statistics"
          Expect.sequenceEqual (floats (next.Predict x)) (Array.map tanh [| 1.; 3.; 5.; 15. |]) "by the running mean"
      }

      test "reset forgets the sequence, not the statistics" {
          let struct (_, next) = (deep ()).ForwardWithState x
          let again = next.Reset()
          let residual = again.Layers[1] :?> Residual
          Expect.isNull (residual.Body.Layers[0] :?> Echo).Last "sequence"
          Expect.sequenceEqual (floats (again.Layers[0] :?> Centred).Mean) [ 0.5; 1. ] "statistics"
      }

      test "state passes through layers that hold networks" {
          let struct (first, next) = (deep ()).PredictWithState(x, Acceleration.None)
          let struct (second, _) = next.PredictWithState(x, Acceleration.None)
          let echo = (next.Layers[1] :?> Residual).Body.Layers[0] :?> Echo
          let centred = floats x |> Array.map2 (*) [| 2.; 3.; 2.; 3. |]
          let y = Array.map2 (fun w c -> tanh (w * c)) [| 0.5; -1.; 0.5; -1. |] centred
          Expect.sequenceEqual (floats (nonNull echo.Last)) y "what it gave"
          Expect.notEqual (bits second) (bits first) "the second output depends on the first"
      }

      test "new state needs no new trace, but for the first, which was none" {
          let mutable network = deep ()
          for k in 1..6 do
              let struct (_, next) = network.PredictWithState(batch 3 k)
              network <- next
          Expect.equal (network.Cache.Misses, network.Cache.Hits) (2L, 4L) "traces"
      }

      test "a layer that changes what is not marked as state is refused by name" {
          let network = Network.Sequential(Unmarked(vector [ 1.; 2. ]))
          for acceleration in [ Acceleration.Auto; Acceleration.None ] do
              let error = Expect.throwsC (fun () -> network.Predict(x, acceleration) |> ignore) (fun e -> e)
              Expect.isTrue (error :? StructureException) "typed"
              Expect.stringContains error.Message "Unmarked" "name"
              Expect.stringContains error.Message "[State]" "remedy"
      }

      testPropertyWithConfig
          { FsCheckConfig.defaultConfig with maxTest = 20 }
          "states and outputs are the same bits, accelerated and directly"
      <| fun (seeds: NonEmptyArray<byte * byte>) ->
          let run acceleration =
              let start = deep ()

              ((start, []), seeds.Get)
              ||> Array.fold (fun (network, seen) (seed, choice) ->
                  let x = batch 3 (int seed)
                  let struct (y, next) =
                      if choice % 2uy = 0uy then
                          network.PredictWithState(x, acceleration)
                      else
                          network.ForwardWithState(x, acceleration)
                  next, (bits y, bitsOf next) :: seen)
              |> snd

          run Acceleration.Auto = run Acceleration.None

      test "a whole step with state is the same accelerated and directly, bit for bit" {
          let fast = accelerateWith AccelerateOptions.Default step

          let train (step: Network * AdamState<Network> * Tensor -> _) =
              let network = deep ()

              ((network, Adam.start 0.1 network, []), [ 1..6 ])
              ||> List.fold (fun (network, state, seen) k ->
                  let loss, network, state = step (network, state, batch 4 k)
                  network, state, (bits loss, bitsOf network, bitsOf state) :: seen)

          let _, _, direct = train step
          let network, _, accelerated = train fast.Invoke
          Expect.equal accelerated direct "losses, networks, optimisers"
          Expect.equal (fast.Misses, fast.Hits) (2L, 4L) "without state, with state"
          Expect.notEqual (floats (network.Layers[0] :?> Centred).Mean) [| 0.; 0. |] "statistics moved"
      } ]

let tests = testList "State" (structureTests @ networkTests)
