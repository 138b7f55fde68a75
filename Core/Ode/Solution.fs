namespace Functional

open System.Collections.Generic

/// What the solver's ops do, in memory or in the oracle's lanes. Bodies are the traces of `DormandPrince` in the order in which
/// `OdeOp` lists them.
[<RequireQualifiedAccess>]
module internal Solution =
    let private weights (medium: Medium<'V>) (system: OdeSystem) (step: OdeStep<'V>) part =
        [| for w in DormandPrince.weights step.Size part -> medium.Number (OdeSystem.timeType system).DType w |]

    /// From times, state and captured to the states at the times after the first, stacked.
    let solve (medium: Medium<'V>) system options types (bodies: ('V array -> 'V array) list) operands =
        let times, state, captured, _ = OdeSystem.parts system (List.ofArray operands)
        let times = medium.Numbers (List.head types) times
        let found = Array.create<'V array> (times.Length - 1) [||]

        let accepted (step: OdeStep<'V>) =
            for k, part in step.Reached do
                found[k - 1] <-
                    if part = 1. then
                        step.After
                    else
                        bodies[2](Array.concat [ weights medium system step part; step.State; step.Slopes ])

        let ready = { Start = bodies[0]; Step = bodies[1] }
        Integration.run medium system options ready types times (Array.ofList state) (Array.ofList captured) accepted
        [| for j, ty in List.indexed (OdeSystem.stateTypes system) -> medium.Stack ty [ for state in found -> state[j] ] |]

    /// Back along the steps of a solution: from times, state, captured and stacked cotangents to the cotangents of the state, and
    /// of the captured tensors with these numbers.
    let pull (medium: Medium<'V>) system options smooth types (bodies: ('V array -> 'V array) list) operands =
        let times, state, captured, dys = OdeSystem.parts system (List.ofArray operands)
        let captured, dys = Array.ofList captured, Array.ofList dys
        let states = Array.ofList (OdeSystem.stateTypes system)
        let steps = Stack<OdeStep<'V>>()
        let ready = { Start = bodies[0]; Step = bodies[1] }
        let times = medium.Numbers (List.head types) times
        Integration.run medium system options ready types times (Array.ofList state) captured steps.Push

        let zeros types = Array.map medium.Zeros types
        let given k = Array.mapi (fun j ty -> medium.Slice ty (k - 1) dys[j]) states
        let slopes = Array.concat (Array.replicate DormandPrince.slopes states)
        let clock x = medium.Number (OdeSystem.timeType system).DType x
        let plus = bodies[4]

        let backwards (after: 'V array, totals: 'V array) (step: OdeStep<'V>) =
            let atEnd, between = step.Reached |> List.partition (fun (_, part) -> part = 1.)
            let after = (after, atEnd) ||> List.fold (fun d (k, _) -> plus (Array.append d (given k)))
            let operands = Array.concat [ [| clock step.From; clock step.Size |]; step.State; captured; after ]

            if between.IsEmpty then
                bodies[5](Array.append operands totals) |> Array.splitAt states.Length
            else
                let add found (k, part) = bodies[3](Array.concat [ weights medium system step part; given k; found ])
                let own, slopes =
                    List.fold add (zeros (Array.append states slopes)) between |> Array.splitAt states.Length
                let before, totals = bodies[6](Array.concat [ operands; slopes; totals ]) |> Array.splitAt states.Length
                plus (Array.append before own), totals

        let types = [| for k in smooth -> system.Field.Inputs[1 + system.State + k] |]
        Seq.fold backwards (zeros states, zeros types) steps ||> Array.append
