// Samples/Digits in a few lines of F#. From the root: dotnet fsi build.fsx run script
#r "../artifacts/bin/Functional/release/Functional.dll"

open System
open System.IO
open System.IO.Compression
open Functional
open Functional.FSharp

let data = Path.Combine(__SOURCE_DIRECTORY__, "Digits", "data", "digits.csv.gz")
let lines = (new StreamReader(new GZipStream(File.OpenRead data, CompressionMode.Decompress))).ReadToEnd()
let rows =
    lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
    |> Array.map (fun row -> row.Split ',' |> Array.map float32)
let train, test = rows |> Array.randomShuffleWith (Random 1) |> Array.splitAt 1437
let pixels (rows: float32 array array) =
    Tensor.create
        [ rows.Length; 64 ]
        "BC"
        [| for row in rows do
               for k in 0..63 -> row[k] / 16f |]
let classes (rows: float32 array array) = Tensor.create [ rows.Length ] "B" [| for row in rows -> int row[64] |]

let step (network: Network, state, x, t) =
    let loss, gradient = valueAndGrad (fun (n: Network) -> Loss.crossEntropy (n.Forward x) t) network
    loss, Adam.step AdamOptions.Default (network, state, gradient)

let learn step =
    let mutable network =
        Network
            .Sequential(Dense 64, Relu(), Dense 10, Softmax())
            .Initialize(Layout.Of("BC", Nullable(), 64), seed = 1UL)
    let mutable state = Adam.start 0.003 network
    let order = Random 2
    let losses =
        [ for _ in 1..30 do
              for batch in train |> Array.randomShuffleWith order |> Array.chunkBySize 64 do
                  let loss, (nextNetwork, nextState) = step (network, state, pixels batch, classes batch)
                  network <- nextNetwork
                  state <- nextState
                  Tensor.toArray<float32> loss ]
    network, losses

let clock = Diagnostics.Stopwatch.StartNew()
let _, direct = learn step
printfn $"directly: {direct.Length} steps in {clock.Elapsed.TotalSeconds:F1} s"
clock.Restart()
let fast = accelerateWith AccelerateOptions.Default step
let network, losses = learn fast.Invoke
printfn $"accelerated: {losses.Length} steps in {clock.Elapsed.TotalSeconds:F1} s, hit rate {fast.HitRate:F1} %%"
let hits =
    Array.zip test (Tensor.toArray<float32>(network.Predict(pixels test)) |> Array.chunkBySize 10)
    |> Array.filter (fun (row, p) -> int row[64] = Array.findIndex ((=) (Array.max p)) p)
printfn $"{losses = direct} {float hits.Length / float test.Length:P1}"
