/// Recurrences against their definitions, number by number.
module Functional.Tests.Learn.RecurrenceTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests.Expectations

let private holds verdict =
    match verdict with
    | Verdict.Holds -> ()
    | other -> failtest $"{other}"

let private random seed (sizes: int list) =
    let r = System.Random(seed: int)
    Tensor.create sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> 2. * r.NextDouble() - 1.))

let private batch, time, channels, units = 2, 4, 3, 2
let private lengths = [ 4; 2 ]
/// [batch; time; channels].
let private sequence = random 1 [ batch; time; channels ] |> Tensor.withFormat "BTC"
let private maskOf (lengths: int list) =
    Tensor.sequenceMask time (Tensor.create [ lengths.Length ] "B" (Array.ofList lengths))

/// Rows of a tensor's last two dimensions as numbers.
let private matrix (x: Tensor) =
    let data, columns = Tensor.toArray<float> x, Seq.last x.Shape
    Array.chunkBySize columns data

let private sigmoid x = 1. / (1. + exp -x)

/// x W.
let private times (x: float array) (w: Tensor) =
    let w = matrix w
    [| for j in 0 .. w[0].Length - 1 -> Array.sum [| for i in 0 .. x.Length - 1 -> x[i] * w[i][j] |] |]

let private numbers (t: Tensor option) count =
    match t with
    | Some t -> Tensor.toArray<float> t
    | None -> Array.zeroCreate count

/// A step: state (a list of vectors, the output first) and x → the next state.
let private lstmStep (w: LstmWeights) (state: float array list) (x: float array) =
    let n = (Seq.item 1 w.Input.Shape) / 4
    let h, c = state[0], state[1]
    let b, p = numbers w.Bias (4 * n), numbers w.Peepholes (3 * n)
    let a, u = times x w.Input, times h w.Recurrent
    let z gate k = a[gate * n + k] + u[gate * n + k] + b[gate * n + k]
    let cell =
        [| for k in 0 .. n - 1 ->
               sigmoid (z 1 k + p[n + k] * c[k]) * c[k] + sigmoid (z 0 k + p[k] * c[k]) * Math.Tanh(z 2 k) |]
    let hidden = [| for k in 0 .. n - 1 -> sigmoid (z 3 k + p[2 * n + k] * cell[k]) * Math.Tanh cell[k] |]
    match w.Projection with
    | Some projection -> [ times hidden projection; cell ]
    | None -> [ hidden; cell ]

let private gruStep after (w: GruWeights) (state: float array list) (x: float array) =
    let n = (Seq.item 1 w.Input.Shape) / 3
    let h = state.Head
    let b, own = numbers w.Bias (3 * n), numbers w.RecurrentBias (3 * n)
    let a, u = times x w.Input, times h w.Recurrent
    let gate g k = sigmoid (a[g * n + k] + b[g * n + k] + u[g * n + k] + own[g * n + k])
    let r = [| for k in 0 .. n - 1 -> gate 0 k |]
    let inner =
        if after then
            [| for k in 0 .. n - 1 -> r[k] * (u[2 * n + k] + own[2 * n + k]) |]
        else
            let u = times (Array.map2 (*) r h) w.Recurrent
            [| for k in 0 .. n - 1 -> u[2 * n + k] + own[2 * n + k] |]
    [ [| for k in 0 .. n - 1 ->
             let candidate = Math.Tanh(a[2 * n + k] + b[2 * n + k] + inner[k])
             (1. - gate 1 k) * candidate + gate 1 k * h[k] |] ]

let private rnnStep (activation: float -> float) (w: RnnWeights) (state: float array list) (x: float array) =
    let b, a, u = numbers w.Bias x.Length, times x w.Input, times state.Head w.Recurrent
    [ [| for k in 0 .. a.Length - 1 -> activation (a[k] + u[k] + b[k]) |] ]

/// Step by step through each sequence's own length: outputs [batch][time], 0 beyond it, and states.
let private naive step (starts: float array list list) (lengths: int list) backward (x: Tensor) =
    let rows = matrix x
    [ for b in 0 .. batch - 1 do
          let outputs = Array.init time (fun _ -> Array.zeroCreate<float> (List.head starts[b]).Length)
          let mutable state = starts[b]
          let places = [ 0 .. lengths[b] - 1 ]
          for t in (if backward then List.rev places else places) do
              state <- step state rows[b * time + t]
              outputs[t] <- List.head state
          outputs, state ]

