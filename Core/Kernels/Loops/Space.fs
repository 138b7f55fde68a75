namespace Functional

open System

/// A dimension that a sweep goes through: how often, and how many bytes each place moves on.
[<Struct>]
type internal Extent = { Size: int; Steps: nativeint array }

[<RequireQualifiedAccess>]
module internal Space =
    let count (dims: Extent list) = dims |> List.fold (fun n d -> n * d.Size) 1

    let private follows place (outer: Extent) (inner: Extent) =
        outer.Steps[place] = inner.Steps[place] * nativeint inner.Size

    /// The same space with as few dimensions as possible: those that go on where the next one ends are one with it.
    let merge (dims: Extent list) : Extent list =
        let join (dim: Extent) (rest: Extent list) =
            match rest with
            | _ when dim.Size = 1 -> rest
            | next :: rest when Seq.forall (fun p -> follows p dim next) (seq { 0 .. dim.Steps.Length - 1 }) ->
                { next with Size = dim.Size * next.Size } :: rest
            | rest -> dim :: rest
        List.foldBack join dims []

    /// The step of one place through dimensions in row-major order, if it is the same everywhere.
    let step place (dims: Extent list) : nativeint voption =
        let rec go (dims: Extent list) =
            match dims with
            | [] -> ValueSome 0n
            | [ d ] -> ValueSome d.Steps[place]
            | d :: (next :: _ as rest) -> if follows place d next then go rest else ValueNone
        go (dims |> List.filter (fun d -> d.Size <> 1))

    /// The steps of row-major order, given the bytes of an element.
    let rowMajor (sizes: int list) (bytes: int) : nativeint list =
        List.scanBack (fun size step -> step * nativeint size) sizes (nativeint bytes) |> List.tail

    /// Rows and lanes: lanes are the innermost dimension where all places stand still or are adjacent in it; elsewhere all
    /// dimensions, to be copied together in pieces.
    let split (places: DType array) (dims: Extent list) =
        let dims = merge dims
        let runs (d: Extent) =
            Seq.forall2 (fun step dtype -> step = 0n || step = nativeint (Vectors.size dtype)) d.Steps places
        match List.tryLast dims with
        | Some d when runs d && d.Size > 3 -> List.splitAt (dims.Length - 1) dims
        | _ -> [], dims
