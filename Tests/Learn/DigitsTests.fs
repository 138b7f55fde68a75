module Functional.Tests.Learn.DigitsTests

open System
open System.IO
open System.IO.Compression
open Expecto
open Functional
open Functional.FSharp

/// The first 300 digits: 8 × 8 pixels of 0–16, and the class.
let private rows =
    lazy
        let path = Path.Combine(AppContext.BaseDirectory, "data", "digits.csv.gz")
        use reader = new StreamReader(new GZipStream(File.OpenRead path, CompressionMode.Decompress))
        [| for _ in 1..300 -> (nonNull (reader.ReadLine())).Split ',' |> Array.map float32 |]

let private batches () =
    [ for batch in Array.chunkBySize 64 rows.Value ->
          Tensor.create
              [ batch.Length; 64 ]
              "BC"
              (batch |> Array.collect (fun row -> row[..63] |> Array.map (fun p -> p / 16f))),
          Tensor.create [ batch.Length ] "B" [| for row in batch -> int row[64] |] ]

let private step (network: Network, state: AdamState<Network>, x, t) =
    let loss, gradient = valueAndGrad (fun (n: Network) -> Loss.crossEntropy (n.Forward x) t) network
    loss, Adam.step AdamOptions.Default (network, state, gradient)

/// Trains ten epochs; losses as bits, and the trained network.
let private train step =
    Generator.Current <- Generator 4UL

    let network =
        Network
            .Sequential(Dense 32, LeakyRelu 0.1, Dropout 0.1, Dense 10, Softmax())
            .Initialize(Layout.Of("BC", Nullable(), 64), 3UL)

    ((network, Adam.start 0.01 network), Seq.concat (List.replicate 10 (batches ())))
    ||> Seq.mapFold (fun (network, state) (x, t) ->
        let loss, next = step (network, state, x, t)
        (Tensor.toArray<float32> loss)[0], next)

let tests =
    testList
        "Digits"
        [ test "training learns, accelerated and directly to the same bits, with a trace for each batch size" {
              let fast = accelerateWith AccelerateOptions.Default step
              let losses, (network, _) = train fast.Invoke
              let losses = Array.ofSeq losses
              let directly, (same, _) = train step
              let bits (xs: float32 seq) = Seq.map BitConverter.SingleToInt32Bits xs
              Expect.sequenceEqual (bits losses) (bits directly) "losses"

              for a, b in Seq.zip (Structure.Leaves network) (Structure.Leaves same) do
                  Expect.sequenceEqual
                      (bits (Tensor.toArray<float32> a))
                      (bits (Tensor.toArray<float32> b))
                      "parameters"

              Expect.equal (fast.Misses, fast.Hits) (2L, 48L) "traces: 64 digits, and the last 44"
              Expect.isGreaterThan losses[0] 2f "no better than guessing at first"
              Expect.isLessThan (Array.average losses[45..]) 0.5f "much better at last"
          } ]
