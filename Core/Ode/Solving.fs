namespace Functional

open System
open Functional.FSharp

/// Differential equations over structures of tensors: y' = f(t, y, parameters).
[<RequireQualifiedAccess>]
module internal Solving =
    let private leavesOf structure = List.ofArray (fst (Structures.flatten structure))

    let private rebuild structure (leaves: Tensor list) = Structures.replace structure (Array.ofList leaves)

    let private reshape (t: TensorType) (x: Tensor) =
        Define.apply (Movement.reshape (List.ofArray t.Sizes) t.Format) [ x ]

    let private cast dtype (x: Tensor) = if x.DType = dtype then x else Elementwise.lift (Cast dtype) [ x ]

    /// The tensors of a state, all of them real.
    let private stateOf op (start: 'S) =
        let state = leavesOf start

        if state.IsEmpty then
            raise (StructureException(op, [], "the state has no tensor", "give a structure with one tensor or more"))

        if state |> List.exists (fun y -> not (Scalars.isFloating y.DType)) then
            Labels.dtypeError
                op
                [ for y in state -> y.Type ]
                "a state is of real numbers"
                "cast it to Float32 or Float64"

        state

    let private remedy = "let the function return slopes of the structure and the types of its state"

    /// The slopes are as the state is.
    let private fit op (start: 'S) (slopes: 'S) =
        Structured.alike op [ for y in leavesOf start -> y.Type ] "state and slopes" remedy start slopes

    let solve45 (options: OdeOptions) (f: Tensor -> 'S -> 'P -> 'S) times (start: 'S) (parameters: 'P) : 'S =
        let op = "Ode.Solve45"
        let times = given op times
        options.Validate()
        let state, given = stateOf op start, leavesOf parameters
        let types = [ for t in state @ given -> t.Type ]

        let run (inputs: Tensor list) =
            let state, given = inputs.Tail |> List.splitAt state.Length
            f inputs.Head (rebuild start state) (rebuild parameters given)

        let traces, slopes, captured = Bodies.record op (TensorType(state.Head.DType, []) :: types) [ run ]
        fit op start slopes.Head

        if Closed.draws traces then
            Closed.refuse
                op
                types
                "its function draws random numbers, so that no two steps would see the same equation"
                "draw before, and give the numbers as parameters"

        let n = state.Length
        let system = { Field = traces.Head; State = n; Controlled = [ 0 .. n - 1 ] }
        let found = Tensor.Apply(OdeOp.solve system options, times :: state @ given @ captured)
        rebuild start (if times.Count = 2 then List.map2 (fun (y: Tensor) -> reshape y.Type) state found else found)

    /// From each time to the next in so many steps of one size.
    let private fixedSteps op advance steps (f: Tensor -> 'S -> 'P -> 'S) times (start: 'S) (parameters: 'P) : 'S =
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1, nameof steps)
        let times = given op times
        let state = stateOf op start

        if times.Rank <> 1 || times.Count < 2 then
            Labels.shapeError op [ times.Type ] "it is no list of times" "give a vector of two times or more"

        let count = times.Count - 1
        // The label makes outputs stack as those of solve45 do.
        let clock = Movement.relabel (Format.Parse "T") (cast state.Head.DType times)
        let part first = Define.apply (Movement.slice [ first, 1, count ]) [ clock ]

        let field t (y: 'S) =
            let slopes = f t y parameters
            fit op start slopes
            leavesOf slopes

        let interval (y: 'S) (from: Tensor, until: Tensor) =
            let h = (until - from) / float steps
            let step k y = rebuild start (advance field (from + cast h.DType k * h) h y)
            let y = Structured.repeat steps step y in
            y, y

        let last, all = Structured.scan false (Structured.dimension 0) interval start (part 0, part 1)
        if count = 1 then last else all

    /// y + h · slope.
    let private moved (h: Tensor) (y: 'S) (slope: Tensor list) =
        List.map2 (fun (y: Tensor) k -> y + cast y.DType h * k) (leavesOf y) slope

    let euler steps f times start parameters =
        fixedSteps "Ode.Euler" (fun field t h y -> moved h y (field t y)) steps f times start parameters

    let rungeKutta4 steps f times (start: 'S) parameters =
        let advance field (t: Tensor) (h: Tensor) (y: 'S) =
            let half = 0.5 * h
            let next h slope = rebuild start (moved h y slope)
            let k1: Tensor list = field t y
            let k2 = field (t + half) (next half k1)
            let k3 = field (t + half) (next half k2)
            let k4 = field (t + h) (next h k3)
            let total k = k1[k] + 2. * k2[k] + 2. * k3[k] + k4[k]
            moved (h / 6.) y [ for k in 0 .. k1.Length - 1 -> total k ]

        fixedSteps "Ode.RungeKutta4" advance steps f times start parameters
