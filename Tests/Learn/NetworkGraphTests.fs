/// Networks whose layers are connected by name.
module Functional.Tests.Learn.NetworkGraphTests

open System
open Expecto
open Functional
open Functional.FSharp

let private features = Layout.Of("BC", Nullable(), 4)
let private x = Tensor.normalFrom (Generator 3UL) DType.Float32 [ 3; 4 ] "BC"
let private same a b = Expect.isTrue (Structure.HasSameBits(a, b)) "bits"

/// The difference and the sum of two inputs.
type private Both() =
    inherit MultiLayer()
    override _.Inputs = [| "a"; "b" |]
    override _.Outputs = [| "difference"; "sum" |]
    override _.Predict inputs = [| inputs[0] - inputs[1]; inputs[0] + inputs[1] |]
    interface IAcceleratable

/// Not acceleratable.
type private Doubled() =
    inherit Layer()
    override _.Predict x = x * 2.

let private skip =
    [ NamedLayer("sum", Addition(), "relu", "first")
      NamedLayer("first", Dense 5, "x")
      NamedLayer("relu", Relu(), "first")
      NamedLayer("last", Dense 2, "sum") ]

let private network = Network.Graph([| "x" |], skip, [| "last" |]).Initialize(features, 7UL)

let private refuses inputs layers outputs (what: string) =
    let e =
        try
            Network.Graph(Array.ofList inputs, layers, Array.ofList outputs) |> ignore
            ""
        with :? StructureException as e ->
            e.Message
    Expect.stringContains e what "message"

