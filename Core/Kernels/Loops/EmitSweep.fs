namespace Functional

open System.Reflection.Emit

/// Where a copy of the body finds its lanes: the address of a place, and, unless all are there, which of them are.
type internal LaneAccess = { Address: int -> unit -> unit; Present: LocalBuilder array option }

[<AutoOpen>]
module private SweepLimits =
    /// Instructions whose values all have a register of their own.
    [<Literal>]
    let Short = 150

/// What the loops of a sweep have in common: where the places are, and copies of the body.
[<Sealed>]
type internal SweepBody(e: Emission, sweep: Sweep, form: SweepForm) =
    let il = e.IL
    let code = sweep.Code
    let isOutput =
        let isOutput = Array.create code.Length false
        for output in sweep.Outputs do
            isOutput[output.Instruction] <- true
        isOutput
    let lanes = LaneEmitter(e, code, isOutput)
    let places, operands = sweep.Places, sweep.Operands.Length
    /// A copy of a row's last lanes takes so many bytes for each place.
    let copyBytes = FoldOrder.Lanes * 8

    /// Whether an instruction gives the same for all lanes of a row.
    let invariant =
        let invariant = Array.create code.Length false
        code
        |> Array.iteri (fun k i ->
            invariant[k] <-
                match i.Op with
                | LaneOp.Load place -> form.Fixed[place]
                | _ -> i.Args |> List.forall (fun a -> invariant[a]))
        invariant

    let isConstant k =
        match code[k].Op with
        | LaneOp.Constant _ -> true
        | _ -> false

    /// For each instruction the values inside the loop that nothing after it needs; in short code none are given up.
    let released =
        let last = Array.init code.Length id
        code
        |> Array.iteri (fun k i ->
            for a in i.Args do
                last[a] <- k
                if lanes.IsPart a then
                    for b in code[a].Args do
                        last[b] <- k)
        let released = Array.create code.Length []
        if code.Length > Short then
            for k in 0 .. code.Length - 1 do
                if not (invariant[k] || isOutput[k] || lanes.IsPart k) then
                    released[last[k]] <- k :: released[last[k]]
        released

    /// Values that all copies of the body share.
    let shared: LocalBuilder array array = Array.zeroCreate code.Length
    let bases, heads = places |> Array.map (fun _ -> e.NativeLocal()), places |> Array.map (fun _ -> e.NativeLocal())
    let position, left = e.NativeLocal(), e.NativeLocal()
    let room = e.Allocate(copyBytes * (places.Length + sweep.Outputs.Length))

    let isFolded place =
        match sweep.Outputs[place - operands] with
        | SweepOutput.Folded _ -> true
        | SweepOutput.Stored _ -> false

    /// The places that are walked along a row.
    let walked =
        [ for p in 0 .. places.Length - 1 do
              if (if p < operands then not form.Fixed[p] else not (form.Along && isFolded p)) then p ]

    let read = walked |> List.filter (fun p -> p < operands || isFolded p)
    let written = walked |> List.filter (fun p -> p >= operands)

    member _.Lanes = lanes
    /// The lane that the loop has come to.
    member _.Position = position
    /// Lanes from there to the end of the row.
    member _.Left = left
    /// The instructions inside the loop.
    member val Varying =
        [ for k in 0 .. code.Length - 1 do
              if not invariant[k] then k ]
    /// Address of an output.
    member _.Output o = bases[operands + o]
    /// Address of what an output has accumulated in memory.
    member _.Room o =
        e.Get room
        e.Plus(copyBytes * (places.Length + o))

    /// Address of lanes of a place from the position on.
    member _.Along (skip: int) (place: int) () =
        e.Get(bases[place])
        e.Get position
        e.Times(Vectors.size places[place])
        il.Emit OpCodes.Add
        e.Plus(skip * Vectors.size places[place])

    /// Address of the lanes at hand, in the tensor or copied.
    member _.AtHead (place: int) () = e.Get(heads[place])

    member _.Combine(reduction, register, width) =
        let name =
            match reduction with
            | SumOf -> "Add"
            | ProductOf -> "Multiply"
            | MaxOf -> "Max"
            | MinOf -> "Min"
            | AnyOf -> "BitwiseOr"
            | _ -> "BitwiseAnd"
        e.Call(Vectors.operation width name 2 (Vectors.element register))

    /// The vector with one NaN for all: which of two goes on depends on the order of operands.
    member _.Settled(register, width, value: LocalBuilder) =
        let element = Vectors.element register
        e.Get value
        if Scalars.isFloating register then
            e.Get value
            e.Call(Vectors.operation width "Equals" 2 element)
            e.Get value
            e.Number(register, LaneCode.BitsOf(register, nan))
            e.Call(Vectors.create width element)
            e.Call(Vectors.operation width "ConditionalSelect" 3 element)

    /// Whether the last lanes of a row are loaded and stored by mask; otherwise they are copied.
    member val IsMasked = MaskedMemory.isSupported e.Width && walked |> List.forall (fun p -> places[p] <> DType.Bool)

    /// Whether rows may have more lanes than the code for the last ones takes at once.
    member b.HasMain = not (form.IsShort && b.IsMasked)

    member private _.Load(access: LaneAccess, place, dtype, target) =
        match access.Present with
        | Some present when dtype <> DType.Bool -> lanes.LoadPresent(dtype, present, access.Address place, target)
        | _ ->
            access.Address place ()
            lanes.Load(dtype, target)

    member private _.Save(access: LaneAccess, place, k, value) =
        match access.Present with
        | Some present -> lanes.StorePresent(k, value, present, access.Address place)
        | None -> lanes.Store(k, value, access.Address place)

    /// What an output has accumulated, as the instruction's values are.
    member private b.Total(access, place, k) : LocalBuilder array =
        let register, dtype = lanes.Register k, code[k].Result
        if dtype = DType.Bool then
            let mask = [| e.VectorLocal lanes.MaskType |]
            b.Load(access, place, dtype, mask)
            lanes.Mask(mask, Vectors.size lanes.MaskType, Vectors.size register)
        else
            let total = lanes.Locals k
            b.Load(access, place, dtype, total)
            total

    /// Copies of the instructions side by side, so that each waits for the other's results as little as possible; the
    /// registers of each copy.
    member b.Copies(accesses: LaneAccess array) : LocalBuilder array array array =
        let frames = accesses |> Array.map (fun _ -> Array.copy shared)
        for k in b.Varying do
            for u in 0 .. accesses.Length - 1 do
                lanes.Emit(k, frames[u], (fun place target -> b.Load(accesses[u], place, code[k].Type, target)))
                for value in released[k] do
                    lanes.Release(value, frames[u].[value])
        frames

    /// Stores what is stored lane by lane, and combines what is combined lane by lane.
    member b.Store(frame: LocalBuilder array array, access: LaneAccess) =
        sweep.Outputs
        |> Array.iteri (fun o output ->
            let k, place = output.Instruction, operands + o
            match output with
            | SweepOutput.Stored _ -> b.Save(access, place, k, frame[k])
            | SweepOutput.Folded(reduction, _) when not form.Along ->
                let register, total = lanes.Register k, b.Total(access, place, k)
                for p in 0 .. total.Length - 1 do
                    e.Get(total[p])
                    e.Get(frame[k].[p])
                    b.Combine(reduction, register, e.Width)
                    e.Set(total[p])
                    b.Settled(register, e.Width, total[p])
                    e.Set(total[p])
                b.Save(access, place, k, total)
            | _ -> ())

    /// The numbers 0, 1 … as lanes of a mask's type.
    member _.Count() =
        let mask = lanes.MaskType
        let address, numbers = e.Allocate e.Width, e.VectorLocal mask
        for lane in 0 .. lanes.Lanes - 1 do
            e.Get address
            e.Plus(lane * Vectors.size mask)
            e.Number(mask, int64 lane)
            e.StoreElement mask
        e.Get address
        e.Load mask
        e.Set numbers
        numbers

    /// The lanes that belong to the row, `count` of them being left.
    member _.Present(numbers: LocalBuilder, count: unit -> unit) =
        let mask = lanes.MaskType
        let present = e.VectorLocal mask
        e.Get numbers
        count ()
        il.Emit(if mask = DType.Int64 then OpCodes.Conv_I8 else OpCodes.Conv_I4)
        e.Spread mask
        e.Operation("LessThan", 2, mask)
        e.Set present
        [| present |]

    member private _.CopyBytes(place, target: unit -> unit, source: unit -> unit) =
        target ()
        source ()
        e.Get left
        e.Times(Vectors.size places[place])
        il.Emit OpCodes.Conv_U4
        e.Copy()

    /// Copies a row's last lanes, so that nothing beyond the row is touched, and works on them there.
    member b.CopyIn() =
        for p in walked do
            e.Get room
            e.Plus(p * copyBytes)
            e.Set(heads[p])
        for p in read do
            b.CopyBytes(p, b.AtHead p, b.Along 0 p)

    member b.CopyOut() =
        for p in written do
            b.CopyBytes(p, b.Along 0 p, b.AtHead p)

    /// Works in the tensors themselves.
    member b.AtPosition() =
        for p in walked do
            b.Along 0 p ()
            e.Set(heads[p])

    member _.SetLeft() =
        e.Argument SweepArgument.Lanes
        e.Get position
        il.Emit OpCodes.Sub
        e.Set left

    member _.LeftLessThan (n: int) () =
        e.Get left
        e.Native n
        il.Emit OpCodes.Clt

    /// So many copies of the body as long as there are lanes for all of them.
    member b.Main(copies: int, after: LocalBuilder array array array -> unit) =
        let skip = lanes.Lanes
        e.While(
            (fun () ->
                e.Get position
                e.Argument SweepArgument.Lanes
                e.Plus(-copies * skip)
                il.Emit OpCodes.Cgt
                il.Emit OpCodes.Ldc_I4_0
                il.Emit OpCodes.Ceq),
            fun () ->
                let accesses = Array.init copies (fun u -> { Address = b.Along(u * skip); Present = None })
                let frames = b.Copies accesses
                frames |> Array.iteri (fun u frame -> b.Store(frame, accesses[u]))
                after frames
                e.Advance(position, copies * skip)
        )

    member private _.Emit(k) =
        lanes.Emit(
            k,
            shared,
            fun place target ->
                e.Get(bases[place])
                lanes.LoadFixed(code[k].Type, target)
        )

    /// Runs `row` for each row.
    member b.Rows(row: unit -> unit) =
        let rows = e.NativeLocal()
        lanes.Prepare()
        for p in 0 .. places.Length - 1 do
            e.Argument SweepArgument.Places
            e.Plus(8 * p)
            il.Emit OpCodes.Ldind_I
            e.Set(bases[p])
        for k in 0 .. code.Length - 1 do
            if isConstant k then b.Emit k
        e.Argument SweepArgument.Rows
        e.Set rows
        e.While(
            (fun () ->
                e.Native 0
                e.Get rows
                il.Emit OpCodes.Clt),
            fun () ->
                for k in 0 .. code.Length - 1 do
                    if invariant[k] && not (isConstant k) then b.Emit k
                e.Native 0
                e.Set position
                row ()
                for p in 0 .. places.Length - 1 do
                    e.Get(bases[p])
                    e.Argument SweepArgument.Strides
                    e.Plus(8 * p)
                    il.Emit OpCodes.Ldind_I
                    il.Emit OpCodes.Add
                    e.Set(bases[p])
                e.Advance(rows, -1)
        )
        il.Emit OpCodes.Ret

