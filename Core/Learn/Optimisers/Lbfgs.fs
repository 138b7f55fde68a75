namespace Functional

open System

/// When the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno ends, and what it remembers.
type LbfgsOptions =
    {
        /// How many of the latest steps tell it of the curvature.
        Memory: int
        /// After how many iterations it ends.
        MaxIterations: int
        /// It has converged where no element of the gradient is larger, ...
        GradientTolerance: float
        /// ... or no parameter moves by more, relatively, ...
        StepTolerance: float
        /// ... or the loss changes by no more, relatively.
        LossTolerance: float
    }

    /// Ten steps remembered, 1,000 iterations, tolerances of 10⁻⁶, 10⁻¹⁰ and 10⁻¹².
    static member Default =
        { Memory = 10
          MaxIterations = 1000
          GradientTolerance = 1e-6
          StepTolerance = 1e-10
          LossTolerance = 1e-12 }

/// Why a minimisation ended.
type LbfgsOutcome =
    /// A tolerance was met.
    | Converged = 0
    /// There were as many iterations as were allowed.
    | MaxIterations = 1
    /// No step along the direction lessened the loss any more: rounding hides the slope, or the loss is not finite.
    | NoProgress = 2

/// The best that a minimisation has found.
[<NoComparison>]
type LbfgsResult<'P> =
    {
        /// The parameters of the least loss.
        Parameters: 'P
        /// That loss.
        Loss: float
        /// How often loss and gradient were computed.
        Evaluations: int
        /// Why it ended.
        Outcome: LbfgsOutcome
    }

namespace Functional.FSharp

open System
open Functional
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.Optimization

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal, 1980; by MathNet.Numerics), for losses that are
/// the same whenever they are computed: over all data, without draws.
[<RequireQualifiedAccess>]
module Lbfgs =
    /// The parameters as one vector.
    let private toVector (leaves: Tensor array) =
        Vector<float>
            .Build.DenseOfEnumerable(
                leaves
                |> Seq.collect (fun t -> HostData.toArray<float>(Elementwise.lift (Cast DType.Float64) [ t ]))
            )

    let private ofVector (leaves: Tensor array) (v: Vector<float>) =
        let mutable from = 0
        [| for t in leaves do
               let numbers = v.SubVector(from, t.Count).ToArray()
               from <- from + t.Count
               let exact = HostData.ofSpan<float> (ReadOnlySpan numbers) (List.ofArray t.Type.Sizes) t.Format
               if t.DType = DType.Float64 then exact else Elementwise.lift (Cast t.DType) [ exact ] |]

    /// The parameters, all floating-point leaves that are no state, of the least loss that it finds from these on. Loss and
    /// gradient are accelerated.
    /// Throws ShapeException for a loss that is no single number, StructureException for parameters without a floating-point
    /// leaf.
    let minimise (options: LbfgsOptions) (loss: 'P -> Tensor) (start: 'P) : LbfgsResult<'P> =
        let leavesOf (p: 'P) = Structures.flattenLearnables p |> fst
        let isFree (t: Tensor) = Scalars.isFloating t.DType && t.Count > 0
        let leaves = leavesOf start
        let free = Array.filter isFree leaves
        if free.Length = 0 then
            raise (
                StructureException(
                    "Lbfgs.minimise",
                    [ for t in leaves -> t.Type ],
                    "there is no floating-point parameter",
                    "give parameters of Float32 or Float64"
                )
            )

        let at (v: Vector<float>) =
            let mutable next = List.ofArray (ofVector free v)
            let place (t: Tensor) =
                if isFree t then
                    let made = next.Head
                    next <- next.Tail
                    made
                else
                    t
            Structures.replaceLearnables start (Array.map place leaves)

        let run =
            AcceleratedFunction<'P, struct (Tensor * 'P)>(
                (fun p ->
                    let value, (), gradient = Derivatives.valueAndGrad (fun p -> loss p, ()) p
                    struct (value, gradient)),
                { AccelerateOptions.Default with Name = "Lbfgs" }
            )
        let mutable best = start
        let mutable least = Double.PositiveInfinity
        let mutable evaluations = 0

        let evaluate (v: Vector<float>) =
            let parameters = at v
            let struct (value, gradient) = run.Invoke parameters
            let value = float (Elementwise.lift (Cast DType.Float64) [ value ])
            evaluations <- evaluations + 1
            if value < least then
                best <- parameters
                least <- value
            struct (value, toVector (Array.filter isFree (leavesOf gradient)))

        let ended outcome = { Parameters = best; Loss = least; Evaluations = evaluations; Outcome = outcome }

        let minimizer =
            LimitedMemoryBfgsMinimizer(
                options.GradientTolerance,
                options.StepTolerance,
                options.LossTolerance,
                options.Memory,
                options.MaxIterations
            )
        try
            let objective = ObjectiveFunction.Gradient(fun v -> evaluate v)
            minimizer.FindMinimum(objective, toVector free) |> ignore
            ended LbfgsOutcome.Converged
        with
        | :? MaximumIterationsException -> ended LbfgsOutcome.MaxIterations
        | :? OptimizationException -> ended LbfgsOutcome.NoProgress
