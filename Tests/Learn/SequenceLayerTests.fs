/// Layers of sequences: all of CheckLayer, that each is the function it is made of, and the state that they carry.
module Functional.Tests.Learn.SequenceLayerTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private sequences = Layout.Of("BTC", Nullable(), Nullable(), 4)
let private integers = Layout.Of("BT", Nullable(), Nullable()).WithDType DType.Int64

let private options = RecurrentLayerOptions.Default
let private last = { options with Output = RecurrentOutput.Last }
let private carrying = { options with CarriesState = true }
let private reversed = { options with Reversed = true }
let private causal = { AttentionOptions.Default with Heads = 2; Causal = true; Dropout = 0.25 }

let private layers: (string * ILayer * Layout list) list =
    [ "LSTM", Lstm 3, [ sequences ]
      "LSTM with peepholes and projection", Lstm(3, true, Nullable 2, last), [ sequences ]
      "LSTM that carries its state", Lstm(3, carrying), [ sequences ]
      "GRU", Gru 3, [ sequences ]
      "GRU, reset before", Gru(3, false, reversed), [ sequences ]
      "GRU that carries its state", Gru(3, carrying), [ sequences ]
      "simple recurrence", Rnn(3, RecurrentActivation.Tanh, last), [ sequences ]
      "simple recurrence that carries its state", Rnn(3, carrying), [ sequences ]
      "bidirectional", Bidirectional(Lstm 3, Lstm(2, reversed)), [ sequences ]
      "attention", MultiHeadAttention 2, [ sequences ]
      "causal attention with rotary positions and dropout",
      MultiHeadAttention(causal, RotaryOptions.Default, false),
      [ sequences ]
      "attention to a context",
      MultiHeadAttention({ AttentionOptions.Default with Heads = 2 }, true),
      [ sequences; Layout.Of("BTC", Nullable(), Nullable(), 3) ]
      "embedding", Embedding(5, 3), [ integers ]
      "embedding with padding", Embedding(5, 3, Nullable 4, Initialiser.GlorotNormal), [ integers ]
      "position embedding", PositionEmbedding 9, [ sequences ]
      "sinusoidal positions", SinusoidalPositions(), [ sequences ] ]

let private sequence = Tensor.normalFrom (Generator 3UL) DType.Float32 [ 2; 5; 4 ] "BTC"

