namespace Functional.Properties

open System
open Functional

/// An operand of a step, or an output of a program.
[<RequireQualifiedAccess>]
type Source =
    | Input of int
    | Number of DType * float
    /// The k-th result of a step.
    | Result of step: int * k: int

/// An input: its type, the values it may take (both included; None: any), and one such value for each element.
type ProgramInput =
    internal
        { Type: TensorType
          Valid: (float * float) option
          Made: (TensorType -> float array -> float array) option
          Data: Array }

/// An op applied, or a step of the host on one operand. A draw, which has no operands, is made like the value `Like`. `Entry`
/// and `Choices` say how the catalogue came to the op.
type Step =
    internal
        { Op: Op
          Operands: Source list
          Like: Source option
          Host: HostStep option
          Results: TensorType list
          Entry: string
          Choices: int }

/// A well-typed composition of ops on values of its own. It can be run as a function of tensors, so by direct
/// execution, inside a gradient and while being traced alike.
type RandomProgram =
    internal
        { Inputs: ProgramInput list
          Steps: Step list
          Outputs: Source list }

    override this.ToString() =
        let input k (i: ProgramInput) = $"  x{k}: {i.Type} = %A{i.Data}"

        let source s =
            match s with
            | Source.Input k -> $"x{k}"
            | Source.Number(_, c) -> $"{c}"
            | Source.Result(i, 0) -> $"y{i}"
            | Source.Result(i, k) -> $"y{i}.{k}"

        let joined (parts: string seq) = String.Join(", ", parts)

        let step i (s: Step) =
            let operands = joined (Seq.map source s.Operands)
            let like = s.Like |> Option.map (fun v -> $" like {source v}") |> Option.defaultValue ""
            let name =
                match s.Host with
                | Some host -> $"%A{host}"
                | None -> Print.op s.Op
            $"  y{i}: {joined (Seq.map string s.Results)} = {name}({operands}){like}"

        String.Join(
            "\n",
            List.mapi input this.Inputs
            @ List.mapi step this.Steps
            @ [ $"  return {joined (Seq.map source this.Outputs)}" ]
        )

[<RequireQualifiedAccess>]
module RandomProgram =
    /// The program's own values for its inputs.
    let inputs (program: RandomProgram) : Tensor list =
        [ for i in program.Inputs -> Direct.Tensor(i.Type, Blocks.ofArray i.Type (i.Data.Clone() :?> Array)) ]

    let internal typeOf (program: RandomProgram) source =
        match source with
        | Source.Input k -> program.Inputs[k].Type
        | Source.Number(dtype, _) -> TensorType(dtype, [])
        | Source.Result(i, k) -> program.Steps[i].Results[k]

    /// The value of every step for these inputs, in one more call of a function with this state.
    let internal trailFrom (state: HostState) (program: RandomProgram) (inputs: Tensor list) : Tensor list array =
        state.Calls <- state.Calls + 1
        let inputs = Array.ofList inputs
        let results = Array.create program.Steps.Length []

        let value source =
            match source with
            | Source.Input k -> inputs[k]
            | Source.Result(i, k) -> results[i].[k]
            | Source.Number(dtype, c) -> Tensor.Literal(dtype, c)

        for i, step in Seq.indexed program.Steps do
            results[i] <-
                match step.Host, step.Like with
                | Some host, _ -> [ HostSteps.apply state host (value step.Operands.Head) ]
                | None, Some like -> (value like).Interpreter.Apply(step.Op, [])
                | None, None -> Tensor.Apply(step.Op, List.map value step.Operands)

        results

    /// The value of every step for these inputs, in a first call.
    let internal trail program inputs = trailFrom (HostState()) program inputs

    let private call state (program: RandomProgram) (inputs: Tensor list) : Tensor list =
        let results = trailFrom state program inputs

        [ for output in program.Outputs ->
              match output with
              | Source.Result(i, k) -> results[i].[k]
              | Source.Input k -> inputs[k]
              | Source.Number(dtype, c) -> Tensor.Literal(dtype, c) ]

    /// The program as a function of tensors of its inputs' types.
    let run (program: RandomProgram) (inputs: Tensor list) : Tensor list = call (HostState()) program inputs

    /// The same with the state that it hides, if any, kept from call to call.
    let internal start (program: RandomProgram) : Tensor list -> Tensor list =
        let state = HostState() in call state program

    /// Without the steps and inputs on which no output depends.
    let internal prune (program: RandomProgram) : RandomProgram =
        let steps = Array.ofList program.Steps
        let needed = Array.create steps.Length false
        let used = Array.create program.Inputs.Length false

        let need source =
            match source with
            | Source.Result(i, _) -> needed[i] <- true
            | Source.Input k -> used[k] <- true
            | Source.Number _ -> ()

        List.iter need program.Outputs
        for i in steps.Length - 1 .. -1 .. 0 do
            if needed[i] then List.iter need (Option.toList steps[i].Like @ steps[i].Operands)

        let renumber kept = Array.scan (fun n k -> if k then n + 1 else n) 0 kept
        let newStep, newInput = renumber needed, renumber used

        let move source =
            match source with
            | Source.Result(i, k) -> Source.Result(newStep[i], k)
            | Source.Input k -> Source.Input newInput[k]
            | number -> number

        let keep (kept: bool array) (items: 'a list) =
            items |> List.indexed |> List.filter (fun (i, _) -> kept[i]) |> List.map snd

        { Inputs = keep used program.Inputs
          Steps =
            [ for s in keep needed program.Steps ->
                  { s with Operands = List.map move s.Operands; Like = Option.map move s.Like } ]
          Outputs = List.map move program.Outputs }
