namespace Functional

open System.Reflection.Emit

/// What the loops of a sweep have in common: where the places are, and copies of the body.
[<Sealed>]
type internal SweepBody(e: Emission, sweep: Sweep, form: SweepForm) =
    let il = e.IL
    let code = sweep.Code
    let lanes = LaneEmitter(e, code)
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

    /// Copies of the instructions side by side, so that each waits for the other's results as little as possible; the
    /// registers of each copy. `address` gives the address of a place for a copy.
    member b.Copies(copies, address: int -> int -> unit -> unit) : LocalBuilder array array array =
        let frames = Array.init copies (fun _ -> Array.copy shared)
        for k in b.Varying do
            for u in 0 .. copies - 1 do
                lanes.Emit(
                    k,
                    frames[u],
                    fun place target ->
                        address u place ()
                        lanes.Load(code[k].Type, target)
                )
        frames

    /// Stores what is stored lane by lane, and combines what is combined lane by lane.
    member b.Store(frame: LocalBuilder array array, address: int -> unit -> unit) =
        sweep.Outputs
        |> Array.iteri (fun o output ->
            let k, address = output.Instruction, address (operands + o)
            match output with
            | SweepOutput.Stored _ -> lanes.Store(k, frame[k], address)
            | SweepOutput.Folded(reduction, _) when not form.Along ->
                let register, total = lanes.Register k, lanes.Locals k
                address ()
                lanes.Load(code[k].Result, total)
                for p in 0 .. total.Length - 1 do
                    e.Get(total[p])
                    e.Get(frame[k][p])
                    b.Combine(reduction, register, e.Width)
                    e.Set(total[p])
                    b.Settled(register, e.Width, total[p])
                    e.Set(total[p])
                lanes.Store(k, total, address)
            | _ -> ())

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
        il.Emit OpCodes.Ldarg_3
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
                il.Emit OpCodes.Ldarg_3
                e.Plus(-copies * skip)
                il.Emit OpCodes.Cgt
                il.Emit OpCodes.Ldc_I4_0
                il.Emit OpCodes.Ceq),
            fun () ->
                let address u = b.Along(u * skip)
                let frames = b.Copies(copies, address)
                frames |> Array.iteri (fun u frame -> b.Store(frame, address u))
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
            il.Emit OpCodes.Ldarg_0
            e.Plus(8 * p)
            il.Emit OpCodes.Ldind_I
            e.Set(bases[p])
        for k in 0 .. code.Length - 1 do
            if isConstant k then b.Emit k
        il.Emit OpCodes.Ldarg_2
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
                    il.Emit OpCodes.Ldarg_1
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
    /// Longer bodies fill the processor alone, and take their time to compile.
    [<Literal>]
    let private Unrolled = 64

    let private rest (e: Emission) (b: SweepBody) =
        let lanes = b.Lanes.Lanes
        e.While(
            (fun () ->
                e.Get b.Position
                e.IL.Emit OpCodes.Ldarg_3
                e.IL.Emit OpCodes.Clt),
            fun () ->
                b.SetLeft()
                b.AtPosition()
                e.If(b.LeftLessThan lanes, b.CopyIn)
                let frames = b.Copies(1, (fun _ -> b.AtHead))
                b.Store(frames[0], b.AtHead)
                e.If(b.LeftLessThan lanes, b.CopyOut)
                e.Advance(b.Position, lanes)
        )

    let write (e: Emission) (b: SweepBody) =
        b.Rows(fun () ->
            if b.Varying.Length <= Unrolled then b.Main(2, ignore)
            rest e b)
