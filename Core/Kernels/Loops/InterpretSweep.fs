namespace Functional

open System
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop

#nowarn "9" // Reads and writes the memory of tensors.
#nowarn "51"

/// A fold of a sweep that is interpreted: the output and the instruction, and what combines two arrays of lanes.
[<NoEquality; NoComparison>]
type private InterpretedFold =
    { Output: int; Instruction: int; Type: DType; Combine: InterpretLanes.Run; Identity: int64 }

/// What one run of a sweep computes in: for each instruction so many lanes, and what it is given; for each fold a total and what
/// is added to it.
[<Sealed>]
type private SweepRegisters(code: LaneInstruction array, folds: InterpretedFold array, room: int) =
    let values = code |> Array.map (fun i -> Blocks.allocate i.Result room)
    let lanes (fold: InterpretedFold) = Blocks.allocate fold.Type (max FoldOrder.Lanes room)
    let totals, parts = Array.map lanes folds, Array.map lanes folds

    member _.Room = room
    member _.Values = values
    member val Arguments = code |> Array.map (fun i -> [| for a in i.Args -> values[a] |])
    member _.Totals = totals
    member _.Parts = parts
    member val WithParts = Array.map2 (fun total part -> [| total; part |]) totals parts
    member val WithValues = Array.map2 (fun total fold -> [| total; values[fold.Instruction] |]) totals folds

