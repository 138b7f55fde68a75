namespace Functional.Tests.Documentation

open System
open System.IO
open System.Reflection
open System.Xml.Linq
open Functional

/// What F# users see, with the first sentence of its documentation.
type PublicName = { Group: string; Name: string; Summary: string }

[<RequireQualifiedAccess>]
module Surface =
    let private assembly = typeof<Tensor>.Assembly

    /// By the names that the compiler gives members, without their parameters.
    let private summaries =
        lazy
            let file = nonNull (Path.ChangeExtension(assembly.Location, "xml"))
            let bare (m: XElement) = ((nonNull (m.Attribute "name")).Value.Split('(')[0]).Split("``")[0]

            dict
                [ for m in XDocument.Load(file).Descendants "member" |> Seq.distinctBy bare do
                      match m.Element "summary" with
                      | null -> ()
                      | summary -> bare m, summary.Value.Trim() ]

    /// Up to the first full stop or semicolon that ends a thought.
    let private firstSentence (text: string) =
        let line = String.Join(" ", text.Split([| '\n'; ' ' |], StringSplitOptions.RemoveEmptyEntries))
        match line.IndexOf ". " with
        | -1 -> line
        | stop -> line.Substring(0, stop + 1)

    let private summary key =
        match summaries.Value.TryGetValue key with
        | true, text -> firstSentence text
        | _ -> ""

    let private isModule (t: Type) =
        t.IsAbstract
        && t.IsSealed
        && t.Namespace = "Functional.FSharp"
        && not (List.contains t.Name [ "Overload"; "Overloads"; "Slicing" ])

    /// Operators as they are written.
    let private written (name: string) =
        match name with
        | "op_DotLess" -> ".<"
        | "op_DotLessEquals" -> ".<="
        | "op_DotGreater" -> ".>"
        | "op_DotGreaterEquals" -> ".>="
        | "op_DotEquals" -> ".="
        | "op_DotLessGreater" -> ".<>"
        | name -> name

    /// The functions of the F# modules: `Tensor.relu`, `Loss.ctc`. A group is a module, or the outer one of `Tensor`.
    let functions: PublicName list =
        [ for t in assembly.GetExportedTypes() |> Array.filter isModule do
              let methods = t.GetMethods(BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly)

              for m in methods |> Array.filter (fun m -> not (m.Name.Contains '$')) |> Array.distinctBy _.Name do
                  let outer =
                      match t.DeclaringType with
                      | null -> t.Name
                      | outer -> outer.Name

                  { Group = if outer.EndsWith "Functions" then outer.Substring(0, outer.Length - 9) else outer
                    Name = $"{t.Name}.{written m.Name}"
                    Summary = summary $"""M:{(nonNull t.FullName).Replace('+', '.')}.{m.Name}""" } ]

    /// The layers of the library.
    let layers: PublicName list =
        [ for t in assembly.GetExportedTypes() do
              if typeof<ILayer>.IsAssignableFrom t && not t.IsAbstract then
                  { Group = "Layers"; Name = $"Layer.{t.Name}"; Summary = summary $"T:{t.FullName}" } ]
