namespace Functional

#nowarn "9" // Addresses of places.

open System
open System.Collections.Concurrent
open System.Reflection.Emit
open System.Threading
open Microsoft.FSharp.NativeInterop

/// Loops without folds as what follows a product, on its results while they are in registers.
[<RequireQualifiedAccess>]
module internal LoopEpilogue =
    /// Longer ones are no faster: there is a copy of the steps for each vector of a tile.
    let private longest = 40

    let private numbers = ConcurrentDictionary<struct (Sweep * int), int>()
    let mutable private latest = 0

    /// One for equal steps on equal places.
    let private numberOf sweep product =
        if numbers.Count >= 4096 then numbers.Clear()
        numbers.GetOrAdd(struct (sweep, product), (fun _ -> Interlocked.Increment &latest))

    let private isPlain (i: LaneInstruction) =
        match i.Op with
        | LaneOp.Call _
        | LaneOp.CallWhere _ -> false
        | _ -> true

    let private emit
        (sweep: Sweep)
        product
        (w: KernelWriter)
        (v: VectorCode)
        (sum: LocalBuilder)
        (sides: LocalBuilder array)
        =
        let e = Emission(w.IL, v.Bytes)
        let sweep = if WideOperations.isSupported v.Bytes then sweep else Expand.sweep sweep
        let result = sweep.Outputs[0].Instruction
        let lanes = LaneEmitter(e, sweep.Code, Array.init sweep.Code.Length ((=) result))
        let values = Array.zeroCreate sweep.Code.Length
        let load place (target: LocalBuilder array) =
            e.Get(
                if place = product then sum
                elif place < product then sides[place]
                else sides[place - 1]
            )
            e.Set(target[0])
        for k in 0 .. sweep.Code.Length - 1 do
            lanes.Emit(k, values, load)
        e.Get(values[result][0])

    let private interpret (sweep: Sweep) product =
        let form = { Along = false; Fixed = Array.zeroCreate sweep.Operands.Length; IsShort = false }
        let prepared = lazy SweepKernel.Of(sweep).Prepared(SweepMode.Interpreted, form)
        fun (sums: nativeint) (sides: nativeint array) (count: int) ->
            let operands = Array.insertAt product sums sides
            use places = fixed Array.append operands [| sums |]
            use strides = fixed Array.zeroCreate<nativeint>(operands.Length + 1)
            prepared.Value.Code.Invoke(NativePtr.toNativeInt places, NativePtr.toNativeInt strides, 1n, nativeint count)

    /// The epilogue that is a loop, given which of its operands is the product, and its other operands in the order of the side
    /// operands; none for a loop that folds, has several results, other data types than the product's, or is long.
    let ofLoop (loop: Loop) product : struct (Epilogue * int array) voption =
        let one =
            match Stages.ofLoop loop with
            | [ stage ] when not stage.Kept && stage.Sweep.Outputs.Length = 1 && not stage.Sweep.Folds -> Some stage
            | _ -> None
        match one with
        | Some stage when
            stage.Sweep.Code.Length <= longest
            && Array.forall isPlain stage.Sweep.Code
            && stage.Sweep.Places |> Array.forall ((=) (List.item product loop.Operands).DType)
            ->
            let operands =
                [| for place in stage.Places do
                       match place with
                       | Place.Operand k -> k
                       | _ -> () |]
            let at = Array.IndexOf(operands, product)
            if at < 0 then
                ValueNone
            else
                let key = $"loop {numberOf stage.Sweep at}"
                let epilogue =
                    { Key = key
                      Sides = operands.Length - 1
                      Emit = emit stage.Sweep at
                      Interpret = interpret stage.Sweep at }
                ValueSome(struct (epilogue, Array.except [ product ] operands))
        | _ -> ValueNone