/// Runs one sweep, instruction after instruction over chunks of lanes.
[<Sealed>]
type private SweepInterpreter(sweep: Sweep, form: SweepForm) =
    let code, places, operands = sweep.Code, sweep.Places, sweep.Operands.Length
    static let chunk = 32 * FoldOrder.Lanes
    /// Lanes of all instructions that are kept from run to run; longer sweeps take them anew.
    static let mostKept = 131072
    let mutable spare: SweepRegisters | null = null

    let runs =
        code
        |> Array.map (fun i ->
            match i.Op with
            | LaneOp.Load _
            | LaneOp.Constant _ -> fun _ _ _ -> ()
            | _ -> InterpretLanes.instruction i)

    let combine reduction dtype =
        let op =
            match reduction with
            | SumOf -> LaneOp.Add
            | ProductOf -> LaneOp.Mul
            | MaxOf -> LaneOp.Max
            | MinOf -> LaneOp.Min
            | AnyOf -> LaneOp.Or
            | _ -> LaneOp.And
        InterpretLanes.instruction { Op = op; Type = dtype; Args = [ 0; 1 ]; Result = dtype }

    let memory (address: nativeint) bytes = Span<byte>(NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address), bytes)

    let bytes dtype (data: Array) first count =
        let size = Vectors.size dtype
        MemoryMarshal.CreateSpan(&MemoryMarshal.GetArrayDataReference data, (first + count) * size).Slice(first * size)

    let load dtype address (target: Array) n = (memory address (n * Vectors.size dtype)).CopyTo(bytes dtype target 0 n)
    let store dtype (source: Array) address n = (bytes dtype source 0 n).CopyTo(memory address (n * Vectors.size dtype))

    let spread dtype (data: Array) n =
        let all = bytes dtype data 0 n
        let size = Vectors.size dtype
        for k in 1 .. n - 1 do
            all.Slice(0, size).CopyTo(all.Slice(k * size))

    let fill dtype (bits: int64) (data: Array) n =
        let mutable bits = bits
        MemoryMarshal.AsBytes(Span<int64>(&bits)).Slice(0, Vectors.size dtype).CopyTo(bytes dtype data 0 n)
        spread dtype data n

    /// One NaN for all.
    let settle (data: Array) n =
        match data with
        | :? (float32 array) as d ->
            for k in 0 .. n - 1 do
                if Single.IsNaN d[k] then d[k] <- Single.NaN
        | :? (float array) as d ->
            for k in 0 .. n - 1 do
                if Double.IsNaN d[k] then d[k] <- Double.NaN
        | _ -> ()

    let folds =
        [| for o in 0 .. sweep.Outputs.Length - 1 do
               match sweep.Outputs[o] with
               | SweepOutput.Folded(reduction, k) ->
                   let dtype = code[k].Result
                   { Output = o
                     Instruction = k
                     Type = dtype
                     Combine = combine reduction dtype
                     Identity = LaneCode.BitsOf(dtype, FoldOrder.identity reduction dtype) }
               | SweepOutput.Stored _ -> () |]

    let make lanes =
        let made = SweepRegisters(code, folds, lanes)
        for k in 0 .. code.Length - 1 do
            match code[k].Op with
            | LaneOp.Constant bits -> fill code[k].Result bits made.Values[k] lanes
            | _ -> ()
        made

    /// With room for so many lanes, at least one: the last run's, or others.
    let registersFor lanes =
        match Interlocked.Exchange(&spare, null) with
        | null -> make lanes
        | kept -> if kept.Room >= lanes then kept else make lanes

    /// Lanes from `first` on: n values of each instruction.
    let compute (registers: SweepRegisters) (bases: nativeptr<nativeint>) first n =
        for k in 0 .. code.Length - 1 do
            match code[k].Op with
            | LaneOp.Load place when form.Fixed[place] ->
                load code[k].Type (NativePtr.get bases place) registers.Values[k] 1
                spread code[k].Type registers.Values[k] n
            | LaneOp.Load place ->
                let at = nativeint (first * Vectors.size code[k].Type)
                load code[k].Type (NativePtr.get bases place + at) registers.Values[k] n
            | LaneOp.Constant _ -> ()
            | _ -> runs[k] registers.Arguments[k] registers.Values[k] n

    let along (registers: SweepRegisters) n =
        for f in 0 .. folds.Length - 1 do
            let fold, part = folds[f], registers.Parts[f]
            for first in 0 .. FoldOrder.Lanes .. n - 1 do
                fill fold.Type fold.Identity part FoldOrder.Lanes
                (bytes fold.Type registers.Values[fold.Instruction] first (min FoldOrder.Lanes (n - first)))
                    .CopyTo(bytes fold.Type part 0 FoldOrder.Lanes)
                fold.Combine registers.WithParts[f] registers.Totals[f] FoldOrder.Lanes

    let finish (registers: SweepRegisters) (bases: nativeptr<nativeint>) =
        for f in 0 .. folds.Length - 1 do
            let fold, total = folds[f], registers.Totals[f]
            let mutable half = FoldOrder.Lanes / 2
            while half > 0 do
                (bytes fold.Type total half half).CopyTo(bytes fold.Type registers.Parts[f] 0 half)
                fold.Combine registers.WithParts[f] total half
                half <- half / 2
            settle total 1
            store fold.Type total (NativePtr.get bases (operands + fold.Output)) 1

    let across (registers: SweepRegisters) (bases: nativeptr<nativeint>) first n =
        for f in 0 .. folds.Length - 1 do
            let fold, total = folds[f], registers.Totals[f]
            let address = NativePtr.get bases (operands + fold.Output) + nativeint (first * Vectors.size fold.Type)
            load fold.Type address total n
            fold.Combine registers.WithValues[f] total n
            settle total n
            store fold.Type total address n

    let row (registers: SweepRegisters) (bases: nativeptr<nativeint>) lanes =
        if form.Along then
            for f in 0 .. folds.Length - 1 do
                fill folds[f].Type folds[f].Identity registers.Totals[f] FoldOrder.Lanes
        for first in 0..chunk .. lanes - 1 do
            let n = min chunk (lanes - first)
            compute registers bases first n
            for o in 0 .. sweep.Outputs.Length - 1 do
                match sweep.Outputs[o] with
                | SweepOutput.Stored k ->
                    let dtype = code[k].Result
                    let at = nativeint (first * Vectors.size dtype)
                    store dtype registers.Values[k] (NativePtr.get bases (operands + o) + at) n
                | SweepOutput.Folded _ -> ()
            if form.Along then along registers n else across registers bases first n
        if form.Along then finish registers bases

    member _.Run(addresses: nativeptr<nativeint>, strides: nativeptr<nativeint>, rows: nativeint, lanes: nativeint) =
        let registers = registersFor (max 1 (min chunk (int lanes)))
        let bases = NativePtr.stackalloc<nativeint> places.Length
        for p in 0 .. places.Length - 1 do
            NativePtr.set bases p (NativePtr.get addresses p)
        for _ in 1n .. rows do
            row registers bases (int lanes)
            for p in 0 .. places.Length - 1 do
                NativePtr.set bases p (NativePtr.get bases p + NativePtr.get strides p)
        if code.Length * registers.Room <= mostKept then spare <- registers

/// Runs sweeps without compiling them: where the runtime cannot, and as a second opinion.
[<RequireQualifiedAccess>]
module internal InterpretSweep =
    let prepare sweep form : SweepCode =
        let interpreter = SweepInterpreter(Expand.sweep sweep, form)
        SweepCode(fun places strides rows lanes ->
            interpreter.Run(NativePtr.ofNativeInt places, NativePtr.ofNativeInt strides, rows, lanes))
