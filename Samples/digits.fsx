// Samples/Digits in a few lines of F#. From the root: dotnet fsi build.fsx run script
#r "../artifacts/bin/Functional/release/Functional.dll"

open System
open System.IO
open System.IO.Compression
open Functional
open Functional.FSharp

let data = Path.Combine(__SOURCE_DIRECTORY__, "Digits", "data", "digits.csv.gz")
let reader = new StreamReader(new GZipStream(File.OpenRead data, CompressionMode.Decompress))
let rows = [| for line in reader.ReadToEnd().Trim().Split '\n' -> Array.map float32 (line.Split ',') |]
let train, test = rows |> Array.randomShuffleWith (Random 1) |> Array.splitAt 1437
let pixelsOf (row: float32 array) = row[..63] |> Array.map (fun pixel -> pixel / 16f)
let digitOf (row: float32 array) = int row[64]
let images rows = Tensor.ofArray "BC" (Array.map pixelsOf rows)
let digits rows = Tensor.ofArray "B" (Array.map digitOf rows)

let step (network: Network, state, x, t) =
    let loss, gradient = valueAndGrad (fun (n: Network) -> Loss.crossEntropy (n.Forward x) t) network
    loss, Adam.step AdamOptions.Default (network, state, gradient)

/// Trains a network from the same seeds: the bits of the losses, and what the network became.
let learn step =
    let network =
        Network
            .Sequential(Dense 64, Relu(), Dense 10, Softmax())
            .Initialize(Layout.Of("BC", Nullable(), 64), seed = 1UL)

    let order = Random 2
    let epoch _ = train |> Array.randomShuffleWith order |> Array.chunkBySize 64

    ((network, Adam.start 0.003 network), Seq.collect epoch [ 1..30 ])
    ||> Seq.mapFold (fun (network, state) batch ->
        let loss, next = step (network, state, images batch, digits batch)
        BitConverter.SingleToInt32Bits(Tensor.toScalar loss), next)
    |> fun (losses, (network, _)) -> List.ofSeq losses, network

let fast = accelerateWith AccelerateOptions.Default step
let direct, _ = learn step
let losses, network = learn fast.Invoke
let guesses = network.Predict(images test) |> Tensor.argmax 1 |> Tensor.toArray<int64>
let accuracy =
    Array.map2 (fun guess row -> if int guess = digitOf row then 1. else 0.) guesses test
    |> Array.average

printfn $"losses equal bit for bit: {losses = direct}, test accuracy: {accuracy:P1}"
printfn $"{losses.Length} steps, {fast.Misses} traces, hit rate {fast.HitRate:F1} %%"
exit (if losses = direct then 0 else 1)
