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
let images rows =
    rows
    |> Array.map (fun (row: float32 array) -> row[..63] |> Array.map (fun p -> p / 16f))
    |> Tensor.ofArray "BC"
let digits rows = rows |> Array.map (fun (row: float32 array) -> int row[64]) |> Tensor.ofArray "B"

let step (network: Network, state, x, t) =
    let loss, gradient = valueAndGrad (fun (n: Network) -> Loss.crossEntropy (n.Forward x) t) network
    loss, Adam.step AdamOptions.Default (network, state, gradient)

/// The losses of a training run, and the trained network.
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
        Tensor.toScalar<float32> loss, next)
    |> fun (losses, (network, _)) -> List.ofSeq losses, network

let timed f x =
    let clock = Diagnostics.Stopwatch.StartNew()
    let result = f x
    result, clock.Elapsed

let fast = accelerateWith AccelerateOptions.Default step
let (direct, _), directTime = timed learn step
let (losses, network), fastTime = timed learn fast.Invoke

let guesses = network.Predict(images test) |> Tensor.toArray<float32> |> Array.chunkBySize 10
let hits =
    Array.map2
        (fun p (row: float32 array) -> if Array.findIndex ((=) (Array.max p)) p = int row[64] then 1. else 0.)
        guesses
        test

printfn $"{losses.Length} steps: {directTime.TotalSeconds:F1} s directly, {fastTime.TotalSeconds:F1} s accelerated"
printfn
    $"{fast.Misses} traces, hit rate {fast.HitRate:F1} %%, losses equal: {losses = direct}, test accuracy {Array.average hits:P1}"
