namespace Functional

/// What no output needs is left out. Draws keep their ordinals, so that those that stay draw what they drew.
[<RequireQualifiedAccess>]
module internal Drop =
    /// An op that may refuse the values it is given stays: a call is to fail as it would directly.
    let mayRefuse (op: Op) =
        match op.Kernel with
        | Move(Gather _ | Scatter _)
        | Opaque _
        | Nested _ -> true
        | _ -> false

    let private needed (trace: Trace) =
        let needed = trace.Instructions |> Array.map (fun i -> mayRefuse i.Op)
        let constants = Array.create trace.Constants.Length false

        let need value =
            match value with
            | Value.Result(i, _) -> needed[i] <- true
            | Value.Constant k -> constants[k] <- true
            | Value.Input _ -> ()

        Array.iter need trace.Outputs
        for i in needed.Length - 1 .. -1 .. 0 do
            if needed[i] then Array.iter need trace.Instructions[i].Operands
        needed, constants

    let private chosen (kept: bool array) (items: 'T array) =
        [| for k in 0 .. items.Length - 1 do
               if kept[k] then items[k] |]

    /// The trace, and how many instructions it no longer has.
    let run (trace: Trace) : Trace * (string * int) list =
        let needed, constants = needed trace
        let renumber kept = Array.scan (fun n k -> if k then n + 1 else n) 0 kept
        let instruction, constant = renumber needed, renumber constants

        let current value =
            match value with
            | Value.Result(i, k) -> Value.Result(instruction[i], k)
            | Value.Constant k -> Value.Constant constant[k]
            | value -> value

        let dropped = trace.Instructions.Length - instruction[trace.Instructions.Length]

        { trace with
            Constants = chosen constants trace.Constants
            Instructions =
                chosen needed trace.Instructions
                |> Array.map (fun i -> { i with Operands = Array.map current i.Operands })
            Outputs = Array.map current trace.Outputs },
        (if dropped = 0 then [] else [ "unused = nothing", dropped ])
