namespace Functional

/// Systems made of others: how their solutions move.
[<RequireQualifiedAccess>]
module internal Sensitivity =
    /// The system with its tangents: state and captured tensors, then a tangent for each of the state, and for those of the
    /// captured ones that have these numbers.
    let tangent (system: OdeSystem) (smooth: int list) : OdeSystem =
        let time, state, captured, _ = OdeSystem.parts system (List.ofArray system.Field.Inputs)
        let types = time :: state @ state @ captured @ [ for k in smooth -> captured[k] ]

        let field =
            Bodies.compose types (fun replay inputs ->
                let state, rest = inputs.Tail |> List.splitAt system.State
                let direction, rest = List.splitAt system.State rest
                let captured, more = List.splitAt captured.Length rest

                let run variables =
                    let state, moved = List.splitAt system.State variables
                    let captured =
                        (captured, List.zip smooth moved) ||> List.fold (fun all (k, x) -> List.updateAt k x all)
                    replay system.Field (inputs.Head :: state @ captured)

                Derivatives.jvp run (state @ [ for k in smooth -> captured[k] ]) (direction @ more) ||> List.append)

        { Field = field; State = 2 * system.State; Controlled = system.Controlled }

    /// The system of the adjoint equation: the state, its cotangents, and the integrals that are the captured tensors'.
    let adjoint (system: OdeSystem) (smooth: int list) : OdeSystem =
        let time, state, captured, _ = OdeSystem.parts system (List.ofArray system.Field.Inputs)
        let n = system.State
        let types = time :: state @ state @ [ for k in smooth -> captured[k] ] @ captured
        let pulled = Closed.pull system.Field [ 0 .. n - 1 ] ([ 1..n ] @ [ for k in smooth -> 1 + n + k ])

        let field =
            Bodies.compose types (fun replay inputs ->
                let state, rest = inputs.Tail |> List.splitAt n
                let cotangents, rest = List.splitAt n rest
                let captured = List.skip smooth.Length rest
                let operands = inputs.Head :: state @ captured
                let back = replay pulled (operands @ cotangents)
                replay system.Field operands @ [ for d in back -> -d ])

        { Field = field
          State = 2 * n + smooth.Length
          Controlled = system.Controlled @ [ n .. 2 * n - 1 ] }
