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
    /// Successive k are adjacent in the source: lanes of so many vectors, those beyond the last one the same as it.
    | Transposed of vectors: int
    /// Any strides.
    | Strided

/// Copies a panel of a matrix so that a tile kernel reads it from end to end.
[<RequireQualifiedAccess>]
module internal PackKernel =
    /// The arguments of a kernel by position. Strides are in bytes,
    module Argument =
        let Source, LaneStep, KStep, K, Lanes, Target, TargetStep = 0, 1, 2, 3, 4, 5, 6
        /// Room for a pointer to each lane, where packing transposes.
        let Table = 7
        let count = 8

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

    /// Pushes the pointer of a lane, moved by what `offset` pushes.
    let private lanePointer (w: KernelWriter) (table: LocalBuilder) lane offset =
        w.Get table
        w.Offset(lane * sizeof<nativeint>)
        w.IL.Emit OpCodes.Ldind_I
        w.Get offset
        w.Add()

    /// A vector of 16 bytes from each of the lanes first, first + step, …
    let private gather (w: KernelWriter) size width table first step offset =
        let part = VectorCode(mover size, VectorWidth.Bits128)

        let rec join width first =
            if width = VectorWidth.Bits128 then
                lanePointer w table first offset
                w.Call part.Load.Value
            else
                let half = enum<VectorWidth>(int width / 2)
                let whole = VectorCode(mover size, width)
                join half first
                whole.Widen w
                join half (first + step * int half / 16)
                whole.InsertUpper w

        join width first

    /// Of two vectors, both their interleavings.
    let private interleave (w: KernelWriter) (v: VectorCode) element (a: LocalBuilder) (b: LocalBuilder) =
        [| for upper in [ false; true ] ->
               let result = w.Local v.Vector
               w.Get a
               w.Get b
               w.Call(v.Unpack(element, upper))
               w.Set result
               result |]

    /// 16 bytes of k for the lanes of one vector: vector i of the result holds all lanes at the i-th k.
    let private transpose (w: KernelWriter) (v: VectorCode) table first offset =
        let group = 16 / v.Size
        let rows =
            [| for i in 0 .. group - 1 ->
                   let row = w.Local v.Vector
                   gather w v.Size (enum<VectorWidth> v.Bytes) table (first + i) group offset
                   w.Set row
                   row |]
        if group = 2 then
            interleave w v typeof<float> (rows[0]) (rows[1])
        else
            let low, high =
                interleave w v typeof<float32> (rows[0]) (rows[1]), interleave w v typeof<float32> (rows[2]) (rows[3])
            Array.append
                (interleave w v typeof<float> (low[0]) (high[0]))
                (interleave w v typeof<float> (low[1]) (high[1]))

    let private fillTable (w: KernelWriter) (table: LocalBuilder) count =
        let pointer, step = w.ArgumentLocal Argument.Source, w.ArgumentLocal Argument.LaneStep
        let entry, rest, lanes = w.Int(), w.Int(), w.ArgumentLocal Argument.Lanes
        w.Get table
        w.Set entry
        w.Number count
        w.Set rest
        w.While(
            rest,
            1,
            fun () ->
                w.Get entry
                w.Get pointer
                w.IL.Emit OpCodes.Stind_I
                w.Advance(entry, sizeof<nativeint>)
                w.Advance(lanes, -1)
                w.Get lanes
                w.Number 0
                w.IL.Emit OpCodes.Cgt
                w.IfElse((fun () -> w.Advance(pointer, step)), ignore)
        )

    let private transposed size width vectors (w: KernelWriter) =
        let table, count = w.ArgumentLocal Argument.Table, w.ArgumentLocal Argument.K
        let v = VectorCode(mover size, width)
        let group, panel = 16 / size, vectors * v.Bytes
        let k, target, offset = w.Int(), w.Int(), w.Int()

        let moveOn steps =
            w.Advance(target, steps * panel)
            w.Advance(offset, steps * size)

        fillTable w table (vectors * v.Lanes)
        for vector in 0 .. vectors - 1 do
            let first = vector * v.Lanes
            w.Get count
            w.Set k
            w.Argument Argument.Target
            w.Offset(vector * v.Bytes)
            w.Set target
            w.Number 0
            w.Set offset
            w.While(
                k,
                group,
                fun () ->
                    transpose w v table first offset
                    |> Array.iteri (fun i result ->
                        w.Get result
                        w.Get target
                        w.Offset(i * panel)
                        w.Call v.Store.Value)
                    moveOn group
            )
            w.While(
                k,
                1,
                fun () ->
                    for lane in 0 .. v.Lanes - 1 do
                        w.Get target
                        w.Offset(lane * size)
                        lanePointer w table (first + lane) offset
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
        | Packing.Transposed vectors -> transposed size width vectors w
        | Packing.Strided -> strided size w
        w.Finish()

    let private emission = Func<struct (int * VectorWidth * Packing), KernelCode> emit

    /// The kernel for elements of so many bytes, 4 or 8.
    let get size width packing = all.GetOrAdd(struct (size, width, packing), emission)
