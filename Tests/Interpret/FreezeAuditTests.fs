/// What a trace freezes is listed, and what it should not have frozen is found.
module Functional.Tests.Interpret.FreezeAuditTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private x = Tensor.create [ 3 ] "" [| 1.; -2.; 3. |]

let private audit (f: Tensor -> 'R) between = FreezeAudit.Of(Func<_, _> f, x, Action between)

let private finds (f: Tensor -> 'R) kind between =
    let report = audit f between
    let found = report.Findings |> Seq.tryFind (fun h -> h.Kind = kind)
    Expect.isSome found $"{report}"
    Expect.stringContains (string report) "FreezeAuditTests.fs:" "the place"

let mutable private factor = 1.

let private host =
    testList
        "state of the host"
        [ test "System.Random" {
              let random = System.Random 1
              finds (fun x -> x * random.NextDouble()) HiddenStateKind.Constant ignore
          }
          test "a choice by System.Random" {
              let random = System.Random 1
              finds (fun x -> if random.Next 2 = 0 then x * x else sin x) HiddenStateKind.Structure ignore
          }
          test "the clock" {
              finds (fun x -> x + float (DateTime.UtcNow.Ticks % 1_000_000_000L)) HiddenStateKind.Constant ignore
          }
          test "a mutable counter" {
              let mutable calls = ref 0
              finds
                  (fun x ->
                      calls.Value <- calls.Value + 1
                      x * float calls.Value)
                  HiddenStateKind.Constant
                  ignore
          }
          test "a counter in the bounds of a slice" {
              let calls = ref 0
              finds
                  (fun (x: Tensor) ->
                      calls.Value <- (calls.Value + 1) % 3
                      x[calls.Value])
                  HiddenStateKind.Setting
                  ignore
          }
          test "a counter in a body of a loop" {
              let calls = ref 0
              finds
                  (fun x ->
                      calls.Value <- calls.Value + 1
                      fold (fun c x -> c * float calls.Value + x) (Tensor.scalar 0.) x)
                  HiddenStateKind.Setting
                  ignore
          }
          test "a mutable static" {
              finds (fun x -> x * factor) HiddenStateKind.Constant (fun () -> factor <- factor + 1.)
          }
          test "a captured ref" {
              let scale = ref 2.
              finds (fun x -> x * scale.Value) HiddenStateKind.Constant (fun () -> scale.Value <- 3.)
          }
          test "a captured tensor that another call replaced" {
              let last = ref (Tensor.create [ 3 ] "" [| 0.; 0.; 1. |])
              finds (fun x -> x + last.Value) HiddenStateKind.Constant (fun () ->
                  last.Value <- Tensor.create [ 3 ] "" [| 1.; 0.; 1. |])
          }
          test "an environment read" {
              let name = "FUNCTIONAL_FREEZE_AUDIT"
              finds
                  (fun x ->
                      match Environment.GetEnvironmentVariable name with
                      | null -> x + 1.
                      | _ -> x * x)
                  HiddenStateKind.Structure
                  (fun () -> Environment.SetEnvironmentVariable(name, "1"))
          }
          test "a static part of the result" {
              let calls = ref 0
              let report =
                  audit
                      (fun x ->
                          calls.Value <- calls.Value + 1
                          x, calls.Value)
                      ignore
              Expect.equal (List.ofSeq report.Findings |> List.map _.Kind) [ HiddenStateKind.StaticResult ] $"{report}"
          }
          test "a function that throws the second time" {
              let calls = ref 0
              let report =
                  audit
                      (fun x ->
                          calls.Value <- calls.Value + 1
                          if calls.Value > 1 then failwith "enough"
                          x)
                      ignore
              Expect.equal (List.ofSeq report.Findings |> List.map _.Kind) [ HiddenStateKind.Error ] $"{report}"
          }
          test "a plain draw" {
              finds (fun x -> x + Tensor.normal DType.Float64 [ 3 ] "") HiddenStateKind.PlainDraw ignore
          } ]

let private pure' =
    testList
        "no false alarm"
        [ test "branches on values and on draws, loops, captured tensors" {
              let w = Tensor.create [ 3 ] "" [| 0.5; 0.25; 1. |]
              let f (x: Tensor) =
                  let noise = Tensor.uniformLike x
                  let mutable y = if float (Tensor.sum [] noise) > 1.5 then x * w else x + noise
                  while float (Tensor.norm [] y) > 1. do
                      y <- y / 2.
                  fold (fun c y -> c + y) (Tensor.scalar 0.) y, y
              let report = audit f ignore
              Expect.isTrue report.IsPure $"{report}"
          }
          Seed.law "random programs are pure" 200 1. (fun random ->
              let program = Generate.program 4 random
              let report = FreezeAudit.Of(Func<_, _>(RandomProgram.run program), RandomProgram.inputs program)
              if report.IsPure then Verdict.Holds else Verdict.Fails $"{report}\n{program}") ]

let private listed =
    testList
        "constants"
        [ test "what they are, and where they are used" {
              let captured = Tensor.create [ 3 ] "" [| 0.5; 0.25; 1. |]
              let f (x: Tensor) =
                  x * captured + 2. * Tensor.uniform DType.Float64 [ 3 ] "" - Tensor.create [ 3 ] "" [| 1.; 2.; 3. |]
              let constants = Trace.constants (traceOf f x) |> List.filter (fun c -> c.Kind <> ConstantKind.Number)
              Expect.equal
                  [ for c in constants -> c.Kind ]
                  [ ConstantKind.Captured; ConstantKind.PlainDraw; ConstantKind.Created ]
                  "kinds"
              for c in constants do
                  Expect.stringContains c.Site "FreezeAuditTests.fs:" "site"
              Expect.equal (constants.Head.Bytes, constants.Head.Type) (24L, captured.Type) "size"
          } ]

let tests = testList "FreezeAudit" [ host; pure'; listed ]
