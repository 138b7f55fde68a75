namespace Functional.FSharp

open Functional

/// Ordinary differential equations, y' = f(t, y, parameters). State and parameters are structures (tuples, records, lists …
/// of tensors); f is recorded once for each call, from types alone, so it may not read values; it may use tensors from
/// outside, which are differentiated like parameters. Derivatives of any order are taken by state, parameters and times.
///
/// Times are a vector, of two or more. For two the result is the state at the second; for more the states at all but the
/// first, stacked along a new dimension 0, labelled T where the state has labels. The time that f is given is a scalar of the
/// data type of the state's first tensor.
[<RequireQualifiedAccess>]
module Ode =
    /// `solve45` with options.
    let solve45With
        (options: OdeOptions)
        (f: Tensor -> 'S -> 'P -> 'S)
        (times: Tensor)
        (start: 'S)
        (parameters: 'P)
        : 'S =
        Solving.solve45 options f times start parameters

    /// By the pair of Runge–Kutta methods of orders 5 and 4 of Dormand and Prince (1980), with steps of controlled size:
    /// the estimated error of a step is in each element at most 1e-3 of the state, or 1e-6. Between steps the continuous
    /// extension of order 4 is read. Times ascend, or all descend. The size of steps depends on values alone, so an
    /// accelerated call takes the very steps of a direct one, without a new trace.
    ///
    /// A derivative runs the solution once more. By `GradientMode.Direct` (default) it goes back through the steps, whose sizes
    /// are held, and keeps the state of each; by `Adjoint` it solves the adjoint equation backwards.
    ///
    /// Relative tolerances below 100 ulp of the state's data type are taken as that.
    /// Throws OdeException where times do not follow one another, a state or slope is not finite, a step shrinks to
    /// nothing, or steps are too many; StructureException and DTypeException for a state without tensors or of other than
    /// real numbers; ControlFlowException for slopes of other types than the state's, or a function that draws.
    let solve45 (f: Tensor -> 'S -> 'P -> 'S) (times: Tensor) (start: 'S) (parameters: 'P) : 'S =
        Solving.solve45 OdeOptions.Default f times start parameters

    /// Euler's method: from each time to the next in so many steps of one size, each y + h · f(t, y). The error is of the
    /// order of a step. Throws as `solve45` does, apart from OdeException: nothing is checked of times and values.
    let euler (steps: int) (f: Tensor -> 'S -> 'P -> 'S) (times: Tensor) (start: 'S) (parameters: 'P) : 'S =
        Solving.euler steps f times start parameters

    /// The classical Runge–Kutta method: from each time to the next in so many steps of one size, four slopes each. The error
    /// is of the order of the fourth power of a step. Throws as `euler` does.
    let rungeKutta4 (steps: int) (f: Tensor -> 'S -> 'P -> 'S) (times: Tensor) (start: 'S) (parameters: 'P) : 'S =
        Solving.rungeKutta4 steps f times start parameters
