namespace Functional

/// A file that does not hold what it should: not of its format, cut short, or with something in it that no tensor can hold.
[<Sealed>]
type DataFormatException internal (reader: string, path: string, place: string, problem: string, remedy: string) =
    inherit
        FunctionalException(
            reader,
            [],
            (if place = "" then $"{path}: {problem}" else $"{path}, {place}: {problem}"),
            remedy
        )

    /// The file.
    member _.Path = path
    /// Where in it: line and column, a byte, a column's name; empty where it is the file as a whole.
    member _.Place = place
