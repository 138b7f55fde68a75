/// Random programs, and whether the laws can fail at all.
module Functional.Tests.Properties.ProgramTests

open System
open Expecto
open Functional
open Functional.Properties
open Functional.Tests

let private check name law = Seed.property name 500 Arbitraries.program (ProgramLaws.judge law)

let private sample = lazy [ for k in 0..999 -> Generate.program 8 (Seed.random "sample" k) ]

let private ofUse =
    testList
        "random programs are of use"
        [ test "they have several steps, and all ops occur" {
              let steps = sample.Value |> List.collect (fun p -> p.Steps)
              Expect.isGreaterThan (float steps.Length / 1000.) 6. "steps of a program"
              let missing = set [ for e in Catalogue.all -> e.Name ] - set [ for s in steps -> s.Entry ]
              Expect.isEmpty missing "ops that never occur"
          }
          test "all data types, ranks 0 to 4, empty dimensions and ones of size 1" {
              let types =
                  [ for p in sample.Value do
                        for i in p.Inputs -> i.Type ]
              Expect.equal (types |> List.map (fun t -> t.DType) |> List.distinct |> List.length) 5 "data types"
              Expect.containsAll (types |> List.map (fun t -> t.Rank)) [ 0..4 ] "ranks"
              Expect.isTrue (types |> List.exists (fun t -> t.Count = 0)) "an empty one"
              Expect.isTrue (types |> List.exists (fun t -> Seq.contains 1 t.Shape)) "one with a dimension of size 1"
              Expect.isTrue (types |> List.exists (fun t -> not t.Format.IsNone)) "a format"
          }
          test "many are differentiable" {
              let gradients =
                  sample.Value
                  |> List.filter (fun p ->
                      let _, gradient = Functions.withGradient (RandomProgram.run p) (RandomProgram.inputs p)
                      not gradient.IsEmpty)
              Expect.isGreaterThan gradients.Length 300 "programs with a gradient"
          } ]

/// The tanh of the catalogue with one rule broken.
let private broken (change: Op -> Op) : RandomProgram =
    let ty = TensorType(DType.Float64, [ 2; 3 ])
    let input: ProgramInput = { Type = ty; Valid = None; Made = None; Data = [| 0.1; -0.7; 0.3; 1.2; -0.2; 0.9 |] }
    let scale =
        { Op = Elementwise.scalar Mul
          Operands = [ Source.Input 0; Source.Input 0 ]
          Like = None
          Host = None
          Results = [ ty ]
          Entry = "Mul"
          Choices = 1 }
    let tanh =
        { scale with
            Op = change (Elementwise.scalar Tanh)
            Operands = [ Source.Result(0, 0) ]
            Entry = "Tanh" }
    { Inputs = [ input ]; Steps = [ scale; tanh ]; Outputs = [ Source.Result(1, 0) ] }

let private fails verdict message =
    match verdict with
    | Verdict.Fails _ -> ()
    | other -> failtest $"{message}: {other}"

let private canFail =
    let oracle = ProgramLaws.all |> List.find (fun (name, _) -> name = "each op agrees with the oracle") |> snd
    let equal = ProgramLaws.all |> List.head |> snd
    let run (p: RandomProgram) law = law (RandomProgram.run p) (RandomProgram.inputs p) 1UL

    testList
        "the laws can fail"
        [ test "a wrong kernel disagrees with the oracle, in the last digits too" {
              let off = Formula.Apply(Tanh, [ Arg 0 ]) + Formula.Literal 1e-15
              fails (oracle (broken (fun op -> { op with Kernel = Map off }))) "a kernel off by 1e-15"
          }
          test "a state that is hidden shows" {
              let mutable calls = 0.
              let kernel =
                  Opaque(fun _ _ _ ->
                      calls <- calls + 1.
                      [ Array.replicate 6 calls ])
              fails (equal (broken (fun op -> { op with Kernel = kernel }))) "a counter"
          }
          test "a wrong reverse rule differs from differences" {
              let wrong = broken (fun op -> { op with Pull = (Elementwise.scalar Sin).Pull })
              fails (run wrong Differentiation.equalsDifferences) "the slope of the sine"
          }
          test "a reverse rule that is not linear is not a transpose" {
              let squared wanted args results (cotangents: Tensor option list) =
                  (Elementwise.scalar Tanh).Pull
                      wanted
                      args
                      results
                      [ Option.map (fun (dy: Tensor) -> dy * dy) cotangents.Head ]
              fails (run (broken (fun op -> { op with Pull = squared })) Differentiation.transposes) "dy²"
          }
          test "shrinking leaves the broken op alone" {
              let program = broken (fun op -> { op with Kernel = Map(Formula.Apply(Sin, [ Arg 0 ])) })
              let smallest, _ = (ProgramLaws.counterexample oracle program).Value
              Expect.equal smallest.Steps.Length 1 $"steps of\n{smallest}"
              Expect.equal smallest.Steps.Head.Op.Name "Tanh" "the step"
          } ]

let tests =
    testList "Programs" [ testList "laws" [ for name, law in ProgramLaws.all -> check name law ]; ofUse; canFail ]
