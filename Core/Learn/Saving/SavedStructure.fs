namespace Functional

open System
open System.Collections.Generic

/// Structures of tensors to and from files, by the names of their places.
[<RequireQualifiedAccess>]
module internal SavedStructure =
    /// A name for each tensor, in the order of `Structures.flatten`.
    let names (structure: 'T) : string list =
        [ for name, _ in LeafNames.all structure -> if name = "" then "tensor" else name ]

    let save (path: string) (notes: (string * string) list) (structure: 'T) =
        let tensors, _ = Structures.flatten structure
        SafetensorsCodec.write path (List.zip (names structure) (List.ofArray tensors)) notes

    /// The structure with the tensors of a file, and the file's notes.
    let load (path: string) (like: 'T) : 'T * IReadOnlyDictionary<string, string> =
        let file = SafetensorsCodec.read path
        let wanted, _ = Structures.flatten like
        let names = names like
        let known = HashSet<string> names
        let missing = names |> List.filter (fun name -> not (file.Tensors.ContainsKey name))
        let unexpected = file.Names |> Seq.filter (fun name -> not (known.Contains name)) |> List.ofSeq
        let found name = file.Tensors[name]
        let isOtherwise (name, t: Tensor) =
            file.Tensors.ContainsKey name
            && (found name).Type <> t.Type
            // A file made elsewhere knows no labels.
            && TensorType((found name).DType, (found name).Shape) <> TensorType(t.DType, t.Shape)
        let different =
            List.zip names (List.ofArray wanted)
            |> List.filter isOtherwise
            |> List.map (fun (name, t) -> { Name = name; Wanted = t.Type; Saved = (found name).Type })
        if not (missing.IsEmpty && unexpected.IsEmpty && different.IsEmpty) then
            raise (SavedStructureException.Of(path, missing, unexpected, different))
        let placed =
            List.map2
                (fun name (t: Tensor) -> Direct.Tensor(t.Type, (Execute.blockOf (found name)).Value))
                names
                (List.ofArray wanted)
        Structures.replace like (Array.ofList placed), file.Metadata
