namespace Functional

/// Whether accelerated calls are compared with direct ones.
type CheckMode =
    | None = 0
    /// Every call runs both ways, on the same draws; the results may differ by the tolerance. The function runs twice for each
    /// call, so this is for finding faults.
    | Tolerance = 1

/// What becomes of a difference that a check has found.
type CheckAction =
    /// It is reported: see AcceleratedFunction.Diagnosed.
    | Warn = 0
    /// It is reported, and CheckException is thrown.
    | Throw = 1

namespace Functional.FSharp

open System
open Functional

/// How an accelerated function keeps its traces.
type AccelerateOptions =
    {
        /// False: every call runs the function directly.
        Enabled: bool
        /// How many signatures are kept, at least 1; the least recently used goes first.
        CacheSize: int
        /// How many bytes the traces kept may hold, estimated from their instructions and constants; None: any number.
        CacheBytes: int64 option
        /// What it means that the function reads a value while it is traced.
        Branches: BranchPolicy
        /// How many paths, so how many combinations of values read, are kept for one signature, at least 1. Calls that take
        /// yet another path run directly.
        PathLimit: int
        /// True: where making traces has cost more time than replaying them has saved, only signatures that come again
        /// and again are traced. False: every signature is traced at its first call.
        Governed: bool
        /// True: replays may use laws of numbers that rounding breaks, such as x / c = x · (1 / c), and round a product that
        /// is added to something only once. They take less time, and differ from direct calls, and from the call that made the
        /// trace, by rounding, in what becomes of NaN and infinities, and in the sign of 0.
        Relaxed: bool
        /// Whether calls are compared with direct ones.
        Check: CheckMode
        /// By how much a check lets an accelerated number a and a direct one d differ: |a - d| ≤ t + t·|d|.
        CheckTolerance: float
        /// What becomes of a difference that a check has found.
        CheckAction: CheckAction
        /// The function's name in messages and metrics.
        Name: string
    }

    /// Enabled, 50 signatures of any size and of 64 paths each, guards, governed, exact, no check (tolerance 1e-4), no name.
    static member Default =
        { Enabled = true
          CacheSize = 50
          CacheBytes = None
          Branches = BranchPolicy.Guard
          PathLimit = 64
          Governed = true
          Relaxed = false
          Check = CheckMode.None
          CheckTolerance = 1e-4
          CheckAction = CheckAction.Warn
          Name = "" }

    member internal options.Validate() =
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CacheSize, 1)
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PathLimit, 1)
        ArgumentOutOfRangeException.ThrowIfNegative options.CheckTolerance
        options.CacheBytes
        |> Option.iter (fun bytes -> ArgumentOutOfRangeException.ThrowIfNegative(bytes, nameof options.CacheBytes))
