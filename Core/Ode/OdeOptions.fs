namespace Functional

/// How the solution of a differential equation is differentiated.
type GradientMode =
    /// Back through the steps that were taken: the derivative of what was computed. Keeps the state of each step.
    | Direct = 0
    /// By the adjoint equation, solved backwards in time with the same tolerances: the derivative of the exact solution, to the
    /// tolerance. Keeps what the solver returned, and nothing in between (Chen et al., "Neural ordinary differential
    /// equations", 2018).
    | Adjoint = 1

/// A differential equation could not be solved: its state is no longer finite, the steps have shrunk to nothing or were too
/// many, or the times do not follow one another.
[<Sealed>]
type OdeException internal (op, operands, time: float, problem, remedy) =
    inherit FunctionalException(op, operands, problem, remedy)
    /// The time that was reached.
    member _.Time = time

namespace Functional.FSharp

open System
open Functional

/// How a differential equation is solved.
type OdeOptions =
    {
        /// By how much a step may be wrong, relatively to the state, in each element.
        RelativeTolerance: float
        /// By how much a step may be wrong where the state is near 0.
        AbsoluteTolerance: float
        /// The greatest size of the first step; None: what the slope at the start suggests.
        InitialStep: float option
        /// The greatest size of a step; None: a tenth of the time from the first to the last.
        MaxStep: float option
        /// The greatest number of steps tried, at least 1.
        MaxSteps: int
        /// How the solution is differentiated.
        GradientMode: GradientMode
    }

    /// Tolerances 1e-3 and 1e-6, steps of any size, at most 100,000, differentiated directly.
    static member Default =
        { RelativeTolerance = 1e-3
          AbsoluteTolerance = 1e-6
          InitialStep = None
          MaxStep = None
          MaxSteps = 100_000
          GradientMode = GradientMode.Direct }

    member internal options.Validate() =
        let positive (x: float, name: string) =
            if not (x > 0. && Double.IsFinite x) then
                raise (ArgumentOutOfRangeException(name, x, "a positive number is due"))

        positive (options.RelativeTolerance, nameof options.RelativeTolerance)
        positive (options.AbsoluteTolerance, nameof options.AbsoluteTolerance)
        options.InitialStep |> Option.iter (fun h -> positive (h, nameof options.InitialStep))
        options.MaxStep |> Option.iter (fun h -> positive (h, nameof options.MaxStep))
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxSteps, 1, nameof options.MaxSteps)
