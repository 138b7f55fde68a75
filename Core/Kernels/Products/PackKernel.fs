namespace Functional

open System
open System.Reflection.Emit
open System.Runtime.Intrinsics.X86

/// How a panel is packed: lanes side by side for each k.
[<RequireQualifiedAccess>]
type internal Packing =
    /// Lanes that are adjacent in the source: so many elements for each k.
    | Adjacent of lanes: int
    /// The same, and zeros up to a whole vector.
    | Padded of lanes: int
    /// Successive k are adjacent in the source: so many lanes, and up to a whole vector the same as the last.
    | Transposed of lanes: int
    /// Lanes at equal distances.
    | Strided

/// Copies a panel of a matrix so that a tile kernel reads it from end to end.
[<RequireQualifiedAccess>]
module internal PackKernel =
    /// The arguments of a kernel by position. Strides are in bytes. Of `Transposed` the table tells where each lane is, in
    /// bytes from the source; else, where each k is, with `Ahead` entries more but for `Strided`.
    module Argument =
        let Source, LaneStep, Table, K, Lanes, Target, TargetStep = 0, 1, 2, 3, 4, 5, 6
        let count = 7

    /// How many k ahead memory is asked for.
    [<Literal>]
    let Ahead = 16

    /// Address + the k-th entry from where a table pointer is.
    let private entry (w: KernelWriter) (address: LocalBuilder) (table: LocalBuilder) k =
        w.Get address
        w.Get table
        w.Offset(k * sizeof<nativeint>)
        w.IL.Emit OpCodes.Ldind_I
        w.Add()

    let private mover size = if size = 4 then typeof<float32> else typeof<float>

    let private copyVector (w: KernelWriter) (v: VectorCode) source target offset =
        w.Get source
        w.Offset offset
        w.Call v.Load.Value
        w.Get target
        w.Offset offset
        w.Call v.Store.Value

    let private copyElement (w: KernelWriter) size source target offset =
        let element = if size = 4 then typeof<int> else typeof<int64>
        w.Get target
        w.Offset offset
        w.Get source
        w.Offset offset
        w.IL.Emit(OpCodes.Ldobj, element)
        w.IL.Emit(OpCodes.Stobj, element)

    /// Asks for the lanes of a k to come: these lie too far apart for the processor to foresee.
    let private prefetch (w: KernelWriter) size lanes source table =
        if Sse.IsSupported then
            let far = w.Int()
            entry w source table Ahead
            w.Set far
            for line in 0..64 .. lanes * size - 1 do
                w.Get far
                w.Offset line
                w.Call(nonNull (typeof<Sse>.GetMethod "Prefetch0"))

    let private adjacent size width lanes padded (w: KernelWriter) =
        let start, target = w.ArgumentLocal Argument.Source, w.ArgumentLocal Argument.Target
        let table, targetStep = w.ArgumentLocal Argument.Table, w.ArgumentLocal Argument.TargetStep
        let k, source = w.ArgumentLocal Argument.K, w.Int()
        let whole = VectorCode(mover size, width)
        let narrower =
            [ VectorWidth.Bits512; VectorWidth.Bits256; VectorWidth.Bits128 ]
            |> List.filter (fun narrow -> narrow <= width)
            |> List.map (fun narrow -> VectorCode(mover size, narrow))

        w.While(
            k,
            1,
            fun () ->
                entry w start table 0
                w.Set source
                prefetch w size lanes start table
                let rest = lanes % whole.Lanes
                if padded && rest > 0 then
                    whole.Constant(w, 0.)
                    w.Get target
                    w.Offset((lanes - rest) * size)
                    w.Call whole.Store.Value
                let mutable lane = 0
                for v in narrower do
                    while lanes - lane >= v.Lanes do
                        copyVector w v source target (lane * size)
                        lane <- lane + v.Lanes
                for lane in lane .. lanes - 1 do
                    copyElement w size source target (lane * size)
                w.Advance(table, sizeof<nativeint>)
                w.Advance(target, targetStep)
        )

    let private transposed size width lanes (w: KernelWriter) =
        let v = VectorCode(mover size, Transposition.Width width)
        let group, turned = Transposition.Group v, Transposition(w, v)
        let panel = (lanes * size + int width - 1) / int width * int width
        let source, table = w.ArgumentLocal Argument.Source, w.ArgumentLocal Argument.Table
        let count = w.ArgumentLocal Argument.K
        let k, moved, target = w.Int(), w.Int(), w.Int()
        let starts = [| for _ in 1 .. v.Lanes -> w.Int() |]

        let push i =
            w.Get(starts[i])
            w.Get moved
            w.Add()

        let turn at =
            let address i =
                push i
                w.Offset(at * size)
            turned.Emit address
            |> Array.iteri (fun i result ->
                w.Get result
                w.Get target
                w.Offset((at + i) * panel)
                w.Call v.Store.Value)

        let moveOn steps =
            w.Advance(moved, steps * size)
            w.Advance(target, steps * panel)

        for vector in 0 .. panel / v.Bytes - 1 do
            for i in 0 .. v.Lanes - 1 do
                entry w source table (min (vector * v.Lanes + i) (lanes - 1))
                w.Set(starts[i])
            w.Number 0
            w.Set moved
            w.Argument Argument.Target
            w.Offset(vector * v.Bytes)
            w.Set target
            w.Get count
            w.Set k
            w.While(
                k,
                2 * group,
                fun () ->
                    turn 0
                    turn group
                    moveOn (2 * group)
            )
            w.While(
                k,
                1,
                fun () ->
                    for i in 0 .. v.Lanes - 1 do
                        w.Get target
                        w.Offset(i * size)
                        push i
                        v.Read w
                        v.Write w
                    moveOn 1
            )

    let private strided size (w: KernelWriter) =
        let source, target = w.ArgumentLocal Argument.Source, w.ArgumentLocal Argument.Target
        let laneStep, table = w.ArgumentLocal Argument.LaneStep, w.ArgumentLocal Argument.Table
        let targetStep, k = w.ArgumentLocal Argument.TargetStep, w.ArgumentLocal Argument.K
        let from, into, lanes = w.Int(), w.Int(), w.Int()
        w.While(
            k,
            1,
            fun () ->
                entry w source table 0
                w.Set from
                w.Get target
                w.Set into
                w.Argument Argument.Lanes
                w.Set lanes
                w.While(
                    lanes,
                    1,
                    fun () ->
                        copyElement w size from into 0
                        w.Advance(from, laneStep)
                        w.Advance(into, size)
                )
                w.Advance(table, sizeof<nativeint>)
                w.Advance(target, targetStep)
        )

    /// For elements of so many bytes, 4 or 8.
    let emit size width packing (w: KernelWriter) =
        match packing with
        | Packing.Adjacent lanes -> adjacent size width lanes false w
        | Packing.Padded lanes -> adjacent size width lanes true w
        | Packing.Transposed lanes -> transposed size width lanes w
        | Packing.Strided -> strided size w