let private near what (expected: float seq) (actual: Tensor) =
    let expected = List.ofSeq expected
    Expect.equal actual.Count expected.Length what
    // Sums of a dozen numbers below 2, through slopes of at most 1, over 4 steps.
    for a, e in List.zip (elements actual) expected do
        Expect.isLessThan (abs (a - e)) 1e-13 what

let private lstmWeights =
    { Input = random 2 [ channels; 4 * units ]
      Recurrent = random 3 [ units; 4 * units ]
      Bias = Some(random 4 [ 4 * units ])
      Peepholes = None
      Projection = None }

let private peepholes = { lstmWeights with Peepholes = Some(random 5 [ 3 * units ]) }

let private projected =
    { peepholes with Recurrent = random 6 [ 3; 4 * units ]; Projection = Some(random 7 [ units; 3 ]) }

let private gruWeights =
    { Input = random 8 [ channels; 3 * units ]
      Recurrent = random 9 [ units; 3 * units ]
      Bias = Some(random 10 [ 3 * units ])
      RecurrentBias = Some(random 11 [ 3 * units ]) }

let private rnnWeights: RnnWeights =
    { Input = random 12 [ channels; units ]
      Recurrent = random 13 [ units; units ]
      Bias = Some(random 14 [ units ]) }

let private options = RecurrenceOptions.Default

/// Each recurrence as a function of its parts: options, state's tensors, sequence → outputs and states; its step; the sizes
/// of its state.
let private kinds =
    let lstm (w: LstmWeights) =
        let run o (state: Tensor list option) x =
            let given = state |> Option.map (fun s -> { Hidden = s[0]; Cell = s[1] })
            let y, last = Tensor.lstm o w given x in
            y, [ last.Hidden; last.Cell ]
        run, lstmStep w, [ (if w.Projection.IsSome then 3 else units); units ]
    let one run step =
        (fun o (state: Tensor list option) x -> let y, h = run o (Option.map List.head state) x in y, [ h ]),
        step,
        [ units ]

    [ "lstm", lstm lstmWeights
      "lstm without bias", lstm { lstmWeights with Bias = None }
      "lstm with peepholes", lstm peepholes
      "lstm with projection", lstm projected
      "gru, reset after", one (fun o s x -> Tensor.gru o gruWeights s x) (gruStep true gruWeights)
      "gru, reset before",
      one (fun o s x -> Tensor.gru { o with ResetAfter = false } gruWeights s x) (gruStep false gruWeights)
      "gru without biases",
      (let w = { gruWeights with Bias = None; RecurrentBias = None } in
       one (fun o s x -> Tensor.gru o w s x) (gruStep true w))
      "rnn", one (fun o s x -> Tensor.rnn o rnnWeights s x) (rnnStep Math.Tanh rnnWeights)
      "rnn with relu",
      one
          (fun o s x -> Tensor.rnn { o with Activation = RecurrentActivation.Relu } rnnWeights s x)
          (rnnStep (fun z -> max z 0.) rnnWeights) ]

let private stateOf (sizes: int list) =
    [ for k, size in List.indexed sizes -> random (20 + k) [ batch; size ] |> Tensor.withFormat "BC" ]