let private initialised (layer: #ILayer) : 'L =
    Generator.Current <- Generator 7UL
    (layer :> ILayer).Initialize [| Layout.Of sequence.Type |] |> unbox

let private same a b = Expect.isTrue (Structure.HasSameBits(a, b)) "bits"

let private lstmWeights (layer: Lstm) : LstmWeights =
    { Input = nonNull layer.InputWeights
      Recurrent = nonNull layer.RecurrentWeights
      Bias = Option.ofObj layer.Bias
      Peepholes = Option.ofObj layer.Peepholes
      Projection = Option.ofObj layer.Projection }

let tests =
    testList
        "Sequence layers"
        [ testList
              "pass every check"
              [ for name, layer, inputs in layers -> test name { passesEveryCheck layer inputs } ]

          test "an LSTM is the function with its parameters" {
              let layer: Lstm = initialised (Lstm(3, true, Nullable 2, { last with Reversed = true }))
              Expect.sequenceEqual (nonNull layer.RecurrentWeights).Shape [ 2; 12 ] "recurrent"
              Expect.sequenceEqual (nonNull layer.Peepholes).Shape [ 9 ] "peepholes"
              let back = { RecurrenceOptions.Default with Backward = true }
              let _, state = Tensor.lstm back (lstmWeights layer) None sequence
              let struct (y, _) = layer.Predict sequence
              same y state.Hidden
              Expect.equal (y.Format.Labels, List.ofSeq y.Shape) ("BC", [ 2; 2 ]) "the last output"
          }

          test "a GRU and a simple recurrence are the functions with their parameters" {
              let gru: Gru = initialised (Gru(3, false, options))
              let weights: GruWeights =
                  { Input = nonNull gru.InputWeights
                    Recurrent = nonNull gru.RecurrentWeights
                    Bias = Option.ofObj gru.Bias
                    RecurrentBias = None }
              Expect.isNull gru.RecurrentBias "no recurrent bias where the reset comes first"
              let struct (y, _) = gru.Predict sequence
              same y (fst (Tensor.gru { RecurrenceOptions.Default with ResetAfter = false } weights None sequence))

              let rnn: Rnn = initialised (Rnn(3, RecurrentActivation.Relu, options))
              let weights: RnnWeights =
                  { Input = nonNull rnn.InputWeights
                    Recurrent = nonNull rnn.RecurrentWeights
                    Bias = Option.ofObj rnn.Bias }
              let relu = { RecurrenceOptions.Default with Activation = RecurrentActivation.Relu }
              let struct (y, _) = rnn.Predict sequence
              same y (fst (Tensor.rnn relu weights None sequence))
          }

          test "a state that is carried continues a sequence, until reset" {
              let parts = Tensor.split 1 [ 2; 3 ] sequence
              let continues (layer: ILayer) =
                  let struct (whole, _) = layer.Run(LayerMode.Predict, [| sequence |])
                  let struct (first, next) = layer.Run(LayerMode.Predict, [| parts[0] |])
                  let struct (second, after) = next.Run(LayerMode.Predict, [| parts[1] |])
                  same whole[0] (Tensor.concat 1 [ first[0]; second[0] ])
                  let struct (again, _) = after.Reset().Run(LayerMode.Predict, [| sequence |])
                  same whole[0] again[0]
              continues (initialised (Lstm(3, carrying)): Lstm)
              continues (initialised (Gru(3, carrying)): Gru)
              continues (initialised (Rnn(3, carrying)): Rnn)
          }

          test "a state of another batch is refused" {
              let layer: Lstm = initialised (Lstm(3, carrying))
              let struct (_, next) = layer.Predict sequence
              Expect.throwsT<ShapeException>
                  (fun () -> next.Predict(Tensor.slice [ Slice.To 1 ] sequence) |> ignore)
                  "one sequence for two"
          }

          test "both directions stand side by side" {
              let layer: Bidirectional = initialised (Bidirectional(Gru 3, Gru(2, reversed)))
              let struct (y, _) = layer.Predict sequence
              Expect.sequenceEqual y.Shape [ 2; 5; 5 ] "sizes"
              let halves = Tensor.split 2 [ 3; 2 ] y
              same halves[0] (layer.First.Predict sequence)
              same halves[1] (layer.Second.Predict sequence)
          }

          test "attention is the function with its weights, and drops in training only" {
              let layer: MultiHeadAttention = initialised (MultiHeadAttention causal)
              let bias (b: Tensor | null) = Option.ofObj b
              let weights: MultiHeadWeights =
                  { Query = nonNull layer.QueryWeights
                    Key = nonNull layer.KeyWeights
                    Value = nonNull layer.ValueWeights
                    Output = nonNull layer.OutputWeights
                    QueryBias = bias layer.QueryBias
                    KeyBias = bias layer.KeyBias
                    ValueBias = bias layer.ValueBias
                    OutputBias = bias layer.OutputBias }
              let y = (layer :> ILayer).Predict sequence
              same y (fst (Tensor.multiHeadAttention { causal with Dropout = 0. } None weights None sequence sequence))
              Expect.isFalse (Structure.HasSameBits(y, (layer :> ILayer).Forward sequence)) "dropped"
          }

          test "embeddings and positions are the functions with their weights" {
              let numbers = Tensor.create [ 2; 2 ] "BT" [| 4L; 0L; 1L; 1L |]
              Generator.Current <- Generator 7UL
              let layer = Embedding(5, 3).Initialize(Layout.Of numbers.Type) :?> Embedding
              same (layer.Predict numbers) (Tensor.embedding None (nonNull layer.Weights) numbers)

              let table = Tensor.sinusoidalPositions DType.Float32 5 4 10000. 0
              same (SinusoidalPositions().Predict sequence) (sequence + Tensor.withFormat "TC" table)
              let positions: PositionEmbedding = initialised (PositionEmbedding 9)
              let rows = Tensor.slice [ Slice.To 5 ] (nonNull positions.Weights)
              same (positions.Predict sequence) (sequence + Tensor.withFormat "TC" rows)
              let short: PositionEmbedding = initialised (PositionEmbedding 4)
              Expect.throwsT<ShapeException> (fun () -> short.Predict sequence |> ignore) "too long"
          }

          test "what is no layer is refused" {
              let masked = { causal with Mask = Some(Tensor.scalar true) }
              Expect.throwsT<ArgumentException> (fun () -> MultiHeadAttention masked |> ignore) "a mask"
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> MultiHeadAttention 0 |> ignore) "no heads"
              Expect.throwsT<ShapeException> (fun () -> initialised (MultiHeadAttention 3) |> ignore) "3 of 4"
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Lstm 0 |> ignore) "no units"
              Expect.throwsT<ArgumentOutOfRangeException>
                  (fun () -> Lstm(2, false, Nullable 0, options) |> ignore)
                  "no outputs"
              Expect.throwsT<ArgumentOutOfRangeException>
                  (fun () -> Embedding(5, 3, Nullable 5, Initialiser.Zeros) |> ignore)
                  "padding beyond the classes"
              Expect.throwsT<StructureException> (fun () -> (Lstm 3).Predict sequence |> ignore) "not initialised"
          } ]
