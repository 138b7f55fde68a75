namespace Functional

open System
open System.Text

/// A trace as launches over buffers.
[<NoEquality; NoComparison>]
type internal Plan =
    {
        Trace: Trace
        Roots: TensorType array
        Launches: Launch array
        Homes: Home array
        Outputs: (Access * TensorType) array
        /// Elements of the arena of each data type.
        Arenas: Map<DType, int>
    }

[<RequireQualifiedAccess>]
module internal Plan =
    /// Of a trace that is as good as it gets.
    let make relaxed (trace: Trace) : Plan =
        let list = Work.ofTrace trace
        let launches = Launch.all relaxed list (Fuse.groups list)
        let outputs = [ for access, _ in list.Outputs -> access.Root ]
        let homes, arenas = Memory.plan trace.Inputs.Length trace.Constants.Length list.Roots launches outputs

        { Trace = trace
          Roots = list.Roots
          Launches = launches
          Homes = homes
          Outputs = list.Outputs
          Arenas = arenas }

    /// Bytes that a run needs beside its inputs, constants and results.
    let arenaBytes plan = plan.Arenas |> Seq.sumBy (fun a -> int64 a.Value * int64 (Memory.size a.Key))

    /// What a loop does, in one word after the other.
    let private caption (work: Work) =
        match work.Task with
        | Task.Lanes formula ->
            let scalars =
                Formulas.steps formula
                |> Array.choose (function
                    | Formulas.Step.Apply(Cast dtype, _) -> Some $"To{dtype}"
                    | Formulas.Step.Apply(f, _) -> Some(string f)
                    | _ -> None)
            String.Join(" ", scalars)
        | Task.Fold(reduction, _) -> string reduction
        | Task.Copy -> "Copy"
        | Task.Call instruction -> Print.op instruction.Op

    /// One line for each launch: the kernels of the plan; and the memory that it takes.
    let text plan =
        let text = StringBuilder()
        let name root =
            match plan.Homes[root] with
            | Home.Given k -> $"%%{k}"
            | Home.Constant k -> $"${k}"
            | _ -> $"b{root - plan.Trace.Inputs.Length - plan.Trace.Constants.Length}"
        let names roots = String.Join(" ", Seq.distinct (Seq.map name roots))
        let sizes (space: int array) = String.Join("×", space)

        for k, launch in Seq.indexed plan.Launches do
            let line =
                match launch with
                | Launch.Fused(loop, space, operands, results, work) ->
                    let reduced =
                        [ for d, isReduced in List.indexed loop.Reduced do
                              if isReduced then d ]
                    let over = if reduced.IsEmpty then "" else $""", folded over {String.Join(" ", reduced)}"""
                    let work = String.Join("; ", work |> Seq.map caption)
                    $"loop [{sizes space}]{over}: {work}\n     {names (operands |> Seq.map _.Root)} → {names (results |> Seq.map _.Root)}"
                | Launch.Call(instruction, _, results) ->
                    $"{Print.op instruction.Op}\n     {names (Launch.reads launch)} → {names results}"
                | Launch.Followed(instruction, _, tail) ->
                    let work = String.Join("; ", tail.Work |> Seq.map caption)
                    $"{Print.op instruction.Op}; {work}\n     {names (Launch.reads launch)} → {names (Launch.results launch)}"
            text.Append($"{k + 1, 3}. {line}\n") |> ignore

        text.Append($"kernels: {plan.Launches.Length}; bytes of working memory: {arenaBytes plan}\n")
        |> ignore
        text.ToString()
