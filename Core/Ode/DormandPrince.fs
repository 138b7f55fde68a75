namespace Functional

/// The pair of explicit Runge–Kutta methods of orders 5 and 4 of Dormand and Prince ("A family of embedded Runge–Kutta
/// formulae", 1980), with the continuous extension of order 4, as closed traces.
[<RequireQualifiedAccess>]
module internal DormandPrince =
    let private nodes = [ 0.; 0.2; 0.3; 0.8; 8. / 9.; 1.; 1. ]

    /// How each stage follows from the slopes before it. The last is the step itself.
    let private stages =
        [ []
          [ 0.2 ]
          [ 3. / 40.; 9. / 40. ]
          [ 44. / 45.; -56. / 15.; 32. / 9. ]
          [ 19372. / 6561.; -25360. / 2187.; 64448. / 6561.; -212. / 729. ]
          [ 9017. / 3168.; -355. / 33.; 46732. / 5247.; 49. / 176.; -5103. / 18656. ]
          [ 35. / 384.; 0.; 500. / 1113.; 125. / 192.; -2187. / 6784.; 11. / 84. ] ]

    /// The difference of both methods.
    let private difference =
        [ 71. / 57600.; 0.; -71. / 16695.; 71. / 1920.; -17253. / 339200.; 22. / 525.; -1. / 40. ]

    /// The polynomials of the continuous extension without constant term, for each slope but the second, which has none.
    let private extension =
        [ [ 1.; -183. / 64.; 37. / 12.; -145. / 128. ]
          [ 0.; 1500. / 371.; -1000. / 159.; 1000. / 371. ]
          [ 0.; -125. / 32.; 125. / 12.; -375. / 64. ]
          [ 0.; 9477. / 3392.; -729. / 106.; 25515. / 6784. ]
          [ 0.; -11. / 7.; 11. / 3.; -55. / 28. ]
          [ 0.; 1.5; -4.; 2.5 ] ]

    /// How many slopes of a step the continuous extension takes.
    let slopes = extension.Length

    /// Their weights in the state at a part of a step.
    let weights (step: float) (part: float) =
        [ for row in extension -> step * part * List.foldBack (fun c sum -> c + part * sum) row 0. ]

    let private cast dtype (x: Tensor) = if x.DType = dtype then x else Elementwise.lift (Cast dtype) [ x ]

    /// y + h · Σ coefficient · slope.
    let private along (h: Tensor) coefficients (slopes: Tensor list list) (y: Tensor list) =
        let total j =
            List.zip coefficients slopes
            |> List.filter (fun (c, _) -> c <> 0.)
            |> List.map (fun (c, slope) -> c * List.item j slope)
            |> List.reduce (+)

        [ for j, y in List.indexed y -> y + cast y.DType h * total j ]

    /// The seven slopes, the first given, and the state after the step.
    let private stepped (system: OdeSystem) replay (t: Tensor) (h: Tensor) y first captured =
        let field t y = replay system.Field (t :: y @ captured)

        let next (slopes, _) (node, coefficients) =
            let y = along h coefficients slopes y
            slopes @ [ field (t + node * h) y ], y

        (([ first ], y), List.zip nodes stages |> List.tail) ||> List.fold next

    let private greatest (by: Interpreter) (ratios: Tensor list) =
        ratios
        |> List.filter (fun r -> r.Count > 0)
        |> List.map (fun r -> Define.apply (Reductions.max [ 0 .. r.Rank - 1 ]) [ r ] |> cast DType.Float64)
        |> function
            | [] -> Movement.constant by (TensorType(DType.Float64, [])) 0.
            | first :: rest -> List.fold (fun a b -> Elementwise.lift Max [ a; b ]) first rest

    /// The greatest of |x|, in units of the error that is tolerated where the state is as large as these. NaN where
    /// something is not finite.
    let private measured
        (system: OdeSystem)
        (relative: float)
        (absolute: float)
        (xs: Tensor list)
        (states: Tensor list list)
        =
        let ratio j =
            let size = states |> List.map (fun y -> abs y[j]) |> List.reduce (fun a b -> Elementwise.lift Max [ a; b ])
            let tolerated = Elementwise.lift Max [ relative * size; Tensor.Literal(size.DType, absolute) ]
            (abs xs[j] + 0. * size) / tolerated

        greatest xs.Head.Interpreter [ for j in system.Controlled -> ratio j ]

    /// Time, state, captured → slopes, and how fast the state changes.
    let start system relative absolute : Trace =
        Bodies.compose (List.ofArray system.Field.Inputs) (fun replay inputs ->
            let y = inputs |> List.skip 1 |> List.take system.State
            let slopes = replay system.Field inputs
            slopes @ [ measured system relative absolute slopes [ y ] ])

    /// Time, step, state, first slopes, captured → the state after the step, the slopes that the continuous extension takes
    /// (first excluded, so that the last are those after the step), the error.
    let step system relative absolute : Trace =
        let types = OdeSystem.stateTypes system
        let time = OdeSystem.timeType system

        Bodies.compose (time :: time :: types @ types @ OdeSystem.capturedTypes system) (fun replay inputs ->
            let y, rest = inputs |> List.skip 2 |> List.splitAt system.State
            let first, captured = List.splitAt system.State rest
            let slopes, after = stepped system replay inputs[0] inputs[1] y first captured
            let zero = [ for y in y -> Reverse.fill y 0. ]
            let error = along inputs[1] difference slopes zero
            after @ List.concat (List.skip 2 slopes) @ [ measured system relative absolute error [ y; after ] ])

    /// Weights, state, slopes → the state between.
    let between system : Trace =
        let types = OdeSystem.stateTypes system
        let all = List.replicate slopes (OdeSystem.timeType system) @ List.concat (List.replicate (slopes + 1) types)

        Bodies.compose all (fun _ inputs ->
            let weights, rest = List.splitAt slopes inputs
            let parts = List.chunkBySize system.State rest
            let add y (weight: Tensor) slope = List.map2 (fun (y: Tensor) k -> y + cast y.DType weight * k) y slope
            List.fold2 add parts.Head weights parts.Tail)

    /// The transpose of `between`, added to what there is: weights, a cotangent, totals for state and slopes → totals.
    let spread system : Trace =
        let types = OdeSystem.stateTypes system
        let all = List.replicate slopes (OdeSystem.timeType system) @ List.concat (List.replicate (slopes + 2) types)

        Bodies.compose all (fun _ inputs ->
            let weights, rest = List.splitAt slopes inputs
            let parts = List.chunkBySize system.State rest
            let dy, state, totals = parts[0], parts[1], List.skip 2 parts
            let add (weight: Tensor) total =
                List.map2 (fun (d: Tensor) (t: Tensor) -> t + cast d.DType weight * d) dy total
            List.concat (List.map2 (+) state dy :: List.map2 add weights totals))

    /// The step backwards. Time, step, state, captured, cotangents of the state after it, totals for the captured tensors
    /// with these numbers → cotangents of the state, totals. Where `dense`, cotangents of the slopes that the continuous
    /// extension takes follow those of the state.
    let back system dense (smooth: int list) : Trace =
        let time, types, captured =
            OdeSystem.timeType system, OdeSystem.stateTypes system, OdeSystem.capturedTypes system
        let inputs = time :: time :: types @ captured

        let forward =
            Bodies.compose inputs (fun replay inputs ->
                let y, captured = inputs |> List.skip 2 |> List.splitAt system.State
                let first = replay system.Field (inputs[0] :: y @ captured)
                let slopes, after = stepped system replay inputs[0] inputs[1] y first captured
                after @ if dense then List.concat (List.removeAt 1 slopes) else [])

        let given = Closed.outputs forward
        let wanted = [ for j in 0 .. system.State - 1 -> 2 + j ] @ [ for k in smooth -> 2 + system.State + k ]
        let pulled = Closed.pull forward [ 0 .. given.Length - 1 ] wanted

        Bodies.compose (inputs @ given @ [ for k in smooth -> captured[k] ]) (fun replay all ->
            let operands, totals = List.splitAt (inputs.Length + given.Length) all
            let state, found = replay pulled operands |> List.splitAt system.State
            state @ List.map2 (+) totals found)

    /// The sum of two cotangents of the state.
    let sum system : Trace =
        let types = OdeSystem.stateTypes system

        Bodies.compose (types @ types) (fun _ inputs -> List.splitAt system.State inputs ||> List.map2 (+))
