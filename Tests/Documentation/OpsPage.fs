namespace Functional.Tests.Documentation

open System
open System.IO
open System.Text
open Functional
open Functional.Tests

/// `docs/ops.md`: all ops of the catalogue, all functions and layers, and their names elsewhere.
[<RequireQualifiedAccess>]
module OpsPage =
    let path () = Repository.path [ "docs"; "ops.md" ]

    let private introduction =
        """# Ops, functions and layers

Made by `dotnet fsi build.fsx docs` from the catalogue, the public functions, their documentation, and
[`aliases.txt`](aliases.txt). `F` is `torch.nn.functional`, `jnp` is `jax.numpy`. A name elsewhere is what to look for, not a
promise of the same defaults.

Complex numbers are out of scope: tensors are real (`Float32`, `Float64`), whole (`Int32`, `Int64`) or `Bool`. What needs them
in MATLAB is at the end, with all else that has no counterpart here.

Functions are named as in F#; in C# they begin with a capital letter, and are static methods of the same class, or also methods of
a tensor where its documentation says so: `Tensor.relu x` is `Tensor.Relu(x)`.
"""

    /// Functions of MATLAB's Deep Learning Toolbox, and of MATLAB for `dlarray`, that have no counterpart, and why.
    let absent =
        [ "complex, real, imag, conj, angle", "complex numbers are out of scope"
          "cwt, dlcwt, icwt", "complex results"
          "stft, dlstft, istft, dlistft", "not there; `Fourier.rfft` transforms the rows of windows"
          "dlupdate", "`Structure.Map` goes through any structure"
          "gather (of gpuArray), gpuArray", "there is no other device"
          "extractdata, dlarray conversion to gpuArray", "there is no other device"
          "onnx import and export functions", "not there"
          "trainnet, trainingOptions", "`Train.Fit` trains any structure" ]

    let private cell (text: string) = if text = "" then "–" else text

    let private code (text: string) =
        if text = "" then "–" else String.Join(", ", [ for part in text.Split(", ") -> $"`{part}`" ])

    let private aliasCells name =
        match Aliases.find name with
        | Some alias -> alias.Cells |> List.map cell
        | None -> [ "?"; "?"; "?" ]

    let private row (cells: string list) = $"""| {String.Join(" | ", cells)} |"""

    let private table (builder: StringBuilder) header (rows: string list list) =
        builder.Append(row header).Append('\n') |> ignore
        builder.Append(row [ for _ in header -> "---" ]).Append('\n') |> ignore
        for cells in rows do
            builder.Append(row cells).Append('\n') |> ignore

    let private title (text: string) = $"\n## {Char.ToUpperInvariant text[0]}{text.Substring 1}\n\n"

    let private opRow (entry: Entry) =
        [ $"`{entry.Name}`"
          entry.Summary.Replace("|", @"\|")
          OpFacts.formats entry
          OpFacts.dataTypes entry
          OpFacts.gradient entry ]
        @ aliasCells entry.Name

    let private nameRow (name: PublicName) =
        let shown = if name.Name.StartsWith "Layer." then name.Name.Substring 6 else name.Name
        [ $"`{shown}`"; name.Summary.Replace("|", @"\|") ] @ aliasCells name.Name

    /// The page as it is to be.
    let text () =
        let builder = StringBuilder introduction
        builder.Append(title "ops") |> ignore
        builder.Append
            "What traces are made of. Labels: what becomes of those of the first operand. Types: of the first operand, or of the result of an op without one. Gradient: whether the reverse rule gives floating-point operands a cotangent.\n"
        |> ignore

        for family, entries in Catalogue.all |> List.groupBy _.Family do
            builder.Append($"\n### {Char.ToUpperInvariant family[0]}{family.Substring 1}\n\n") |> ignore
            table
                builder
                [ "op"; "formula"; "labels"; "types"; "gradient"; "MATLAB"; "PyTorch"; "JAX" ]
                (entries |> List.map opRow)

        builder.Append(title "functions") |> ignore

        for group, names in Surface.functions |> List.groupBy _.Group |> List.sortBy fst do
            builder.Append($"### {group}\n\n") |> ignore
            table
                builder
                [ "function"; "what it gives"; "MATLAB"; "PyTorch"; "JAX" ]
                (names |> List.sortBy _.Name |> List.map nameRow)
            builder.Append('\n') |> ignore

        builder.Append(title("layers").TrimStart '\n') |> ignore
        table
            builder
            [ "layer"; "what it is"; "MATLAB"; "PyTorch"; "JAX" ]
            (Surface.layers |> List.sortBy _.Name |> List.map nameRow)
        builder.Append(title "MATLAB's that have no counterpart") |> ignore
        table builder [ "function"; "why" ] [ for name, why in absent -> [ name; why ] ]
        builder.ToString()

    /// Writes the page.
    let write () = File.WriteAllText(path (), text ())
