namespace Functional

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

#nowarn "9" // Reads and writes the memory of tensors.
#nowarn "51"

/// Runs one sweep, instruction after instruction over chunks of lanes.
[<Sealed>]
type private SweepInterpreter(sweep: Sweep, form: SweepForm) =
    let code, places, operands = sweep.Code, sweep.Places, sweep.Operands.Length
    static let chunk = 32 * FoldOrder.Lanes

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
        [ for o in 0 .. sweep.Outputs.Length - 1 do
              match sweep.Outputs[o] with
              | SweepOutput.Folded(reduction, k) ->
                  let dtype = code[k].Result
                  o, k, dtype, combine reduction dtype, LaneCode.BitsOf(dtype, FoldOrder.identity reduction dtype)
              | SweepOutput.Stored _ -> () ]

    /// Lanes from `first` on: n values of each instruction.
    let compute (registers: Array array) (bases: nativeint array) first n =
        for k in 0 .. code.Length - 1 do
            match code[k].Op with
            | LaneOp.Load place when form.Fixed[place] ->
                load code[k].Type bases[place] registers[k] 1
                spread code[k].Type registers[k] n
            | LaneOp.Load place ->
                load code[k].Type (bases[place] + nativeint (first * Vectors.size code[k].Type)) registers[k] n
            | LaneOp.Constant _ -> ()
            | _ -> runs[k] [| for a in code[k].Args -> registers[a] |] registers[k] n

    let along (registers: Array array) (totals: Array array) n =
        folds
        |> List.iteri (fun f (_, k, dtype, combine, identity) ->
            let part = Blocks.allocate dtype FoldOrder.Lanes
            for first in 0 .. FoldOrder.Lanes .. n - 1 do
                fill dtype identity part FoldOrder.Lanes
                (bytes dtype registers[k] first (min FoldOrder.Lanes (n - first)))
                    .CopyTo(bytes dtype part 0 FoldOrder.Lanes)
                combine [| totals[f]; part |] totals[f] FoldOrder.Lanes)

    let finish (totals: Array array) (bases: nativeint array) =
        folds
        |> List.iteri (fun f (o, _, dtype, combine, _) ->
            let mutable half = FoldOrder.Lanes / 2
            while half > 0 do
                let upper = Blocks.allocate dtype half
                (bytes dtype totals[f] half half).CopyTo(bytes dtype upper 0 half)
                combine [| totals[f]; upper |] totals[f] half
                half <- half / 2
            settle totals[f] 1
            store dtype totals[f] bases[operands + o] 1)

    let across (registers: Array array) (bases: nativeint array) first n =
        for o, k, dtype, combine, _ in folds do
            let address = bases[operands + o] + nativeint (first * Vectors.size dtype)
            let total = Blocks.allocate dtype n
            load dtype address total n
            combine [| total; registers[k] |] total n
            settle total n
            store dtype total address n

    let row (registers: Array array) (bases: nativeint array) lanes =
        let totals =
            [| for _, _, dtype, _, identity in folds do
                   let total = Blocks.allocate dtype FoldOrder.Lanes
                   fill dtype identity total FoldOrder.Lanes
                   total |]
        for first in 0..chunk .. lanes - 1 do
            let n = min chunk (lanes - first)
            compute registers bases first n
            sweep.Outputs
            |> Array.iteri (fun o output ->
                match output with
                | SweepOutput.Stored k ->
                    let dtype = code[k].Result
                    store dtype registers[k] (bases[operands + o] + nativeint (first * Vectors.size dtype)) n
                | SweepOutput.Folded _ -> ())
            if form.Along then along registers totals n else across registers bases first n
        if form.Along then finish totals bases

    member _.Run(addresses: nativeint, strides: nativeint, rows: nativeint, lanes: nativeint) =
        let read (list: nativeint) =
            Array.init places.Length (fun p -> NativePtr.get (NativePtr.ofNativeInt<nativeint> list) p)
        let bases, strides, room = read addresses, read strides, min chunk (int lanes)
        let registers =
            code
            |> Array.map (fun i ->
                let register = Blocks.allocate i.Result room
                match i.Op with
                | LaneOp.Constant bits -> fill i.Result bits register room
                | _ -> ()
                register)
        for _ in 1n .. rows do
            row registers bases (int lanes)
            for p in 0 .. bases.Length - 1 do
                bases[p] <- bases[p] + strides[p]

/// Runs sweeps without compiling them: where the runtime cannot, and as a second opinion.
[<RequireQualifiedAccess>]
module internal InterpretSweep =
    let prepare sweep form : SweepCode =
        let interpreter = SweepInterpreter(Expand.sweep sweep, form)
        SweepCode(fun places strides rows lanes -> interpreter.Run(places, strides, rows, lanes))
