/// Traces as people read them.
module Functional.Tests.Interpret.PrintTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private shown () =
    let weights = Tensor.create [ 3; 2 ] "" [| 1f; 2f; 3f; 4f; 5f; 6f |]
    let layer (x: Tensor) =
        let y = Tensor.matmul x weights + 0.5
        y, snd (Tensor.sort 0 (Tensor.uniformLike y))
    traceOf layer (Tensor.zeros DType.Float32 [ 4; 3 ] "BC")

let private text = test "types, attributes, constants and draws are in the text" {
    let expected =
        """trace (%0: Float32[4, 3] "BC") {
  $0: Float32[3, 2] = captured
  %1: Float32[4, 2] "BU" = Contract<batch=[], sum=[(1, 0)]> %0 $0
  %2: Float32[4, 2] "BU" = Add %1 0.5
  %3: Float32[4, 2] "BU" = Uniform<type=Float32[4, 2] "BU"> draw 0
  %4: Int64[4, 2] "BU" = ArgSort<dim=0, descending=False> %3
  return %2, %4
}"""
    Expect.equal (Trace.print (shown ())) expected "text"
}

let private lines (text: string) = List.ofArray (text.Split '\n')

/// The words of a line at which a drawing's edges begin and end.
let private ends (arrow: string) (line: string) =
    match line.IndexOf arrow with
    | -1 -> []
    | at ->
        let target = line.Substring(at + arrow.Length).Trim().Split(' ')[0]
        [ line.Trim().Split(' ')[0]; target ]

let private box (line: string) = line.Trim().Split([| ' '; '['; '(' |])[0]

/// Every edge joins two boxes, and every instruction, input and output has one.
let private isWhole (arrow: string) (drawing: string) (trace: Trace) =
    let body = lines drawing |> List.tail |> List.filter (fun line -> line <> "}")
    let edges, boxes = body |> List.partition (fun line -> line.Contains arrow)
    let keys = set (List.map box boxes)
    let loose = set (List.collect (ends arrow) edges) - keys
    let expected = trace.Inputs.Length + trace.Instructions.Length + trace.Outputs.Length

    if not loose.IsEmpty then Verdict.Fails $"edges of %A{loose}, which have no box"
    elif keys.Count < expected then Verdict.Fails $"{keys.Count} boxes, not {expected}"
    else Verdict.Holds

let private drawings =
    let law name arrow draw =
        Seed.property name 200 Arbitraries.program (fun program ->
            let trace = traceOf (RandomProgram.run program) (RandomProgram.inputs program)
            isWhole arrow (draw trace) trace)

    [ law "a Mermaid flowchart joins all that there is" "-->" Trace.toMermaid
      law "so does a DOT graph" " -> " Trace.toDot
      test "what is special in labels is escaped" {
          let mermaid, dot = Trace.toMermaid (shown ()), Trace.toDot (shown ())
          Expect.stringContains
              mermaid
              "op0[\"Contract&lt;batch=[], sum=[(1, 0)]&gt;: Float32[4, 2] #quot;BU#quot;\"]"
              "Mermaid"
          Expect.stringContains dot "op0 [label=\"Contract<batch=[], sum=[(1, 0)]>: Float32[4, 2] \\\"BU\\\"\"" "DOT"
          Expect.stringStarts mermaid "flowchart TD\n" "Mermaid"
          Expect.isTrue (dot.StartsWith "digraph trace {" && dot.EndsWith "}") "DOT"
      } ]

let private culture = test "numbers are printed alike in every culture" {
    let print () = Trace.print (traceOf (fun (x: Tensor) -> x * 1.5) (Tensor.scalar 1.))
    let here = Globalization.CultureInfo.CurrentCulture
    let english = print ()
    try
        Globalization.CultureInfo.CurrentCulture <- Globalization.CultureInfo "de-DE"
        Expect.equal (print ()) english "text"
    finally
        Globalization.CultureInfo.CurrentCulture <- here
    Expect.stringContains english "1.5" "the number"
}

let tests = testList "Print" (text :: culture :: drawings)