/// Writes sweeps whose lanes have nothing to do with each other.
[<RequireQualifiedAccess>]
module internal EmitApart =
    /// Longer bodies fill the processor or its registers alone, and take their time to compile.
    let private unrolled width = if width = 64 then 128 else 56

    let private whileLeft (e: Emission) (b: SweepBody) body =
        e.While(
            (fun () ->
                e.Get b.Position
                e.Argument SweepArgument.Lanes
                e.IL.Emit OpCodes.Clt),
            fun () ->
                b.SetLeft()
                body ()
                e.Advance(b.Position, b.Lanes.Lanes)
        )

    let private restMasked (e: Emission) (b: SweepBody) numbers =
        whileLeft e b (fun () ->
            let present = b.Present(numbers, (fun () -> e.Get b.Left))
            let access = { Address = b.Along 0; Present = Some present }
            let frames = b.Copies [| access |]
            b.Store(frames[0], access))

    let private restCopied (e: Emission) (b: SweepBody) =
        whileLeft e b (fun () ->
            b.AtPosition()
            e.If(b.LeftLessThan b.Lanes.Lanes, b.CopyIn)
            let access = { Address = b.AtHead; Present = None }
            let frames = b.Copies [| access |]
            b.Store(frames[0], access)
            e.If(b.LeftLessThan b.Lanes.Lanes, b.CopyOut))

    let write (e: Emission) (b: SweepBody) =
        let copies = if b.Varying.Length <= unrolled e.Width then 2 else 1
        if b.IsMasked then
            let numbers = b.Count()
            b.Rows(fun () ->
                if b.HasMain then b.Main(copies, ignore)
                restMasked e b numbers)
        else
            b.Rows(fun () ->
                if copies > 1 then b.Main(copies, ignore)
                restCopied e b)
