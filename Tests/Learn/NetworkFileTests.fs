/// Whole networks to and from files.
module Functional.Tests.Learn.NetworkFileTests

open System
open System.IO
open Expecto
open Functional
open Functional.FSharp

let private withFile (act: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "functional"
    try
        act (Path.Combine(folder.FullName, "network.safetensors"))
    finally
        folder.Delete true

/// A layer of one's own: an option, a list, a record within, and a layer.
type private Inner = { Rate: float; Names: string list; Scale: Tensor option }

[<Sealed>]
type private Own(inner: Inner, body: ILayer, kind: Interpolation, shift: Nullable<int>) =
    inherit Layer()
    member _.Inner = inner
    override _.Predict x =
        let y = body.Predict x * inner.Rate + float (shift.GetValueOrDefault 0)
        inner.Scale |> Option.fold (fun y s -> y * s) y
    override _.Initialize input = Own(inner, body.Initialize [| input |], kind, shift)
    interface IAcceleratable

let private own scale shift =
    Own({ Rate = 0.1; Names = [ "a"; "b" ]; Scale = scale }, Dense 4, Interpolation.Cubic, shift)

let private images = Layout.Of("BCSS", Nullable(), 2, 6, 6)
let private image = Tensor.normalFrom (Generator 3UL) DType.Float32 [ 2; 2; 6; 6 ] "BCSS"
let private steps = Tensor.normalFrom (Generator 4UL) DType.Float32 [ 2; 5; 4 ] "BTC"
let private features = Tensor.normalFrom (Generator 5UL) DType.Float32 [ 3; 4 ] "BC"

let private causal = { AttentionOptions.Default with Heads = 2; Causal = true }
let private strided =
    { ConvolutionOptions.Default with Stride = [ 2 ]; Padding = Padding.Of(struct (1, 0)); Groups = 2 }

let private networks: (string * Network * Layout * Tensor) list =
    [ "images",
      Network.Sequential(
          Convolution(4, [ 3; 3 ], strided, Initialiser.TruncatedNormal 0.1),
          BatchNorm(),
          ParametricRelu 0.3,
          MaxPool [ 2 ],
          Flatten(),
          Dropout 0.5,
          Dense 3
      ),
      images,
      image
      "sequences",
      Network.Sequential(
          Bidirectional(
              Lstm(3, true, Nullable 2, RecurrentLayerOptions.Default),
              Gru(2, { RecurrentLayerOptions.Default with Reversed = true })
          ),
          MultiHeadAttention(causal, RotaryOptions.Default, false),
          PositionEmbedding 9
      ),
      Layout.Of("BTC", Nullable(), Nullable(), 4),
      steps
      "a graph, a network within, an equation",
      Network.Graph(
          [| "x" |],
          [| NamedLayer("sum", Addition(), "block", "x")
             NamedLayer("block", Network.Sequential(Dense 4, new Tanh()), "x")
             NamedLayer("ode", NeuralOde(Network.Sequential(Dense 4, new Tanh())), "sum") |],
          [| "ode" |]
      ),
      Layout.Of("BC", Nullable(), 4),
      features
      "layers of one's own",
      Network.Sequential(own None (Nullable()), own (Some(Tensor.scalar 2f)) (Nullable 3)),
      Layout.Of("BC", Nullable(), 4),
      features ]

let private ours = [ typeof<Own> ]

/// Of a file, with another description of its layers.
let private described path (change: string -> string) =
    let file = Safetensors.read path
    let notes = [ for note in file.Metadata -> note.Key, change note.Value ]
    Safetensors.write path notes [ for name in file.Names -> name, file.Tensors[name] ]

let tests =
    testList
        "Network files"
        [ for name, network, input, x in networks do
              test $"{name}: there and back" {
                  withFile (fun path ->
                      let network = network.Initialize(input, 6UL)
                      let network =
                          let struct (_, next) = network.ForwardWithState x
                          next
                      Saving.saveNetwork path network
                      let loaded = Saving.loadNetwork ours path
                      Expect.isTrue (Structure.HasSameBits(loaded, network)) "structure and tensors"
                      Expect.isTrue (Structure.HasSameBits(loaded.Predict x, network.Predict x)) "predictions"
                      let slope (n: Network) = Tensor.sum [] (n.Forward x)
                      Generator.Current <- Generator 7UL
                      let expected = grad slope network
                      Generator.Current <- Generator 7UL
                      Expect.isTrue (Structure.HasSameBits(grad slope loaded, expected)) "gradients")
              }

          test "a network that is not initialised is what it was" {
              withFile (fun path ->
                  Saving.saveNetwork
                      path
                      (Network.Sequential(Dense(3, Initialiser.HeNormal, Initialiser.Ones), Relu()))
                  let loaded = Saving.loadNetwork [] path
                  let dense = loaded.Initialize(Layout.Of("BC", Nullable(), 4), 1UL)["0"] :?> Dense
                  Expect.equal dense.Units 3 "units"
                  Expect.sequenceEqual (Tensor.toArray<float32>(nonNull dense.Bias)) [ 1f; 1f; 1f ] "initialiser")
          }

          test "what no file holds is named" {
              withFile (fun path ->
                  let network = Network.Sequential(Relu(), FunctionLayer(fun x -> x))
                  let e =
                      try
                          Saving.saveNetwork path network
                          ""
                      with :? StructureException as e ->
                          e.Message
                  Expect.stringContains e "network.1.f is a System.Func" "place"
                  Expect.isFalse (File.Exists path) "nothing is written")
          }

          test "types that are not known are not made" {
              withFile (fun path ->
                  Saving.saveNetwork path (Network.Sequential(own None (Nullable())))
                  Expect.throwsT<StructureException> (fun () -> Saving.loadNetwork [] path |> ignore) "one's own"
                  Expect.throwsT<ArgumentException>
                      (fun () -> Saving.loadNetwork [ typeof<string> ] path |> ignore)
                      "no layer"
                  described path _.Replace("Own\"", "Uri\"")
                  Expect.throwsT<StructureException>
                      (fun () -> Saving.loadNetwork ours path |> ignore)
                      "no layer at all")
          }

          test "a file that says of no network, or of an impossible one" {
              withFile (fun path ->
                  let network = Network.Sequential(Dense 2, Dense 3).Initialize(Layout.Of("BC", Nullable(), 4), 1UL)
                  let refuses what (change: string -> string) =
                      Saving.saveNetwork path network
                      described path change
                      Expect.throwsT<DataFormatException> (fun () -> Saving.loadNetwork [] path |> ignore) what
                  refuses "no JSON" (fun text -> text[1..])
                  refuses "deep" (fun _ -> String('[', 100000))
                  refuses "no object" (fun _ -> "[]")
                  refuses "nothing" (fun _ -> "null")
                  refuses "a number for a list" _.Replace("\"layers\":[", "\"layers\":1,\"x\":[")
                  refuses "a field missing" _.Replace("\"units\"", "\"unit\"")
                  refuses "no number" _.Replace("\"units\":\"2\"", "\"units\":\"two\"")
                  refuses "too large a number" _.Replace("\"units\":\"2\"", "\"units\":\"99999999999\"")
                  refuses "no initialiser" _.Replace("GlorotUniform", "Gorot")
                  refuses "sizes" _.Replace("\"sizes\":[4,2]", "\"sizes\":[-4,2]")
                  refuses "no data type" _.Replace("\"dtype\":\"Float32\"", "\"dtype\":\"17\"")
                  refuses "another kind" _.Replace("\"sizes\":[4,2]", "\"sizes\":[\"4\",2]")
                  let contradicts what (change: string -> string) (isRight: exn -> bool) =
                      Saving.saveNetwork path network
                      described path change
                      try
                          Saving.loadNetwork [] path |> ignore
                          failtest what
                      with e ->
                          Expect.isTrue (isRight e) $"{what}: {e}"
                  contradicts "connections" _.Replace("[0,0]", "[7,0]") (fun e -> e :? StructureException)
                  contradicts "to itself" _.Replace("[-1,0]", "[1,0]") (fun e -> e :? StructureException)
                  contradicts "huge" _.Replace("\"sizes\":[4,2]", "\"sizes\":[40000,40000]") (fun e ->
                      e :? SavedStructureException)
                  Safetensors.write path [] [ "a", Tensor.scalar 1f ]
                  Expect.throwsT<DataFormatException> (fun () -> Saving.loadNetwork [] path |> ignore) "tensors alone")
          } ]
