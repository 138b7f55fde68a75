namespace Functional

open System.Collections.Generic
open System.Threading

/// What is made ready to run, and how.
[<NoEquality; NoComparison>]
type internal Making =
    {
        /// The name of the accelerated function.
        Function: string
        Compilation: Compilation
    }

/// The instructions of a trace from one host read to the next, as a program of its own: it takes what it needs of what came
/// before, and gives what is needed later. Values have slots: first the inputs, then the results in order. It is made ready
/// to run when it first runs.
[<Sealed>]
type internal Stretch(making: Making, trace: Trace, slot: Value -> int, first: int, until: int, exports: Value array) =
    let needs = List<Value>()
    let constants = List<Tensor>()
    let mutable program: Program | null = null

    let build () =
        let inputs, fixedNumbers = Dictionary<Value, Value>(), Dictionary<int, Value>()

        let operand value =
            match value with
            | Value.Result(i, k) when i >= first && i < until -> Value.Result(i - first, k)
            | Value.Constant k ->
                if fixedNumbers.TryAdd(k, Value.Constant constants.Count) then constants.Add trace.Constants[k]
                fixedNumbers[k]
            | value ->
                if inputs.TryAdd(value, Value.Input needs.Count) then needs.Add value
                inputs[value]

        let instructions =
            [| for i in first .. until - 1 ->
                   let instruction = trace.Instructions[i]
                   { instruction with Operands = Array.map operand instruction.Operands } |]

        let outputs = [| for v in exports -> operand v |]

        { Inputs = [| for v in needs -> trace.TypeOf v |]
          Constants = constants.ToArray()
          Instructions = instructions
          Outputs = outputs
          Draws = trace.Draws }

    let isWhole = first = 0 && until = trace.Instructions.Length && obj.ReferenceEquals(exports, trace.Outputs)
    let own = if isWhole then trace else build ()
    let from: int array | null = if isWhole then null else [| for v in needs -> slot v |]
    let given = [| for v in exports -> slot v |]
    let types = [| for v in exports -> trace.TypeOf v |]
    let strides = types |> Array.map _.Strides

    let ready () =
        match Volatile.Read &program with
        | null ->
            let made = Instruments.Compile(making.Function, (fun () -> Program.Prepared(own, making.Compilation)))
            Volatile.Write(&program, made)
            made
        | made -> made

    member _.Exports = exports

    /// Computes what it gives from the slots filled so far, into slots in memory that the scan rents.
    member _.Fill(start: Draw, slots: Block array, scan: Scan) =
        for k in 0 .. given.Length - 1 do
            slots[given[k]] <- scan.Rent(types[k], strides[k])
        (ready ()).Run(start, slots, from, slots, given, true)

    /// The same of a last stretch: its results follow each other in slots of their own, in memory of their own.
    member _.Finish(start: Draw, slots: Block array, places: int array, scan: Scan) =
        if first = 0 then
            (ready ()).Run(start, scan.Leaves, from, slots, places)
        else
            (ready ()).Run(start, slots, from, slots, places, false)
        for k in 0 .. places.Length - 1 do
            if scan.IsRented slots[places[k]] then
                let data = Blocks.uninitialised types[k].DType types[k].Count
                let own = { Data = data; Offset = 0; Strides = strides[k] }
                Blocks.place types[k] slots[places[k]] own
                slots[places[k]] <- own
