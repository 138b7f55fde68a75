namespace Functional.Tests

open System
open System.IO

/// The checkout that the tests were built from; the compiler's own path is rewritten in deterministic builds.
[<RequireQualifiedAccess>]
module Repository =
    let private root =
        let rec above (directory: DirectoryInfo | null) =
            match directory with
            | null -> failwith "Functional.sln is in no directory above the tests"
            | d when File.Exists(Path.Combine(d.FullName, "Functional.sln")) -> d.FullName
            | d -> above d.Parent

        lazy above (DirectoryInfo AppContext.BaseDirectory)

    /// A file or directory of the checkout.
    let path (parts: string list) = Path.Combine(Array.ofList (root.Value :: parts))
