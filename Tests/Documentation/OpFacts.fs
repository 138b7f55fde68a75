namespace Functional.Tests.Documentation

open System
open Functional
open Functional.Properties

/// What samples of an op show of it.
[<RequireQualifiedAccess>]
module internal OpFacts =
    let private dtypes = Enum.GetValues<DType>()

    /// Instances on operands of random types that begin with this data type; always the same ones.
    let private samples taste (entry: Entry) dtype =
        [ for seed in 0..59 do
              let random = System.Random seed
              match Generate.single random taste entry (Values.typeWith random dtype) with
              | Some program -> program
              | None -> () ]

    let private shown dtypes =
        match dtypes with
        | _ when dtypes = List.ofArray (Enum.GetValues<DType>()) -> "all"
        | _ -> String.Join(", ", dtypes |> List.map string)

    /// The data types that the first operand, or the result, may have.
    let dataTypes (entry: Entry) =
        [ for dtype in dtypes do
              if not (samples Taste.Tame entry dtype).IsEmpty then dtype ]
        |> shown

    /// What becomes of the labels of the first operand.
    let formats (entry: Entry) =
        let labels =
            [ for dtype in dtypes do
                  for program in samples Taste.Tame entry dtype do
                      match program.Inputs with
                      | input :: _ when not input.Type.Format.IsNone ->
                          let before = input.Type.Format.Labels
                          let after = (List.head program.Steps.Head.Results).Format.Labels
                          if after = before then "kept"
                          elif after = "" then "dropped"
                          elif Seq.sort before |> Seq.toList = (Seq.sort after |> Seq.toList) then "moved"
                          elif after.Length < before.Length then "kept where the dimension is"
                          else "moved, new ones added"
                      | _ -> () ]
            |> List.distinct

        match labels with
        | [] -> "own"
        | [ one ] -> one
        | several when List.contains "moved, new ones added" several -> "moved, new ones added"
        | several when List.contains "kept where the dimension is" several -> "kept where the dimension is"
        | several when List.contains "moved" several -> "moved"
        | several -> String.Join(" or ", List.sortDescending several)

    /// The operands of a program that are floating, and those of them that have a cotangent.
    let private differentiated (program: RandomProgram) =
        let xs = RandomProgram.inputs program
        let floating =
            [ for k, x in List.indexed xs do
                  if Scalars.isFloating x.DType then k ]

        let run moved =
            let moved = List.zip floating moved |> Map.ofList
            RandomProgram.run program [ for k, x in List.indexed xs -> Map.tryFind k moved |> Option.defaultValue x ],
            ()

        let ys, (), pull = Reverse.vjp run [ for k in floating -> xs[k] ]
        let ones = [ for y in ys -> if Scalars.isFloating y.DType then Some(Reverse.fill y 1.) else None ]
        floating,
        [ for k, d in List.zip floating (pull ones) do
              if d.IsSome then k ]

    /// Whether the reverse rule gives all floating-point operands a cotangent, or which.
    let gradient (entry: Entry) =
        let found = samples Taste.Smooth entry DType.Float64 |> List.map differentiated
        let all select = found |> List.collect select |> List.distinct |> List.sort
        let floating, given = all fst, all snd

        if given.IsEmpty then "no"
        elif given = floating then "yes"
        else $"""of operand {String.Join(", ", [ for k in given -> string (k + 1) ])}"""
