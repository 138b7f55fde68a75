namespace Functional.FSharp

open System
open Functional

/// F#'s brackets: `x[1..3, *]`, `x[0, 2..]`, `x[-1]`, `x[mask]`.
[<AutoOpen>]
module Slicing =
    let private bound (value: objnull) : int option =
        match value with
        | null -> None
        | :? (int option) as bound -> bound
        | other -> Labels.dimensionError "Slice" [] $"{other} bounds no range" "use integers"

    /// What the compiler passes: positions, and both ends (included, or missing) of ranges.
    let rec private slices (bounds: objnull list) : Slice list =
        match bounds with
        | (:? int as position) :: rest -> Slice.At position :: slices rest
        | first :: stop :: rest ->
            let first = Option.defaultValue 0 (bound first)
            match bound stop with
            | None
            | Some -1 -> Slice.From first :: slices rest
            | Some stop -> Slice.Range(first, stop + 1) :: slices rest
        | [ value ] -> Labels.dimensionError "Slice" [] $"{value} is no position" "use integers"
        | [] -> []

    type Tensor with
        /// Ranges with both ends included, as F# has them, and positions, whose dimensions disappear: `x[1..3, *, 0]`.
        /// Negative ones count from the end: `x[.. -2]` leaves the last element out. What is not named is taken whole.
        /// Throws DimensionException for more ranges than dimensions, or for one that leaves its dimension.
        member x.GetSlice([<ParamArray>] bounds: objnull array) : Tensor =
            Indexing.slice (slices (List.ofArray bounds)) x

        /// The part at positions of the first dimensions, which disappear; negative ones count from the end.
        /// Throws DimensionException for a position outside.
        member x.Item
            with get ([<ParamArray>] positions: int array): Tensor =
                Indexing.slice (positions |> Array.map Slice.At |> List.ofArray) x

        /// The elements where a mask of x's shape holds, in row-major order: one dimension, unformatted. Their number depends
        /// on values: inside a trace it is a host read.
        member x.Item
            with get (mask: Tensor): Tensor = Indexing.masked mask x
