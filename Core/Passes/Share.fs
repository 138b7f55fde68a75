namespace Functional

open System
open System.Collections.Generic

/// What is computed twice is computed once.
[<RequireQualifiedAccess>]
module internal Share =
    let private sameWork: IEqualityComparer<Instruction> =
        { new IEqualityComparer<Instruction> with
            member _.GetHashCode i = i.Operands |> Array.fold (fun h v -> h * 31 + v.GetHashCode()) (i.Op.GetHashCode())
            member _.Equals(a, b) =
                match a, b with
                | null, _
                | _, null -> false
                | a, b -> a.Operands = b.Operands && a.Op = b.Op && a.Results = b.Results }

    /// Each draw is its own. The rest of the ops are functions of their operands.
    let private isDraw (instruction: Instruction) =
        match instruction.Op.Kernel with
        | Random -> true
        | _ -> false

    /// The trace, and how many instructions were done before.
    let run (trace: Trace) : Trace * (string * int) list =
        let known = Dictionary<Instruction, Value array>(sameWork)
        let mutable shared = 0

        let place draft instruction =
            if isDraw instruction then
                Draft.keep draft instruction
            else
                match known.TryGetValue instruction with
                | true, values ->
                    shared <- shared + 1
                    values
                | _ ->
                    let values = Draft.keep draft instruction
                    known[instruction] <- values
                    values

        let result = Draft.rewrite place trace
        result, (if shared = 0 then [] else [ "f x, f x = y, y", shared ])
