module Functional.Tests.Accelerate.ExplainTests

open System
open Expecto
open Functional
open Functional.FSharp

let private options = { AccelerateOptions.Default with Governed = false; Name = "f" }
let private tensor dtype sizes format = Tensor.zeros dtype sizes format
let private f64 n = tensor DType.Float64 [ n ] ""

type private Model = { Weights: Tensor list; Rate: float; Names: Map<string, Tensor> }

/// The reason for the last miss, and all that differs.
let private lastMiss (fast: AcceleratedFunction) =
    let miss = fast.Explain().RecentMisses |> Seq.last in miss.Reason, List.ofSeq miss.Differences

let private reasonOf (calls: 'T list) =
    let fast = accelerateWith options (fun (_: 'T) -> f64 1)
    for x in calls do
        fast.Invoke x |> ignore
    lastMiss fast

let private reasons =
    testList
        "reasons"
        [ test "nothing was traced before" {
              match reasonOf [ f64 1 ] with
              | MissReason.NeverSeen "f", [] -> ()
              | other -> failtest $"%A{other}"
          }

          test "a shape, by its place" {
              match reasonOf [ (f64 2, f64 3); (f64 2, f64 5) ] with
              | MissReason.Shape(SignatureDifference.Shape(".Item2", now, before)), [ _ ] ->
                  Expect.equal (now.Count, before.Count) (5, 3) "sizes"
              | other -> failtest $"%A{other}"
          }

          test "a format, a data type" {
              match reasonOf [ tensor DType.Float64 [ 2; 3 ] "BC"; tensor DType.Float64 [ 2; 3 ] "CB" ] with
              | MissReason.Format(SignatureDifference.Format("the argument", _, _)), [ _ ] -> ()
              | other -> failtest $"%A{other}"

              match reasonOf [ tensor DType.Float64 [ 2 ] ""; tensor DType.Float32 [ 2 ] "" ] with
              | MissReason.DType(SignatureDifference.DType _), [ _ ] -> ()
              | other -> failtest $"%A{other}"
          }

          test "a static value, by the name of its field" {
              let model rate = { Weights = [ f64 1 ]; Rate = rate; Names = Map.empty }

              match reasonOf [ model 0.5; model 0.25 ] with
              | MissReason.StaticValue(SignatureDifference.StaticValue(".Rate", "0.25", "0.5")), [ _ ] -> ()
              | other -> failtest $"%A{other}"
          }

          test "static values are compared to the bit" {
              let fast = accelerateWith options (fun (x: Tensor, c: float) -> x * c)
              for c in [ 0.; -0.; nan; 0.; -0.; nan ] do
                  fast.Invoke(f64 1, c) |> ignore
              Expect.equal (fast.TracesMade, fast.Hits) (3L, 3L) "traces"
          }

          test "a structure: parts, keys, null" {
              let model names = { Weights = []; Rate = 1.; Names = Map.ofList names }

              match reasonOf [ model [ "a", f64 1 ]; model [ "b", f64 1 ] ] with
              | MissReason.Structure difference, [ _ ] -> Expect.equal difference.Place ".Names[b]" "place"
              | other -> failtest $"%A{other}"

              match reasonOf [ [ f64 1 ]; [ f64 1; f64 1 ] ] with
              | MissReason.Structure(SignatureDifference.Structure("the argument", _, _)), [ _ ] -> ()
              | other -> failtest $"%A{other}"
          }

          test "of several differences each is told, in order" {
              match reasonOf [ [ f64 1; f64 2; f64 3 ]; [ f64 1; f64 4; tensor DType.Int32 [ 3 ] "" ] ] with
              | MissReason.Shape _, [ SignatureDifference.Shape("[1]", _, _); SignatureDifference.DType("[2]", _, _) ] ->
                  ()
              | other -> failtest $"%A{other}"
          }

          test "the nearest signature is the one that it is compared with" {
              match reasonOf [ (f64 1, 1); (f64 7, 2); (f64 9, 2) ] with
              | MissReason.Shape(SignatureDifference.Shape(_, _, before)), [ _ ] ->
                  Expect.equal before.Count 7 "nearest"
              | other -> failtest $"%A{other}"
          }

          test "a new path, with the place of the read" {
              let f (x: Tensor) = if float (Tensor.sum [] x) > 0. then x else -x
              let fast = accelerateWith options f
              fast.Invoke(f64 2) |> ignore
              fast.Invoke(f64 2 + 1.) |> ignore

              match lastMiss fast with
              | MissReason.NewPath(read, site), [] ->
                  Expect.equal read "Float64[] 2" "what it read"
                  Expect.stringContains site "ExplainTests" "where"
              | other -> failtest $"%A{other}"
          }

          test "a type that is registered meanwhile makes no new trace" {
              let fast = accelerateWith options (fun (x: Tensor, y: Tensor) -> x + y)
              fast.Invoke(f64 1, f64 1) |> ignore
              Structure.Register<Uri>((fun _ -> [||]), (fun uri _ -> uri))
              fast.Invoke(f64 1, f64 1) |> ignore
              Expect.equal (fast.TracesMade, fast.Hits) (1L, 1L) "a hit"
          }

          test "evicted" {
              let fast = accelerateWith { options with CacheSize = 2 } (fun (x: Tensor) -> x)
              for n in [ 1; 2; 3; 1 ] do
                  fast.Invoke(f64 n) |> ignore

              match lastMiss fast with
              | MissReason.Evicted 2, _ -> ()
              | other -> failtest $"%A{other}"
          } ]

let private patterns =
    testList
        "patterns"
        [ test "a new lambda for each call" {
              let fast = accelerateWith options (fun (x: Tensor, f: Func<Tensor, Tensor>) -> f.Invoke x)
              for k in 1..6 do
                  let shift = float k
                  fast.Invoke(f64 2, Func<_, _>(fun x -> x + shift)) |> ignore

              match List.ofSeq (fast.Explain().Patterns) with
              | [ MissPattern.NewFunctionEachCall(".Item2", 5) as pattern ] ->
                  Expect.stringContains (string pattern) "hoist" "the remedy"
              | other -> failtest $"%A{other}"
          }

          test "a static value that keeps changing" {
              let fast = accelerateWith options (fun (x: Tensor, rate: float) -> x * rate)
              for k in 1..6 do
                  fast.Invoke(f64 2, 1. / float k) |> ignore

              match List.ofSeq (fast.Explain().Patterns) with
              | [ MissPattern.ManyStaticValues(".Item2", 5) as pattern ] ->
                  Expect.stringContains (string pattern) "make it a tensor" "the remedy"
              | other -> failtest $"%A{other}"
          }

          test "growing sequences" {
              let fast = accelerateWith options (fun (x: Tensor) -> x)
              for n in 1..6 do
                  fast.Invoke(f64 n) |> ignore

              match List.ofSeq (fast.Explain().Patterns) with
              | [ MissPattern.ManySizes("the argument", 5) as pattern ] ->
                  Expect.stringContains (string pattern) "Bucketing" "the remedy"
              | other -> failtest $"%A{other}"
          }

          test "many paths" {
              let fast = accelerateWith options (fun (x: Tensor) -> x * float (Tensor.sum [] x))
              for k in 1..6 do
                  fast.Invoke(f64 1 + float k) |> ignore

              match List.ofSeq (fast.Explain().Patterns) with
              | [ MissPattern.ManyPaths(site, 5) ] -> Expect.stringContains site "ExplainTests" "where"
              | other -> failtest $"%A{other}"
          }

          test "everything as text" {
              let fast = accelerateWith options (fun (x: Tensor) -> x)
              fast.Invoke(f64 1) |> ignore
              fast.Invoke(f64 1) |> ignore
              fast.Invoke(f64 2) |> ignore
              let text = string (fast.Explain())
              for part in
                  [ "f: 1 hits, 2 misses, 2 traces made"
                    "never_seen: 1"
                    "shape: 1"
                    "call 3: the argument is Float64[2], and was Float64[1]" ] do
                  Expect.stringContains text part "text"
          } ]

let tests = testList "Explanation" [ reasons; patterns ]
