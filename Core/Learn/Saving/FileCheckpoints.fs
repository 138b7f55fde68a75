namespace Functional

open System.IO
open System.Runtime.InteropServices

/// Checkpoints in a file of safetensors, written beside it and put in its place when it is whole: an interruption, or two
/// programs that save at once, leave one of the files that were written.
[<Sealed>]
type FileCheckpoints(path: string) =
    /// The name under which the notes stand in the file's metadata.
    [<Literal>]
    let Notes = "functional.notes"

    /// The file.
    member _.Path = path

    interface ICheckpoints with
        member _.Save(tensors, notes) = SavedStructure.save path [ Notes, notes ] tensors

        member _.TryLoad(like: 'T, [<Out>] tensors: byref<'T>, [<Out>] notes: byref<string>) =
            if File.Exists path then
                let found, said = SavedStructure.load path like
                tensors <- found
                notes <-
                    match said.TryGetValue Notes with
                    | true, text -> text
                    | _ -> ""
                true
            else
                false
