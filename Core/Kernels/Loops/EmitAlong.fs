namespace Functional

open System
open System.Reflection.Emit

/// Writes sweeps that fold the lanes of each row.
[<Sealed>]
type private AlongEmitter(e: Emission, sweep: Sweep, b: SweepBody) =
    let il = e.IL
    let lanes = b.Lanes
    let mask = lanes.MaskType

    let folds =
        [ for o in 0 .. sweep.Outputs.Length - 1 do
              match sweep.Outputs[o] with
              | SweepOutput.Folded(reduction, k) -> o, reduction, k, lanes.Register k
              | SweepOutput.Stored _ -> () ]

    /// For each fold the registers of its 32 lanes.
    let totals =
        dict
            [ for o, _, _, register in folds ->
                  o, Array.init (FoldOrder.Lanes / e.Lanes register) (fun _ -> e.VectorLocal register) ]

    let identity reduction k = FoldOrder.identityBits reduction sweep.Code[k].Result

    let add (frames: LocalBuilder array array array) =
        for o, reduction, k, register in folds do
            frames
            |> Array.collect (fun frame -> frame[k])
            |> Array.iteri (fun v value ->
                e.Get(totals[o].[v])
                e.Get value
                b.Combine(reduction, register, e.Width)
                e.Set(totals[o].[v]))

    let saveTotals () =
        for o, _, _, register in folds do
            totals[o]
            |> Array.iteri (fun v total ->
                b.Room o
                e.Plus(v * e.Width)
                e.Get total
                e.Store register)

    let recallTotals () =
        for o, _, _, register in folds do
            totals[o]
            |> Array.iteri (fun v total ->
                b.Room o
                e.Plus(v * e.Width)
                e.Load register
                e.Set total)

    /// Adds the lanes that belong to the row to the totals in memory.
    let addPresent (frame: LocalBuilder array array) (lane: LocalBuilder) present =
        for o, reduction, k, register in folds do
            let size = Vectors.size register
            let present = lanes.Mask(present, Vectors.size mask, size)
            for p in 0 .. frame[k].Length - 1 do
                let address () =
                    b.Room o
                    e.Plus(p * e.Width)
                    e.Get lane
                    e.Times size
                    il.Emit OpCodes.Add
                address ()
                address ()
                e.Load register
                e.Get(present[p])
                e.Reinterpret((if size = 8 then typeof<int64> else typeof<int>), Vectors.element register)
                e.Get(frame[k][p])
                e.Constant(register, identity reduction k)
                e.Operation("ConditionalSelect", 3, register)
                b.Combine(reduction, register, e.Width)
                e.Store register

    /// The last lanes of a row, fewer than 32: `body` for each part of them from a lane on.
    let tail (body: LocalBuilder -> unit) =
        let lane = e.NativeLocal()
        saveTotals ()
        e.Native 0
        e.Set lane
        e.While(
            (fun () ->
                e.Get lane
                e.Get b.Left
                il.Emit OpCodes.Clt),
            fun () ->
                body lane
                e.Advance(lane, lanes.Lanes)
        )

    let present numbers (lane: LocalBuilder) =
        b.Present(
            numbers,
            fun () ->
                e.Get b.Left
                e.Get lane
                il.Emit OpCodes.Sub
        )

    let part access lane present =
        let frames = b.Copies [| access |]
        b.Store(frames[0], access)
        addPresent frames[0] lane present

    /// On from an address by some lanes of a place.
    let further (address: int -> unit -> unit) (lane: LocalBuilder) place () =
        address place ()
        e.Get lane
        e.Times(Vectors.size sweep.Places[place])
        il.Emit OpCodes.Add

    let tailMasked numbers () =
        tail (fun lane ->
            let present = present numbers lane
            part { Address = further (b.Along 0) lane; Present = Some present } lane present)
        recallTotals ()

    let tailCopied numbers () =
        b.CopyIn()
        tail (fun lane -> part { Address = further b.AtHead lane; Present = None } lane (present numbers lane))
        b.CopyOut()
        recallTotals ()

    /// Lane j with lane j + half, within a register of 16 bytes.
    let halveNarrow reduction register (value: LocalBuilder) =
        let wide = Vectors.size register = 8
        let index, count = (if wide then typeof<int64> else typeof<int>), 16 / Vectors.size register
        let mutable half = count / 2
        while half > 0 do
            e.Get value
            e.Get value
            for lane in 0 .. count - 1 do
                let from = (lane + half) % count
                if wide then il.Emit(OpCodes.Ldc_I8, int64 from) else il.Emit(OpCodes.Ldc_I4, from)
            e.Call(Vectors.ofElements count index)
            e.Call(Vectors.shuffle (Vectors.element register) index)
            b.Combine(reduction, register, 16)
            e.Set value
            half <- half / 2

    /// The totals to one, in the first lane of a register of 16 bytes.
    let halve reduction register (registers: LocalBuilder array) =
        let element = Vectors.element register
        let mutable count = registers.Length / 2
        while count > 0 do
            for v in 0 .. count - 1 do
                e.Get(registers[v])
                e.Get(registers[v + count])
                b.Combine(reduction, register, e.Width)
                e.Set(registers[v])
            count <- count / 2
        let mutable value, width = registers[0], e.Width
        while width > 16 do
            let half = il.DeclareLocal(Vectors.ofElement (width / 2) element)
            e.Get value
            e.Call(Vectors.operation width "GetLower" 1 element)
            e.Get value
            e.Call(Vectors.operation width "GetUpper" 1 element)
            width <- width / 2
            b.Combine(reduction, register, width)
            e.Set half
            value <- half
        halveNarrow reduction register value
        value

    let finish () =
        for o, reduction, k, register in folds do
            let value = halve reduction register totals[o]
            e.Get(b.Output o)
            b.Settled(register, 16, value)
            e.Call(Vectors.operation 16 "ToScalar" 1 (Vectors.element register))
            if sweep.Code[k].Result = DType.Bool then
                if register = DType.Int64 then il.Emit OpCodes.Conv_I4
                il.Emit OpCodes.Neg
            e.StoreElement sweep.Code[k].Result

    member _.Write() =
        let numbers = b.Count()
        b.Rows(fun () ->
            for o, reduction, k, register in folds do
                for total in totals[o] do
                    e.Constant(register, identity reduction k)
                    e.Set total
            if b.HasMain then b.Main(FoldOrder.Lanes / lanes.Lanes, add)
            b.SetLeft()
            e.If(
                (fun () ->
                    e.Native 0
                    e.Get b.Left
                    il.Emit OpCodes.Clt),
                (if b.IsMasked then tailMasked numbers else tailCopied numbers)
            )
            finish ())

/// Compiles sweeps.
[<RequireQualifiedAccess>]
module internal EmitSweep =
    /// A delegate that is closed over its first argument calls the method itself, another one a stub.
    let private parameters = [| typeof<obj>; yield! Array.create 4 typeof<nativeint> |]

    /// A method for registers of so many bytes.
    let compile width (sweep: Sweep) (form: SweepForm) : SweepCode =
        let sweep = if WideOperations.isSupported width then sweep else Expand.sweep sweep
        let m = DynamicMethod("sweep", typeof<Void>, parameters, typeof<Sweep>.Module, true)
        m.InitLocals <- false
        let e = Emission(m.GetILGenerator 4096, width)
        let body = SweepBody(e, sweep, form)
        if form.Along then AlongEmitter(e, sweep, body).Write() else EmitApart.write e body
        m.CreateDelegate(typeof<SweepCode>, m.Name) :?> SweepCode
