namespace Functional

/// A system of differential equations, y' = f(t, y, what f captures).
type internal OdeSystem =
    {
        /// Time, state, captured → slopes. It draws nothing.
        Field: Trace
        /// The number of tensors of the state.
        State: int
        /// Those of them whose errors decide on the steps.
        Controlled: int list
    }

[<RequireQualifiedAccess>]
module internal OdeSystem =
    /// Time as the field takes it: of the data type of the state.
    let timeType (system: OdeSystem) = system.Field.Inputs[0]

    let stateTypes (system: OdeSystem) = List.ofArray system.Field.Inputs[1 .. system.State]

    let capturedTypes (system: OdeSystem) = List.ofArray system.Field.Inputs[system.State + 1 ..]

    /// Operands of the field, or of what begins with such: time or times, state, captured, more.
    let parts (system: OdeSystem) (operands: 'T list) =
        let state, rest = List.splitAt system.State (List.tail operands)
        let captured, more = List.splitAt (system.Field.Inputs.Length - 1 - system.State) rest
        operands.Head, state, captured, more
