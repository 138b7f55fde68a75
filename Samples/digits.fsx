// Samples/Digits in a few lines of F#. From the root: dotnet fsi build.fsx run script
#r "../artifacts/bin/Functional.Data/release/Functional.dll"
#r "../artifacts/bin/Functional.Data/release/Functional.Data.dll"

open System
open Functional
open Functional.FSharp

let path = __SOURCE_DIRECTORY__ + "/Digits/data/digits.csv.gz"
let rows = CsvFile.Read(path, CsvOptions(HasHeader = false)).Matrix()
let images, digits = rows[*, ..63] / 16. |> Tensor.withFormat "BC", rows[*, 64] |> Tensor.cast DType.Int32
let train, (testImages, testDigits) = Data.split 0.8 1UL (images, digits)
let network =
    Network.Sequential(Dense 64, Relu(), Dense 10, Softmax()).Initialize(Layout.Of(images.Type), seed = 2UL)

let step ((network: Network, state), (x, t)) =
    let loss, gradient = valueAndGrad (fun (n: Network) -> Loss.crossEntropy (n.Forward x) t) network
    loss, Adam.step AdamOptions.Default (network, state, gradient)

/// The losses of 30 epochs from the same start in the same order, and the trained network.
let learn step =
    ((network, Adam.start 0.003 network), (Data.batches 64 0UL train).Epochs 30)
    ||> Seq.mapFold (fun model batch -> step (model, batch))

let fast = accelerateWith AccelerateOptions.Default step
let (direct, _), (losses, (trained, _)) = learn step, learn fast.Invoke
let same = Structure.HasSameBits(Array.ofSeq direct, Array.ofSeq losses)
printfn
    $"losses equal bit for bit: {same}, test accuracy: {float (Metric.accuracy (trained.Predict testImages) testDigits):P1}"
printfn $"{Seq.length losses} steps, {fast.Misses} traces, hit rate {fast.HitRate:F1} %%"
exit (if same then 0 else 1)
