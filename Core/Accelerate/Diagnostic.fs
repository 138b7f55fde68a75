namespace Functional

open System
open System.Collections.Generic

/// A result that differs between an accelerated call and a direct one.
[<Sealed; AllowNullLiteral(false)>]
type Mismatch internal (output: string, place: IReadOnlyList<int>, accelerated: float, direct: float, firstOp: string) =
    /// Which of the results, such as `.Item1`; "the result" is all of it.
    member _.Output = output
    /// The index of the largest difference; empty in a scalar, and where the results differ in structure or type.
    member _.Place = place
    /// The accelerated number there; NaN where the results differ in structure or type.
    member _.Accelerated = accelerated
    /// The direct number there; NaN where the results differ in structure or type.
    member _.Direct = direct
    /// How far they are apart; NaN where one of them is, and where the results differ in structure or type.
    member _.Difference = abs (accelerated - direct)
    /// The first op at which the trace kept and a trace of this very call part.
    member _.FirstOp = firstOp

    override m.ToString() =
        let at = if place.Count = 0 then "" else $"""[{String.Join(", ", place)}]"""
        $"{output}{at} is {accelerated} accelerated and {direct} directly, {m.Difference} apart. They part at {firstOp}"

/// An accelerated call gave another result than a direct one.
[<Sealed>]
type CheckException internal (operands: TensorType list, mismatch: Mismatch) =
    inherit
        FunctionalException(
            "Check",
            operands,
            string mismatch,
            "let the function depend on its argument and on draws like a tensor alone: no hidden state, no frozen branch"
        )

    /// What differs.
    member _.Mismatch = mismatch

/// What an accelerated function has to say beside its results. Each is said once, a mismatch each time.
[<RequireQualifiedAccess; NoComparison; CustomEquality>]
type Diagnostic =
    /// One signature takes more paths than are kept; calls that take yet another run directly. The last read that made one.
    | PathLimitReached of Limit: int * Inputs: IReadOnlyList<TensorType> * Read: string * CallSite: string
    /// Traces had cost more time than they saved: only signatures that come at least so often are traced from now on.
    | Bypassed of Sightings: int * Traces: int64 * Hits: int64
    /// Replays of one signature took longer than the function itself: it runs directly, and is tried again later.
    | ReplayLost of Inputs: IReadOnlyList<TensorType> * Replay: TimeSpan * Direct: TimeSpan
    /// Replays have paid for the traces: signatures are traced at their first call again.
    | Resumed of Traces: int64 * Hits: int64
    /// Up to the same read the function did something else than when it was traced before; what was traced is forgotten.
    | HiddenState of Op: string
    /// A kernel could not be compiled, and is interpreted: the same results, later. The first one, and why.
    | Interpreted of Problem: string
    /// A check found a difference.
    | Mismatch of Difference: Mismatch

    override a.Equals other = obj.ReferenceEquals(a, other)
    override a.GetHashCode() = Runtime.CompilerServices.RuntimeHelpers.GetHashCode a

    /// What it means, and what to do.
    override diagnostic.ToString() =
        match diagnostic with
        | Diagnostic.PathLimitReached(limit, inputs, read, site) ->
            $"""Of ({String.Join(", ", inputs)}) {limit} paths are kept, and more are taken: it read {read}, the last time that a path was made at {site}. Further ones run directly. """
            + "To mend it: use Tensor.Where, mask arithmetic or cond; read fewer values; or raise PathLimit."
        | Diagnostic.Bypassed(sightings, traces, hits) ->
            $"{traces} traces answered {hits} calls, which cost more time than it saved: from now on a signature is traced "
            + $"when it comes the {sightings}th time. To mend it: pad or bucket sizes, make changing numbers tensors; "
            + "Explain tells which."
        | Diagnostic.ReplayLost(inputs, replay, direct) ->
            let shown (time: TimeSpan) = $"{time.TotalMicroseconds:G3} µs"
            $"""Of ({String.Join(", ", inputs)}) a replay took {shown replay} and a direct call {shown direct}: such calls run directly, """
            + "until they are tried again. To mend it: accelerate a part that computes more, or nothing."
        | Diagnostic.Resumed(traces, hits) ->
            $"{traces} traces answered {hits} calls, which saved time: a signature is traced when it first comes."
        | Diagnostic.HiddenState op ->
            $"The function did something else than when it was traced, at {op}, before it had read anything different: it "
            + "depends on state outside its argument. Earlier paths are forgotten. To mend it: pass the state as an argument."
        | Diagnostic.Interpreted problem ->
            $"A kernel is interpreted, because it could not be compiled: {problem}. Results are the same, and take longer. "
            + "To mend it: split the op or the function."
        | Diagnostic.Mismatch mismatch -> string mismatch
