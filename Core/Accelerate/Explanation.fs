namespace Functional

open System
open System.Collections.Generic
open System.Text

/// A reason for many misses, and what to do about it.
[<RequireQualifiedAccess; NoComparison>]
type MissPattern =
    /// A new lambda or delegate comes with each call. To mend it: make it once, outside of the calls.
    | NewFunctionEachCall of Place: string * Misses: int
    /// A static value takes many values. To mend it: make it a tensor.
    | ManyStaticValues of Place: string * Misses: int
    /// A size, such as a sequence's length, takes many values. To mend it: pad, or round up to few sizes (Bucketing).
    | ManySizes of Place: string * Misses: int
    /// Values that are read take many paths. To mend it: Tensor.Where, mask arithmetic or cond.
    | ManyPaths of CallSite: string * Misses: int

    /// What was seen, and what to do.
    override pattern.ToString() =
        match pattern with
        | MissPattern.NewFunctionEachCall(place, misses) ->
            $"{misses} misses: a new function comes with each call at {place}. To mend it: hoist the lambda out of the calls, "
            + "into a static method or a field."
        | MissPattern.ManyStaticValues(place, misses) ->
            $"{misses} misses: the value at {place}, which is no tensor, keeps changing. To mend it: make it a tensor."
        | MissPattern.ManySizes(place, misses) ->
            $"{misses} misses: the sizes at {place} keep changing. To mend it: pad to one size, or to a few with Bucketing."
        | MissPattern.ManyPaths("", misses) ->
            $"{misses} misses: values read take many paths. To mend it: use Tensor.Where, mask arithmetic or cond."
        | MissPattern.ManyPaths(site, misses) ->
            $"{misses} misses: the value read at {site} takes many paths. To mend it: use Tensor.Where, mask arithmetic or cond."

/// What became of the calls of an accelerated function, and why.
[<Sealed; AllowNullLiteral(false)>]
type Explanation
    internal
    (
        name: string,
        hits: int64,
        misses: int64,
        traces: int64,
        evictions: int64,
        entries: int,
        bytes: int64,
        recent: Miss list,
        byReason: IReadOnlyDictionary<string, int64>,
        notes: Diagnostic list
    ) =
    /// So many misses of a kind are a pattern.
    static let many = 4

    static let isFunction (text: string) = text.StartsWith "the delegate " || text.StartsWith "the function "

    /// The places where many misses differ from the nearest signature kept.
    static let places choose (recent: Miss list) =
        recent
        |> List.collect (fun miss -> miss.Differences |> Seq.choose choose |> Seq.distinct |> List.ofSeq)
        |> List.countBy id
        |> List.filter (fun (_, count) -> count >= many)

    static let patterns (recent: Miss list) : MissPattern list =
        let functions, values =
            recent
            |> places (fun difference ->
                match difference with
                | SignatureDifference.StaticValue(place, now, _) -> Some(place, isFunction now)
                | _ -> None)
            |> List.partition (fun ((_, isFunction), _) -> isFunction)

        let sizes =
            recent
            |> places (fun difference ->
                match difference with
                | SignatureDifference.Shape(place, now, before) when now.Rank = before.Rank -> Some place
                | _ -> None)

        let paths =
            recent
            |> List.choose (fun miss ->
                match miss.Reason with
                | MissReason.NewPath(_, site) -> Some site
                | _ -> None)
            |> List.countBy id
            |> List.filter (fun (_, count) -> count >= many)

        [ for (place, _), count in functions -> MissPattern.NewFunctionEachCall(place, count)
          for (place, _), count in values -> MissPattern.ManyStaticValues(place, count)
          for place, count in sizes -> MissPattern.ManySizes(place, count)
          for site, count in paths -> MissPattern.ManyPaths(site, count) ]

    let patterns = patterns recent

    /// The function's name.
    member _.Name = name
    /// Calls answered by a trace.
    member _.Hits = hits
    /// Calls that looked for a trace in vain.
    member _.Misses = misses
    /// Traces made.
    member _.TracesMade = traces
    /// Signatures that had to go for others.
    member _.Evictions = evictions
    /// Signatures kept.
    member _.Entries = entries
    /// Memory held by the traces kept, estimated.
    member _.Bytes = bytes
    /// How many misses there were for each reason, by its name.
    member _.MissesByReason = byReason
    /// The latest misses that made a trace, oldest first: at most 64.
    member _.RecentMisses: IReadOnlyList<Miss> = Array.ofList recent
    /// What many of the latest misses have in common.
    member _.Patterns: IReadOnlyList<MissPattern> = Array.ofList patterns
    /// What the function had to say, oldest first: at most 64.
    member _.Diagnostics: IReadOnlyList<Diagnostic> = Array.ofList notes

    /// Everything, as lines of text.
    override _.ToString() =
        let text = StringBuilder()
        let line (s: string) = text.AppendLine s |> ignore
        line
            $"{name}: {hits} hits, {misses} misses, {traces} traces made, {entries} signatures kept ({bytes} bytes), {evictions} evicted"

        for reason in byReason do
            line $"  {reason.Key}: {reason.Value}"
        for pattern in patterns do
            line $"  {pattern}"
        for note in notes do
            line $"  {note}"
        for miss in recent do
            line $"  {miss}"
        text.ToString()

/// The latest of what happened.
[<Sealed>]
type internal Latest<'T>() =
    let items = Queue<'T>()

    member _.Add(item: 'T) =
        lock items (fun () ->
            items.Enqueue item
            if items.Count > 64 then items.Dequeue() |> ignore)

    member _.All = lock items (fun () -> List.ofSeq items)
    member _.Clear() = lock items (fun () -> items.Clear())
