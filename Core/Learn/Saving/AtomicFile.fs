namespace Functional

open System
open System.IO

/// Files that are whole at any time.
[<RequireQualifiedAccess>]
module internal AtomicFile =
    /// Writes a file beside the one named, and puts it in its place once all of it is on the disk. Whatever happens, what is
    /// there is the file before, or the new one.
    let write (path: string) (fill: Stream -> unit) =
        let full = Path.GetFullPath path
        let temporary = $"{full}.{Guid.NewGuid():N}.tmp"

        try
            using
                (new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 <<< 16))
                (fun file ->
                    fill file
                    file.Flush true)
            File.Move(temporary, full, true)
        finally
            if File.Exists temporary then File.Delete temporary