let private errors =
    [ test "cycles are shown" {
          refuses
              [ "x" ]
              [ NamedLayer("a", Addition(), "x", "c")
                NamedLayer("b", Relu(), "a")
                NamedLayer("c", Relu(), "b") ]
              [ "c" ]
              "a → b → c → a"
      }
      test "a source that is not there" {
          refuses [ "x" ] [ NamedLayer("a", Relu(), "y") ] [ "a" ] "input 'in' of layer 'a': 'y' is no layer"
          refuses [ "x" ] [ NamedLayer("a", Relu(), "x") ] [ "b" ] "an output of the network: 'b' is no layer"
          refuses [ "x" ] [ NamedLayer("a", Relu(), "x/out") ] [ "a" ] "the input 'x' has no output 'out'"
      }
      test "ports that are not there, or not told apart" {
          let both = NamedLayer("both", Both(), "x", "x")
          refuses [ "x" ] [ both ] [ "both" ] "'both' has 2 outputs"
          refuses [ "x" ] [ both ] [ "both/sum"; "both/product" ] "'both' has no output 'product'"
      }
      test "inputs and outputs that are not connected" {
          refuses [ "x" ] [ NamedLayer("a", Addition(), "x") ] [ "a" ] "layer 'a' hears 'in1', 'in2', and is given 'x'"
          refuses [ "x" ] [ NamedLayer("a", Relu(), "x", "x") ] [ "a" ] "layer 'a' hears 'in', and is given 'x', 'x'"
          refuses [ "x" ] [ NamedLayer("a", Both(), "x", "x") ] [ "a/sum" ] "output 'difference' of layer 'a'"
          refuses [ "x"; "y" ] [ NamedLayer("a", Relu(), "x") ] [ "a" ] "nothing hears from the input 'y'"
          refuses [ "x" ] [ NamedLayer("a", Relu(), "x") ] [] "no output"
      }
      test "names that stand for two things, or for none" {
          refuses
              [ "x" ]
              [ NamedLayer("a", Relu(), "x"); NamedLayer("a", Relu(), "x") ]
              [ "a" ]
              "2 layers and inputs are named 'a'"
          refuses [ "a" ] [ NamedLayer("a", Relu(), "a") ] [ "a" ] "2 layers and inputs are named 'a'"
          refuses [ "x" ] [ NamedLayer("a/b", Relu(), "x") ] [ "a/b" ] "\"a/b\" is no name"
          refuses [ "x" ] [ NamedLayer("a", Relu(), "x") ] [ "a"; "a" ] "an output is named twice"
      }
      test "an error within a layer names it, within networks too" {
          let inner = Network.Graph([| "x" |], [| NamedLayer("wide", Dense 3, "x") |], [| "wide" |])
          let outer = Network.Graph([| "x" |], [| NamedLayer("block", inner, "x") |], [| "block" |])
          let outer = outer.Initialize(features, 1UL)
          let layerOf f =
              try
                  f ()
                  ""
              with :? FunctionalException as e ->
                  Expect.equal (e.Message.StartsWith "Layer ") (e.Layer <> "") "message"
                  e.Layer
          let wrong = Tensor.zeros DType.Float32 [ 3; 7 ] "BC"
          Expect.equal (layerOf (fun () -> outer.Predict wrong |> ignore)) "block/wide (Dense)" "run"
          let open' = Layout.Of("BC", Nullable(), Nullable())
          let fresh = Network.Sequential(Relu(), Dense 2)
          Expect.equal (layerOf (fun () -> fresh.Initialize(open', 1UL) |> ignore)) "1 (Dense)" "initialise"
          Expect.equal (layerOf (fun () -> outer["nowhere"] |> ignore)) "" "no layer"
      }
      test "another number of inputs is refused" {
          Expect.throwsT<StructureException> (fun () -> network.Predict [| x; x |] |> ignore) "two for one"
          let two = Network.Graph([| "a"; "b" |], [| NamedLayer("s", Addition(), "a", "b") |], [| "s" |])
          Expect.throwsT<StructureException> (fun () -> two.Predict x |> ignore) "one for two"
          Expect.throwsT<StructureException> (fun () -> Network.Sequential(Addition()) |> ignore) "in a chain"
      } ]

let tests =
    testList
        "Network graphs"
        [ testList "errors" errors

          test "layers given in any order run as they are connected" {
              Expect.equal (List.ofSeq network.Names) [ "first"; "relu"; "sum"; "last" ] "order"
              let first, last = network["first"], network["last"]
              let h = first.Predict x
              same (network.Predict x) (last.Predict(Tensor.relu h + h))
              same (network.Predict x) (network.Predict(x, Acceleration.None))
              Expect.equal (network.Cache.Misses, network.Cache.Hits) (1L, 1L) "one trace"
          }

          test "several inputs and outputs, ports by name" {
              let graph =
                  Network.Graph(
                      [| "left"; "right" |],
                      [| NamedLayer("both", Both(), "left", "right")
                         NamedLayer("joined", Concatenation 3, "both/sum", "left", "both/difference") |],
                      [| "joined"; "both/sum" |]
                  )
              let y = x * 3.
              for _ in 1..2 do
                  let outputs = graph.Predict [| x; y |]
                  same outputs[0] (Tensor.concat 1 [ x + y; x; x - y ])
                  same outputs[1] (x + y)
              Expect.equal (graph.Cache.Misses, graph.Cache.Hits) (1L, 1L) "one trace"
              Expect.equal (List.ofSeq graph.Outputs) [ "joined"; "both/sum" ] "names"
          }

          test "layers that are not acceleratable run directly between traces" {
              let graph =
                  Network.Graph(
                      [| "x" |],
                      [| NamedLayer("a", Dense 3, "x")
                         NamedLayer("twice", Doubled(), "a")
                         NamedLayer("b", Multiplication(), "twice", "a") |],
                      [| "b" |]
                  )
              let graph = graph.Initialize(features, 2UL)
              let a = graph["a"].Predict x
              for _ in 1..2 do
                  same (graph.Predict x) (a * 2. * a)
              Expect.equal (graph.Cache.Misses, graph.Cache.Hits) (2L, 2L) "a trace before, and one behind"
          }

          test "outputs can be chosen, and only what they need runs" {
              let inner = network.WithOutputs("relu", "first")
              let outputs = inner.Predict [| x |]
              same outputs[0] (Tensor.relu outputs[1])
              same outputs[1] (network["first"].Predict x)
              Expect.equal (Structure.Leaves inner).Count 4 "all parameters are still there"
              let broken = network.WithLayer("last", Dense 2)
              same (broken.WithOutputs("relu").Predict x) outputs[0]
              Expect.throwsT<StructureException> (fun () -> network.WithOutputs "nowhere" |> ignore) "not there"
          }

          test "parameters have the names of layers, and other ones keep the traces" {
              let names = [ for t in network.Learnables -> t.Layer, t.Name, List.ofSeq t.Value.Shape ]
              Expect.equal
                  names
                  [ "first", "weights", [ 4; 5 ]
                    "first", "bias", [ 5 ]
                    "last", "weights", [ 5; 2 ]
                    "last", "bias", [ 2 ] ]
                  "table"
              Expect.equal
                  (List.ofSeq (Saving.names network))
                  [ "first.weights"; "first.bias"; "last.weights"; "last.bias" ]
                  "saved"
              let fresh = Network.Graph([| "x" |], skip, [| "last" |]).Initialize(features, 7UL)
              fresh.Predict x |> ignore
              let other = Structure.Map((fun t -> t * 0.5), fresh)
              same (other.Predict x) (other.Predict(x, Acceleration.None))
              let replaced = fresh.WithLayer("last", other["last"])
              same (replaced.Predict x) (replaced.Predict(x, Acceleration.None))
              Expect.equal (fresh.Cache.Misses, fresh.Cache.Hits) (1L, 2L) "one trace for all"
              Expect.throwsT<StructureException> (fun () -> fresh.WithLayer("sum", Relu()) |> ignore) "other inputs"
          }

          test "state is a table of its own, and goes on" {
              let graph =
                  Network
                      .Graph([| "x" |], [| NamedLayer("norm", BatchNorm(), "x") |], [| "norm" |])
                      .Initialize(features, 1UL)
              Expect.equal [ for t in graph.Learnables -> t.Name ] [ "scale"; "offset" ] "learnables"
              Expect.equal
                  (set [ for t in graph.State -> t.Layer, t.Name ])
                  (set [ "norm", "mean"; "norm", "variance" ])
                  "state"
              let struct (outputs, next) = graph.ForwardWithState [| x |]
              let struct (y, other) = graph.ForwardWithState(x, Acceleration.None)
              same outputs[0] y
              same next other
              Expect.isFalse (Structure.HasSameBits(graph, next)) "moved"
          }

          test "networks of the same layers that are connected otherwise have signatures of their own" {
              let graph first second =
                  Network.Graph(
                      [| "x"; "y" |],
                      [| NamedLayer("both", Both(), first, second) |],
                      [| "both/difference"; "both/sum" |]
                  )
              let f = accelerate (fun (network: Network, x: Tensor, y: Tensor) -> (network.Predict [| x; y |])[0])
              let y = x * 3.
              same (f (graph "x" "y", x, y)) (x - y)
              same (f (graph "y" "x", x, y)) (y - x)
          }

          test "the gradient with respect to a graph is a graph" {
              let loss (network: Network) = Tensor.sum [] (network.Forward x)
              let gradient = grad loss network
              Expect.sequenceEqual
                  (Tensor.toArray<float32>(nonNull (gradient["last"] :?> Dense).Bias))
                  [ 3f; 3f ]
                  "∂Σ/∂b is the batch size"
              same gradient (accelerate (grad loss) network)
          }

          test "a summary, a flow chart and a picture" {
              Expect.equal
                  (network.Summary())
                  "layer  type      from         output              learnables  state
first  Dense     x            Float32[?, 5] \"BC\"          25      0
relu   Relu      first        Float32[?, 5] \"BC\"           0      0
sum    Addition  relu, first  Float32[?, 5] \"BC\"           0      0
last   Dense     sum          Float32[?, 2] \"BC\"          12      0
total                                                     37      0
"
                  "summary"
              Expect.equal
                  (network.ToMermaid())
                  "flowchart TD
    i0([\"x\"])
    n0[\"first: Dense\"]
    n1[\"relu: Relu\"]
    n2[\"sum: Addition\"]
    n3[\"last: Dense\"]
    o0([\"last\"])
    i0 --> n0
    n0 --> n1
    n1 --> n2
    n0 --> n2
    n2 --> n3
    n3 --> o0
"
                  "flow chart"
              let svg = Xml.Linq.XDocument.Parse(network.ToSvg())
              let count name = svg.Descendants() |> Seq.filter (fun e -> e.Name.LocalName = name) |> Seq.length
              Expect.equal (count "rect", count "line") (6, 6) "boxes and lines"
          } ]
