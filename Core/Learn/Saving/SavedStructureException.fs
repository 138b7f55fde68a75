namespace Functional

open System
open System.Collections.Generic

/// A tensor that is saved otherwise than where it is to be loaded.
type TensorMismatch =
    {
        /// Its name in the file.
        Name: string
        /// What it is where it is to be loaded.
        Wanted: TensorType
        /// What it is in the file.
        Saved: TensorType
    }

/// What is saved does not fit where it is to be loaded. All differences are listed; nothing is loaded.
[<Sealed>]
type SavedStructureException
    internal
    (path: string, missing: string list, unexpected: string list, different: TensorMismatch list, problem: string) =
    inherit
        FunctionalException(
            "Load",
            [ for d in different -> d.Wanted ],
            problem,
            "load into the structure that was saved, or read the tensors by name and place them"
        )

    static let some (items: string list) =
        let shown = List.truncate 8 items
        let rest = items.Length - shown.Length
        String.Join(", ", shown) + (if rest > 0 then $" and {rest} more" else "")

    static member internal Of(path, missing: string list, unexpected: string list, different: TensorMismatch list) =
        let parts =
            [ if not missing.IsEmpty then $"it lacks {some missing}"
              if not unexpected.IsEmpty then $"it has {some unexpected}, which the structure lacks"
              if not different.IsEmpty then
                  let shown = [ for d in different -> $"{d.Name} is {d.Saved} and not {d.Wanted}" ] in some shown ]
        SavedStructureException(path, missing, unexpected, different, $"""{path}: {String.Join("; ", parts)}""")

    /// The file.
    member _.Path = path
    /// Names of tensors that the structure has and the file lacks.
    member _.Missing: IReadOnlyList<string> = List.toArray missing
    /// Names of tensors that the file has and the structure lacks.
    member _.Unexpected: IReadOnlyList<string> = List.toArray unexpected
    /// Tensors of other types.
    member _.Different: IReadOnlyList<TensorMismatch> = List.toArray different
