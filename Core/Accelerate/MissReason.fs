namespace Functional

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Text

/// What a signature has in one place that another has not.
[<RequireQualifiedAccess; NoComparison>]
type SignatureDifference =
    /// Other sizes.
    | Shape of Place: string * Now: TensorType * Before: TensorType
    /// Other labels.
    | Format of Place: string * Now: TensorType * Before: TensorType
    /// Another data type.
    | DType of Place: string * Now: TensorType * Before: TensorType
    /// Another value of what is no tensor. The values are shown as text.
    | StaticValue of Place: string * Now: string * Before: string
    /// Other types, another number of parts, or null on one side.
    | Structure of Place: string * Now: string * Before: string

    /// Where in the argument, such as `.Item2.Weights[3]`; "the argument" is all of it.
    member difference.Place =
        match difference with
        | SignatureDifference.Shape(place, _, _)
        | SignatureDifference.Format(place, _, _)
        | SignatureDifference.DType(place, _, _)
        | SignatureDifference.StaticValue(place, _, _)
        | SignatureDifference.Structure(place, _, _) -> place

    /// One sentence.
    override difference.ToString() =
        match difference with
        | SignatureDifference.Shape(place, now, before)
        | SignatureDifference.Format(place, now, before)
        | SignatureDifference.DType(place, now, before) -> $"{place} is {now}, and was {before}"
        | SignatureDifference.StaticValue(place, now, before) ->
            $"{place} is {now}, and was {before}, which is no tensor"
        | SignatureDifference.Structure(place, now, before) -> $"{place} is {now}, and was {before}"

/// Why a call looked for a trace in vain.
[<RequireQualifiedAccess; NoComparison>]
type MissReason =
    /// Nothing was traced before.
    | NeverSeen of Function: string
    /// The nearest signature kept has other sizes.
    | Shape of Difference: SignatureDifference
    /// The nearest signature kept has other labels.
    | Format of Difference: SignatureDifference
    /// The nearest signature kept has another data type.
    | DType of Difference: SignatureDifference
    /// The nearest signature kept has another value of what is no tensor.
    | StaticValue of Difference: SignatureDifference
    /// The nearest signature kept has another structure.
    | Structure of Difference: SignatureDifference
    /// The signature is known, and the function read a value that it had not read there before. The place in the user's code
    /// is known once the path is traced.
    | NewPath of Read: string * CallSite: string
    /// It had been traced, and had to go for others.
    | Evicted of CacheSize: int
    /// Another thread is tracing the signature; this call did not wait for it and ran directly.
    | BeingTraced of Function: string
    /// It was not to be traced: by the governor, since traces had cost more than they saved; or beyond the limit of paths.
    | Disabled of By: string

    /// One word, for metrics.
    member internal reason.Word =
        match reason with
        | MissReason.NeverSeen _ -> "never_seen"
        | MissReason.Shape _ -> "shape"
        | MissReason.Format _ -> "format"
        | MissReason.DType _ -> "dtype"
        | MissReason.StaticValue _ -> "static_value"
        | MissReason.Structure _ -> "structure"
        | MissReason.NewPath _ -> "new_path"
        | MissReason.Evicted _ -> "evicted"
        | MissReason.BeingTraced _ -> "being_traced"
        | MissReason.Disabled _ -> "disabled"

    /// One sentence.
    override reason.ToString() =
        match reason with
        | MissReason.NeverSeen f -> $"nothing of {f} was traced before"
        | MissReason.Shape difference
        | MissReason.Format difference
        | MissReason.DType difference
        | MissReason.StaticValue difference
        | MissReason.Structure difference -> string difference
        | MissReason.NewPath(read, "") -> $"a new path: it read {read}"
        | MissReason.NewPath(read, site) -> $"a new path: it read {read} at {site}"
        | MissReason.Evicted size -> $"it had been traced, and had to go for others: {size} signatures are kept"
        | MissReason.BeingTraced f -> $"another thread was tracing {f} for the same signature"
        | MissReason.Disabled by -> by

/// A call that found no trace, and made one.
[<Sealed; AllowNullLiteral(false)>]
type Miss
    internal
    (call: int64, reason: MissReason, differences: IReadOnlyList<SignatureDifference>, inputs: IReadOnlyList<TensorType>)
    =
    /// The number of the call, counted from 1 over hits and misses.
    member _.Call = call
    /// Why there was no trace; of several differences, the most telling one.
    member _.Reason = reason
    /// All that differs from the nearest signature kept; empty where the reason is another one.
    member _.Differences = differences
    /// The types of the tensors in the argument.
    member _.InputTypes = inputs

    /// One line.
    override _.ToString() =
        let text = StringBuilder($"call {call}: {reason}")
        for difference in Seq.skip (min 1 differences.Count) differences do
            text.Append($"; {difference}") |> ignore
        text.ToString()
