namespace Functional

open System
open System.Collections
open System.Globalization
open System.Runtime.CompilerServices
open System.Text

/// A trace as people read it.
[<RequireQualifiedAccess>]
module internal Print =
    let private number (x: float) = x.ToString("R", CultureInfo.InvariantCulture)

    let rec private attribute (value: objnull) : string =
        match value with
        | null -> "null"
        | :? string as s -> $"\"{s}\""
        | :? Format as f -> $"\"{f}\""
        | :? float as x -> number x
        | :? ITuple as parts -> $"""({String.Join(", ", [ for k in 0 .. parts.Length - 1 -> attribute parts[k] ])})"""
        | :? IEnumerable as items -> $"""[{String.Join(", ", [ for item in items -> attribute item ])}]"""
        | other -> $"{other}"

    /// The traces among an op's attributes, with their names.
    let private bodies (op: Op) =
        op.Attributes
        |> List.choose (fun (name, value) ->
            match value with
            | :? Trace as body -> Some(name, body)
            | _ -> None)

    /// The op with its attributes, as in Sum<dims=[0, 1]>; traces among them are left out.
    let op (op: Op) =
        let isTrace (_, value: objnull) = value :? Trace

        match op.Attributes |> List.filter (fun attribute -> not (isTrace attribute)) with
        | [] -> op.Name
        | attributes ->
            let shown = [ for name, value in attributes -> $"{name}={attribute value}" ]
            $"""{op.Name}<{String.Join(", ", shown)}>"""

    /// The only element of a scalar as a number, for constants that are shown where they stand.
    let private scalar (t: Tensor) =
        match (Execute.blockOf t).Value |> Evaluate.lanes t.Type |> Array.head with
        | Whole n when t.DType = DType.Bool -> (if n <> 0L then "true" else "false")
        | Whole n -> string n
        | Real x when t.DType = DType.Float32 -> (float32 x).ToString("R", CultureInfo.InvariantCulture)
        | Real x -> number x

    /// The names of a trace's values: inputs and results are numbered in one sequence, as %0, captured tensors as $0;
    /// scalar constants stand for themselves.
    let private names (trace: Trace) =
        let first = Array.scan (fun at (i: Instruction) -> at + i.Results.Length) trace.Inputs.Length trace.Instructions
        let constants = trace.Constants |> Array.mapi (fun k c -> if c.Rank = 0 then scalar c else $"${k}")

        fun value ->
            match value with
            | Value.Input k -> $"%%{k}"
            | Value.Constant k -> constants[k]
            | Value.Result(i, k) -> $"%%{first[i] + k}"

    let private joined (parts: string seq) = String.Join(", ", parts)

    let rec private write (builder: StringBuilder) margin title (trace: Trace) =
        let name = names trace
        let line (s: string) = builder.Append(margin: string).Append(s).Append('\n') |> ignore
        line $"""{title} ({joined (trace.Inputs |> Seq.mapi (fun k ty -> $"{name (Value.Input k)}: {ty}"))}) {{"""

        for k, constant in Seq.indexed trace.Constants do
            if constant.Rank > 0 then line $"  {name (Value.Constant k)}: {constant.Type} = captured"

        for i, instruction in Seq.indexed trace.Instructions do
            let results = instruction.Results |> Seq.mapi (fun k ty -> $"{name (Value.Result(i, k))}: {ty}")
            let draw =
                match instruction.Op.Kernel with
                | Random -> [ $"draw {instruction.Draw}" ]
                | _ -> []
            let words = op instruction.Op :: [ for v in instruction.Operands -> name v ] @ draw
            line $"""  {joined results} = {String.Join(" ", words)}"""
            for title, body in bodies instruction.Op do
                write builder (margin + "    ") title body

        line $"  return {joined (trace.Outputs |> Seq.map name)}"
        line "}"

    /// One line for each instruction, with types; for example `%3: Float32[64, 10] "BC" = Mul %1 %2`. The bodies of
    /// structured control flow follow their instruction, indented, each with names of its own.
    let text (trace: Trace) =
        let builder = StringBuilder()
        write builder "" "trace" trace
        builder.ToString().TrimEnd '\n'

    /// What a drawing consists of: boxes (key, caption, whether it is an instruction), and edges (from, to, caption).
    let private drawing (trace: Trace) =
        let name = names trace

        let source value =
            match value with
            | Value.Input k -> $"input{k}"
            | Value.Constant k -> $"constant{k}"
            | Value.Result(i, _) -> $"op{i}"

        let isNumber value =
            match value with
            | Value.Constant k -> trace.Constants[k].Rank = 0
            | _ -> false

        let caption (instruction: Instruction) =
            let numbers = instruction.Operands |> Seq.filter isNumber |> Seq.map name
            let types = joined (instruction.Results |> Seq.map string)
            $"""{String.Join(" ", Seq.append [ op instruction.Op ] numbers)}: {types}"""

        let inputs = [ for k, ty in Seq.indexed trace.Inputs -> source (Value.Input k), $"input {k}: {ty}", false ]

        let captured =
            [ for k, c in Seq.indexed trace.Constants do
                  if c.Rank > 0 then source (Value.Constant k), $"captured {k}: {c.Type}", false ]

        let ops = [ for i, op in Seq.indexed trace.Instructions -> source (Value.Result(i, 0)), caption op, true ]

        let outputs =
            [ for k, v in Seq.indexed trace.Outputs ->
                  $"output{k}", (if isNumber v then $"output {k}: {name v}" else $"output {k}"), false ]

        let uses =
            [ for i, instruction in Seq.indexed trace.Instructions do
                  for v in instruction.Operands -> v, source (Value.Result(i, 0)) ]
            @ [ for k, v in Seq.indexed trace.Outputs -> v, $"output{k}" ]

        let edges =
            [ for v, target in uses do
                  if not (isNumber v) then source v, target, name v ]

        inputs @ captured @ ops @ outputs, edges

    /// A Mermaid flowchart.
    let mermaid (trace: Trace) =
        let boxes, edges = drawing trace
        // In a quoted label only these are special.
        let escaped (s: string) = s.Replace("\"", "#quot;").Replace("<", "&lt;").Replace(">", "&gt;")

        let box (key, caption, isOp) =
            if isOp then $"  {key}[\"{escaped caption}\"]" else $"  {key}([\"{escaped caption}\"])"

        let edge (source, target, caption) = $"  {source} -- \"{caption}\" --> {target}"
        String.Join("\n", "flowchart TD" :: List.map box boxes @ List.map edge edges)

    /// A graph in the DOT language of Graphviz.
    let dot (trace: Trace) =
        let boxes, edges = drawing trace
        let quoted (s: string) = "\"" + s.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\""

        let box (key, caption, isOp) =
            $"""  {key} [label={quoted caption}, shape={if isOp then "box" else "ellipse"}];"""

        let edge (source, target, caption) = $"  {source} -> {target} [label={quoted caption}];"
        String.Join("\n", "digraph trace {" :: List.map box boxes @ List.map edge edges @ [ "}" ])
