namespace Functional

open Functional.FSharp

/// Small differential equations as the catalogue's laws see them: at random, and such that any operands have a solution.
[<RequireQualifiedAccess>]
module internal OdeSamples =
    /// Between -2 and 2, and 1 in place of what is not.
    let private tame (x: Tensor) =
        let x = if Scalars.isFloating x.DType then x else Elementwise.lift (Cast DType.Float64) [ x ]
        let isTame = Tensor.op_LessThanOrEqual (Tensor.Abs x, 2.)
        Elementwise.lift Where [ isTame; x; Tensor.Literal(x.DType, 1.) ]

    /// Steps of one size, whatever the values: the error is within any tolerance.
    let private options mode =
        { OdeOptions.Default with
            RelativeTolerance = 1e3
            AbsoluteTolerance = 1e3
            InitialStep = Some 0.5
            MaxStep = Some 0.5
            GradientMode = mode }

    let private sample choose (t: TensorType) =
        let mode = if choose 2 = 0 then GradientMode.Direct else GradientMode.Adjoint
        // A derivative of the adjoint is that of the exact solution, and only as close to differences as the tolerance says.
        let mode = if t.DType = DType.Float64 then GradientMode.Direct else mode
        let times = List.take (2 + choose 2) [ 0.; 0.5; 0.8 ]
        let times = if choose 2 = 0 then times else List.rev times

        let body inputs =
            let start, rate = tame (List.head inputs), tame inputs[1]
            let one = Movement.constant start.Interpreter (TensorType(start.DType, [ 1 ])) 1.
            let times = Define.apply (Movement.concat 0) [ for t in times -> t * one ]
            let field (t: Tensor) (y: Tensor) (rate: Tensor) = rate - t * y * rate
            [ Solving.solve45 (options mode) field times start rate ]

        let traces, _, _ = Bodies.record "a sample" [ t; t ] [ body ]
        Some(Keyed.op traces.Head, [ Operand.any t; Operand.any t ])

    let entries: Entry list =
        [ { Name = "Ode45"
            Family = "control"
            Summary = "The solution of y' = f(t, y), f a trace, by steps of controlled size."
            Sample = sample } ]