let private definitions =
    [ for name, (run, step, stateSizes) in kinds do
          for backward in [ false; true ] do
              for masked in [ false; true ] do
                  test $"""{name}{(if backward then ", backward" else "")}{(if masked then ", masked" else "")}""" {
                      let o = { options with Backward = backward; Mask = if masked then Some(maskOf lengths) else None }
                      let lengths = if masked then lengths else [ time; time ]
                      let state = stateOf stateSizes
                      let starts = [ for b in 0 .. batch - 1 -> [ for s in state -> (matrix s)[b] ] ]
                      let zeros = [ for _ in 1..batch -> [ for size in stateSizes -> Array.zeroCreate size ] ]
                      for given, starts in [ Some state, starts; None, zeros ] do
                          let expected = naive step starts lengths backward sequence
                          let y, last = run o given sequence
                          near "outputs" (Seq.collect (fst >> Seq.concat) expected) y
                          for k, s in List.indexed last do
                              near "state" (Seq.collect (fun (_, state) -> List.item k state) expected) s
                  }
          test $"{name}: labels in any order, or none" {
              let o = { options with Mask = Some(maskOf lengths) }
              let state = stateOf stateSizes
              let y, last = run o (Some state) sequence
              for order in [ "TBC"; "CBT"; "CTB"; "BCT" ] do
                  let z, other = run o (Some state) (Tensor.arrange order sequence)
                  Expect.equal (string z.Format) order "labels"
                  Expect.equal (elements (Tensor.arrange "BTC" z)) (elements y) "outputs"
                  let rest = order.Replace("T", "")
                  for a, b in List.zip last other do
                      Expect.equal (string b.Format) rest "labels of the state"
                      Expect.equal (elements (Tensor.arrange "BC" b)) (elements a) "state"
              let bare = Tensor.withFormat ""
              let o = { options with Mask = Some(bare (maskOf lengths)) }
              let z, other = run o (Some(List.map bare state)) (bare sequence)
              Expect.equal (elements z, List.map elements other) (elements y, List.map elements last) "unformatted"
              Expect.isTrue z.Format.IsNone "no labels"
          }
          test $"{name}: what a mask leaves out is as if it were not there" {
              let o = { options with Mask = Some(maskOf lengths) }
              for backward in [ false; true ] do
                  let y, last = run { o with Backward = backward } None sequence
                  for b in 0 .. batch - 1 do
                      let alone, own =
                          run { options with Backward = backward } None (sequence[b..b, .. lengths[b] - 1, *])
                      near "outputs" (elements alone) (y[b..b, .. lengths[b] - 1, *])
                      for a, e in List.zip last own do
                          near "state" (elements e) (a[b..b, *])
          } ]

