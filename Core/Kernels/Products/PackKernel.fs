namespace Functional

open System
open System.Collections.Concurrent
open System.Reflection.Emit
open System.Runtime.Intrinsics.X86

/// How a panel is packed: lanes side by side for each k, `Size` bytes an element.
[<RequireQualifiedAccess>]
type internal Packing =
    /// Lanes that are adjacent in the source: so many elements for each k.
    | Adjacent of lanes: int
    /// The same, and zeros up to a whole vector.
    | Padded of lanes: int
    /// Successive k are adjacent in the source: so many lanes, and up to a whole vector the same as the last.
    | Transposed of lanes: int
    /// Any strides.
    | Strided

/// Copies a panel of a matrix so that a tile kernel reads it from end to end.
[<RequireQualifiedAccess>]
module internal PackKernel =
    /// The arguments of a kernel by position. Strides are in bytes.
    module Argument =
        let Source, LaneStep, KStep, K, Lanes, Target, TargetStep = 0, 1, 2, 3, 4, 5, 6
        let count = 7

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
    let private prefetch (w: KernelWriter) size lanes source ahead =
        if Sse.IsSupported then
            for line in 0..64 .. lanes * size - 1 do
                w.Get source
                w.Get ahead
                w.Add()
                w.Offset line
                w.Call(nonNull (typeof<Sse>.GetMethod "Prefetch0"))

    let private adjacent size width lanes padded (w: KernelWriter) =
        let source, target = w.ArgumentLocal Argument.Source, w.ArgumentLocal Argument.Target
        let sourceStep, targetStep = w.ArgumentLocal Argument.KStep, w.ArgumentLocal Argument.TargetStep
        let k = w.ArgumentLocal Argument.K
        let ahead = w.Int()
        w.Get sourceStep
        w.Number 16
        w.Mul()
        w.Set ahead
        let whole = VectorCode(mover size, width)
        let narrower =
            [ VectorWidth.Bits512; VectorWidth.Bits256; VectorWidth.Bits128 ]
            |> List.filter (fun narrow -> narrow <= width)
            |> List.map (fun narrow -> VectorCode(mover size, narrow))

        w.While(
            k,
            1,
            fun () ->
                prefetch w size lanes source ahead
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
                w.Advance(source, sourceStep)
                w.Advance(target, targetStep)
        )

    let private transposed size width lanes (w: KernelWriter) =
        let v = VectorCode(mover size, Transposition.width width)
        let group = Transposition.group v
        let panel = (lanes * size + int width - 1) / int width * int width
        let step = w.ArgumentLocal Argument.LaneStep
        let count = w.ArgumentLocal Argument.K
        let k, from, target = w.Int(), w.Int(), w.Int()
        let rows = RowPointers(w, v.Lanes, step)

        for vector in 0 .. panel / v.Bytes - 1 do
            let first = min (vector * v.Lanes) (lanes - 1)
            let lane i = min i (lanes - 1 - first)

            let turn at =
                let address i =
                    rows.Push(lane i)
                    w.Offset(at * size)
                Transposition.emit w v address
                |> Array.iteri (fun i result ->
                    w.Get result
                    w.Get target
                    w.Offset((at + i) * panel)
                    w.Call v.Store.Value)

            let moveOn steps =
                rows.Advance(steps * size)
                w.Advance(target, steps * panel)

            w.Argument Argument.LaneStep
            w.Number first
            w.Mul()
            w.Argument Argument.Source
            w.Add()
            w.Set from
            rows.Start from
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
                        rows.Push(lane i)
                        v.Read w
                        v.Write w
                    moveOn 1
            )

    let private strided size (w: KernelWriter) =
        let source, target = w.ArgumentLocal Argument.Source, w.ArgumentLocal Argument.Target
        let laneStep, kStep = w.ArgumentLocal Argument.LaneStep, w.ArgumentLocal Argument.KStep
        let targetStep, k = w.ArgumentLocal Argument.TargetStep, w.ArgumentLocal Argument.K
        let from, into, lanes = w.Int(), w.Int(), w.Int()
        w.While(
            k,
            1,
            fun () ->
                w.Get source
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
                w.Advance(source, kStep)
                w.Advance(target, targetStep)
        )

    let private all = ConcurrentDictionary<struct (int * VectorWidth * Packing), KernelCode>()

    let private emit (struct (size, width, packing)) =
        let w = KernelWriter $"Pack {packing}"
        match packing with
        | Packing.Adjacent lanes -> adjacent size width lanes false w
        | Packing.Padded lanes -> adjacent size width lanes true w
        | Packing.Transposed lanes -> transposed size width lanes w
        | Packing.Strided -> strided size w
        w.Finish()

    let private emission = Func<struct (int * VectorWidth * Packing), KernelCode> emit

    /// The kernel for elements of so many bytes, 4 or 8.
    let get size width packing = all.GetOrAdd(struct (size, width, packing), emission)
