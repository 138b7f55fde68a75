namespace Functional

open System

/// Where two traces of one function differ.
[<RequireQualifiedAccess>]
type internal Difference =
    /// A constant of an instruction: its operand, and both tensors.
    | Constant of instruction: int * Tensor * Tensor
    /// An output that is a constant.
    | Output of output: int * Tensor * Tensor
    /// A setting of an instruction: its name, and both values.
    | Setting of instruction: int * name: string * first: string * second: string
    /// From this instruction on they do different things.
    | Structure of instruction: int

/// Compares traces: constants by their bits, wherever the tensors are.
[<RequireQualifiedAccess>]
module internal Difference =
    let private elements (t: Tensor) = Blocks.toArray t.Type (Execute.blockOf t).Value

    let private sameTensor (a: Tensor) (b: Tensor) =
        obj.ReferenceEquals(a, b) || a.Type = b.Type && Blocks.sameBits (elements a) (elements b)

    /// Of two values in the same place, whether they are the same; two constants may differ in value only.
    let private place (a: Trace) (b: Trace) v w =
        match v, w with
        | Value.Constant j, Value.Constant k ->
            let x, y = a.Constants[j], b.Constants[k]
            if sameTensor x y then Ok None
            elif x.Type = y.Type then Ok(Some(x, y))
            else Error()
        | _ -> if v = w then Ok None else Error()

    let private sameKinds (a: Instruction) (b: Instruction) =
        a.Op.Name = b.Op.Name
        && a.Operands.Length = b.Operands.Length
        && a.Results = b.Results
        && a.Draw = b.Draw
        && List.map fst a.Op.Attributes = List.map fst b.Op.Attributes

    /// Differences that leave the structure as it is.
    let rec private ofInstruction (a: Trace) (b: Trace) i : Difference list option =
        let x, y = a.Instructions[i], b.Instructions[i]

        if not (sameKinds x y) then
            None
        else
            let operands = Array.map2 (place a b) x.Operands y.Operands

            if operands |> Array.exists Result.isError then
                None
            else
                let constants =
                    [ for operand in operands do
                          match operand with
                          | Ok(Some(c, d)) -> Difference.Constant(i, c, d)
                          | _ -> () ]

                let settings =
                    [ for (name, v), (_, w) in List.zip x.Op.Attributes y.Op.Attributes do
                          match v, w with
                          | (:? Trace as v), (:? Trace as w) ->
                              if not (List.isEmpty (between v w)) then
                                  Difference.Setting(i, name, Print.text v, Print.text w)
                          | _ -> if not (Object.Equals(v, w)) then Difference.Setting(i, name, $"%A{v}", $"%A{w}") ]

                Some(constants @ settings)

    /// All differences in constants and settings, up to the first in structure.
    and between (a: Trace) (b: Trace) : Difference list =
        let common = min a.Instructions.Length b.Instructions.Length

        let rec go i found =
            if i = common then
                let rest =
                    if a.Instructions.Length <> b.Instructions.Length || a.Outputs.Length <> b.Outputs.Length then
                        [ Difference.Structure i ]
                    else
                        [ for k, (v, w) in Seq.indexed (Seq.zip a.Outputs b.Outputs) do
                              match place a b v w with
                              | Ok None -> ()
                              | Ok(Some(c, d)) -> Difference.Output(k, c, d)
                              | Error() -> Difference.Structure i ]

                List.rev found @ rest
            else
                match ofInstruction a b i with
                | Some differences -> go (i + 1) (List.rev differences @ found)
                | None -> List.rev (Difference.Structure i :: found)

        go 0 []