let private laws =
    let f (o: RecurrenceOptions) (input: Tensor, recurrent: Tensor, bias: Tensor, p: Tensor, q: Tensor, x: Tensor) =
        let w = { Input = input; Recurrent = recurrent; Bias = Some bias; Peepholes = Some p; Projection = Some q }
        Tensor.lstm o w None x
    let g
        (o: RecurrenceOptions)
        (input: Tensor, recurrent: Tensor, bias: Tensor, own: Tensor, state: Tensor, x: Tensor)
        =
        Tensor.gru o { Input = input; Recurrent = recurrent; Bias = Some bias; RecurrentBias = Some own } (Some state) x
    let r (o: RecurrenceOptions) (input: Tensor, recurrent: Tensor, bias: Tensor, state: Tensor, x: Tensor) =
        Tensor.rnn o { Input = input; Recurrent = recurrent; Bias = Some bias } (Some state) x

    let obeys what f (x: 'T) = test what {
        let gradient x = Functions.withGradient f x
        holds (Acceleration.equalsDirect f [ x ] 5UL)
        holds (Acceleration.equalsDirect gradient [ x ] 5UL)
        holds (Oracle.agreesOn f x 5UL)
        holds (Differentiation.equalsDifferences f x 5UL)
        holds (Differentiation.transposes f x 5UL)
    }

    let lstm =
        projected.Input,
        projected.Recurrent,
        projected.Bias.Value,
        projected.Peepholes.Value,
        projected.Projection.Value,
        sequence
    let state = random 31 [ batch; units ]
    let gru =
        gruWeights.Input, gruWeights.Recurrent, gruWeights.Bias.Value, gruWeights.RecurrentBias.Value, state, sequence
    let rnn = rnnWeights.Input, rnnWeights.Recurrent, rnnWeights.Bias.Value, state, sequence
    let masked = { options with Mask = Some(maskOf lengths) }
    let both x =
        Tensor.bidirectional
            (fun x -> Tensor.lstm masked lstmWeights None x)
            (fun x -> Tensor.lstm { masked with Backward = true } peepholes None x)
            x

    [ obeys "lstm: direct, accelerated, oracle, differences" (f options) lstm
      obeys "lstm backward, masked" (f { masked with Backward = true }) lstm
      obeys "gru" (g options) gru
      obeys "gru, reset before, masked" (g { masked with ResetAfter = false }) gru
      obeys "rnn, masked" (r masked) rnn
      obeys "bidirectional lstm, masked" both sequence
      test "bidirectional outputs are side by side along the channels" {
          let y, (a, b) = both (Tensor.arrange "CBT" sequence)
          let forward, first = Tensor.lstm masked lstmWeights None (Tensor.arrange "CBT" sequence)
          Expect.equal (sizes y, string y.Format) ([ 2 * units; batch; time ], "CBT") "type"
          Expect.equal (elements y[.. units - 1, *, *]) (elements forward) "forward"
          Expect.equal (elements a.Cell) (elements first.Cell) "its state"
          // The backward pass ends at the first step.
          Expect.equal (elements y[units.., *, 0]) (elements b.Hidden) "backward"
      }
      test "in one call or in two, the state handed on" {
          for _, (run, _, stateSizes) in kinds do
              let y, last = run options (Some(stateOf stateSizes)) sequence
              let first, state = run options (Some(stateOf stateSizes)) (sequence[*, ..1, *])
              let second, state = run options (Some state) (sequence[*, 2.., *])
              Expect.equal (elements (Tensor.concat 1 [ first; second ])) (elements y) "outputs"
              Expect.equal (List.map elements state) (List.map elements last) "state"
      }
      test "of Float32, of no steps, of no batch" {
          let single = Tensor.cast DType.Float32
          let w =
              { Input = single gruWeights.Input
                Recurrent = single gruWeights.Recurrent
                Bias = None
                RecurrentBias = None }
          let y, h = Tensor.gru options w None (single sequence)
          Expect.equal (y.DType, h.DType) (DType.Float32, DType.Float32) "type"
          let y, h = Tensor.gru options gruWeights None (Tensor.zeros DType.Float64 [ batch; 0; channels ] "BTC")
          Expect.equal (sizes y) [ batch; 0; units ] "no steps"
          Expect.equal (elements h) [ 0.; 0.; 0.; 0. ] "the start"
          let alone, h = Tensor.gru options gruWeights None (sequence[0, *, *])
          Expect.equal (string alone.Format, string h.Format) ("TC", "C") "no batch"
          near "alone" (let y = fst (Tensor.gru options gruWeights None sequence) in elements y[0, *, *]) alone
      }
      test "lengths as masks" {
          let mask = Tensor.sequenceMask 3 (Tensor.create [ 3 ] "B" [| 0; 2; 5 |])
          Expect.equal (string mask.Format) "BT" "labels"
          Expect.equal
              (List.ofArray (Tensor.toArray<bool> mask))
              [ false; false; false; true; true; false; true; true; true ]
              "mask"
          refuses<DTypeException> "SequenceMask" "integers" (fun () -> Tensor.sequenceMask 3 (random 1 [ 2 ]))
      }
      test "what does not fit is refused" {
          let lstm o w s x () = fst (Tensor.lstm o w s x)
          refuses<DimensionException>
              "Lstm"
              "labelled 'S'"
              (lstm options lstmWeights None (Tensor.withFormat "BSC" sequence |> Tensor.withFormat "BUC"))
          refuses<DimensionException> "Lstm" "two dimensions" (lstm options lstmWeights None (random 1 [ 3 ]))
          refuses<ShapeException>
              "Lstm"
              "input weights"
              (lstm options { lstmWeights with Input = random 1 [ 2; 8 ] } None sequence)
          refuses<ShapeException>
              "Lstm"
              "recurrent weights"
              (lstm options { lstmWeights with Recurrent = random 1 [ 3; 8 ] } None sequence)
          refuses<ShapeException>
              "Lstm"
              "bias"
              (lstm options { lstmWeights with Bias = Some(random 1 [ 2 ]) } None sequence)
          refuses<ShapeException>
              "Lstm"
              "projection"
              (lstm options { lstmWeights with Projection = Some(random 1 [ 3 ]) } None sequence)
          let state size = Some { Hidden = random 1 [ batch; size ]; Cell = random 1 [ batch; units ] }
          refuses<ShapeException> "Lstm" "hidden state" (lstm options lstmWeights (state 3) sequence)
          let wrong = Tensor.withFormat "TC" (random 1 [ batch; units ])
          refuses<TensorFormatException>
              "Lstm"
              "labels of the cell"
              (lstm options lstmWeights (Some { Hidden = random 1 [ batch; units ]; Cell = wrong }) sequence)
          refuses<ShapeException>
              "Lstm"
              "mask"
              (lstm { options with Mask = Some(maskOf [ 1; 2; 3 ]) } lstmWeights None sequence)
          refuses<DTypeException> "Lstm" "mask" (lstm { options with Mask = Some sequence } lstmWeights None sequence)
          refuses<DTypeException>
              "Contract"
              "data types"
              (lstm options lstmWeights None (Tensor.cast DType.Float32 sequence))
      } ]

let tests = testList "Recurrence" [ testList "definitions" definitions; testList "laws" laws ]
