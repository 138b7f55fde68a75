/// Mistakes of F# callers, each with its typed error.
module Functional.Tests.BadInputTests

open System
open System.Reflection
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

let private missing: Tensor = Unchecked.defaultof<Tensor>
let private whole = int64s [ 2 ] [ 1L; 2L ]
let private int32s = Tensor.create [ 2 ] "" [| 1; 2 |]
let private real = float64 [ 2 ] [ 1.; 2. ]

let private nulls =
    let refused name op (f: unit -> Tensor) = test name { refuses<StructureException> op "null" f }

    testList
        "null where a tensor is due"
        [ refused "left of an operator" "Add" (fun () -> missing + real)
          refused "right of an operator" "Mul" (fun () -> real * missing)
          refused "beside a number" "Sub" (fun () -> missing - 1.)
          refused "alone" "Tanh" (fun () -> tanh missing)
          refused "compared" "Less" (fun () -> missing .< 1.)
          refused "among several" "Where" (fun () -> Tensor.where (real .> 1.) real missing)
          refused "in a list" "Concat" (fun () -> Tensor.concat 0 [ real; missing ])
          refused "as a product's operand" "MatMul" (fun () -> Tensor.matmul real missing)
          refused "reduced" "Sum" (fun () -> Tensor.sum [ 0 ] missing)
          test "as a number" { Expect.throwsT<StructureException> (fun () -> float missing |> ignore) "cast" }
          test "inside an accelerated function, and nothing is cached" {
              let f = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> x + missing)
              Expect.throwsT<StructureException> (fun () -> f.Invoke real |> ignore) "typed"
              Expect.equal f.Count 0 "signatures"
          } ]

/// An argument of this type that most functions take, or none that is known.
let private argument (ty: Type) : objnull option =
    [ typeof<Tensor>, box (float64 [ 2; 2 ] [ 1.; 2.; 3.; 4. ])
      typeof<Tensor list>, box [ real ]
      typeof<int>, box 0
      typeof<float>, box 0.5
      typeof<string>, box ""
      typeof<bool>, box false
      typeof<char>, box 'C'
      typeof<DType>, box DType.Float64
      typeof<int list>, box [ 0 ]
      typeof<Slice>, box Slice.All
      typeof<Slice list>, box [ Slice.All ] ]
    |> List.tryFind (fun (known, _) -> known = ty)
    |> Option.map (snd >> (fun value -> value: objnull))

/// Every public function of both languages with a null in place of each of its tensors; those that have no doors of their
/// own, or take functions and spans, are left to the tests above.
let private everywhere = test "every function refuses null by a typed error" {
    let doors = [ typeof<Tensor>.Assembly; typeof<Functional.AccelerationOptions>.Assembly ]

    let failures =
        [ for assembly in doors do
              for ty in assembly.GetExportedTypes() do
                  for f in ty.GetMethods(BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.DeclaredOnly) do
                      let parameters = f.GetParameters() |> Array.map (fun p -> p.ParameterType)
                      let arguments = parameters |> Array.map argument

                      if
                          not f.ContainsGenericParameters
                          && not (f.Name.Contains '<')
                          && Array.forall Option.isSome arguments
                          && not (ty.Name.Contains '<')
                      then
                          for k, ty in Array.indexed parameters do
                              if ty = typeof<Tensor> then
                                  try
                                      f.Invoke(
                                          null,
                                          arguments |> Array.mapi (fun i a -> if i = k then null else a.Value)
                                      )
                                      |> ignore
                                      $"{f.DeclaringType}.{f.Name} takes null for parameter {k}"
                                  with :? TargetInvocationException as e ->
                                      match e.InnerException with
                                      | :? FunctionalException -> ()
                                      | inner -> $"{f.DeclaringType}.{f.Name}, parameter {k}: {inner}" ]

    Expect.equal failures [] "functions"
}

let private numbers =
    let refused name op text (f: unit -> Tensor) = test name { refuses<DTypeException> op text f }

    testList
        "numbers beside integers and Bool"
        [ refused "a fraction" "Add" "1.5 is no Int64" (fun () -> whole + 1.5)
          refused "out of range" "Add" "no Int32" (fun () -> int32s + 1e30)
          refused "just out of range" "Mul" "2147483648 is no Int32" (fun () -> int32s * 2147483648.)
          refused "NaN" "Sub" "no Int64" (fun () -> whole - nan)
          refused "infinity" "Max" "no Int64" (fun () -> Tensor.clamp -infinity 2. whole)
          refused "compared" "Less" "2.5 is no Int64" (fun () -> whole .< 2.5)
          refused "chosen" "Where" "0.5 is no Int32" (fun () -> Tensor.where (int32s .> 1.) int32s 0.5)
          refused "a Bool" "Equal" "2 is no Bool" (fun () -> (whole .> 1.) .= 2.)
          test "whole numbers in range are theirs" {
              hasWholes [ 3L; 4L ] (whole + 2.) "2."
              Expect.equal (Tensor.toArray<int>(int32s + -2147483648.)) [| -2147483647; -2147483646 |] "the least Int32"
              hasWholes [ 1L; 0L ] (Tensor.cast DType.Int64 (whole .= 1.)) "compared"
          }
          test "an accelerated function refuses them too, and nothing is cached" {
              let f = accelerateWith AccelerateOptions.Default (fun (x: Tensor) -> x + 1.5)
              Expect.throwsT<DTypeException> (fun () -> f.Invoke whole |> ignore) "Int64"
              Expect.equal f.Count 0 "signatures"
              hasElements [ 2.5; 3.5 ] (f.Invoke real) "Float64"
          } ]

let private places = test "the call site is the user's line" {
    let line = int __LINE__ + 2
    try
        (real + float64 [ 3 ] [ 1.; 2.; 3. ]) |> ignore
    with :? ShapeException as e ->
        Expect.stringContains e.CallSite $"BadInputTests.fs:{line}" "call site"
        Expect.stringContains e.Message e.CallSite "in the message"
}

let private values =
    let throwing (f: Tensor -> Tensor) = accelerateWith AccelerateOptions.Default f

    testList
        "errors that depend on values"
        [ test "an index out of range is refused at the first call and at a replay" {
              let f = throwing (fun (at: Tensor) -> Tensor.gather 0 at real)
              hasElements [ 2. ] (f.Invoke(int64s [ 1 ] [ 1L ])) "in range"
              for bad in [ 2L; -3L; Int64.MaxValue ] do
                  refuses<DimensionException> "Gather" "" (fun () -> f.Invoke(int64s [ 1 ] [ bad ]))
              hasElements [ 1. ] (f.Invoke(int64s [ 1 ] [ 0L ])) "and goes on"
              Expect.equal f.Count 1 "signatures"
          }
          test "at the first call it leaves no trace" {
              let f = throwing (fun (at: Tensor) -> Tensor.gather 0 at real)
              refuses<DimensionException> "Gather" "" (fun () -> f.Invoke(int64s [ 1 ] [ 9L ]))
              hasElements [ 2. ] (f.Invoke(int64s [ 1 ] [ 1L ])) "in range"
          } ]

let tests = testList "Bad input" [ nulls; everywhere; numbers; places; values ]
