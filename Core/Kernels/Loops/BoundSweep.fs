namespace Functional

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

#nowarn "9" // Addresses of tensors.

/// Copies elements that are not adjacent to where they are, or back.
[<RequireQualifiedAccess>]
module internal Gather =
    let inline private copy<'T when 'T: unmanaged>
        (source: nativeint)
        (step: nativeint)
        (target: nativeint)
        (move: nativeint)
        n
        =
        let mutable s, t = source, target
        for _ in 1..n do
            NativePtr.write (NativePtr.ofNativeInt<'T> t) (NativePtr.read (NativePtr.ofNativeInt<'T> s))
            s <- s + step
            t <- t + move

    let private copySized size source step target move n =
        match size with
        | 1 -> copy<byte> source step target move n
        | 4 -> copy<int> source step target move n
        | _ -> copy<int64> source step target move n

    /// Elements `first` to `first + count` of dimensions in row-major order: from their places to adjacent ones, or back.
    let run back size place (dims: Extent array) (start: nativeint) first count (adjacent: nativeint) =
        let last = dims.Length - 1
        let index = NativePtr.stackalloc<int> dims.Length
        let mutable rest, address, near, left = first, start, adjacent, count
        for k in last .. -1 .. 0 do
            NativePtr.set index k (rest % dims[k].Size)
            rest <- rest / dims[k].Size
            address <- address + nativeint (NativePtr.get index k) * dims[k].Steps[place]
        while left > 0 do
            let n = min left (dims[last].Size - NativePtr.get index last)
            let step = dims[last].Steps[place]
            if back then
                copySized size near (nativeint size) address step n
            else
                copySized size address step near (nativeint size) n
            near <- near + nativeint (n * size)
            left <- left - n
            // To the start of the next run: carry into the outer dimensions.
            address <- address - nativeint (NativePtr.get index last) * step
            NativePtr.set index last 0
            let mutable k = last - 1
            let mutable carry = left > 0
            while carry && k >= 0 do
                NativePtr.set index k (NativePtr.get index k + 1)
                address <- address + dims[k].Steps[place]
                if NativePtr.get index k = dims[k].Size then
                    address <- address - nativeint (NativePtr.get index k) * dims[k].Steps[place]
                    NativePtr.set index k 0
                    k <- k - 1
                else
                    carry <- false

/// A sweep's rows in one call of its code.
[<Sealed>]
type private SweepCall(code: SweepCode, addresses: nativeint, moves: nativeint array, rows: int, lanes: int) =
    inherit KernelCall()
    // Pinned.
    let first = Marshal.UnsafeAddrOfPinnedArrayElement(moves, 0)
    let rows, lanes = nativeint rows, nativeint lanes
    override _.Run() = code.Invoke(addresses, first, rows, lanes)

/// Some rows of a sweep, and some lanes of each.
[<Sealed>]
type private RowsCall(sweep: BoundSweep, addresses: nativeint, firstRow, rows, firstLane, lanes) =
    inherit KernelCall()
    override _.Run() = sweep.Run(NativePtr.ofNativeInt addresses, firstRow, rows, firstLane, lanes)

/// A sweep with a layout: rows in row-major order of their dimensions, and the lanes of a row in that of theirs.
and [<Sealed>] internal BoundSweep
    (kernel: SweepKernel, mode: SweepMode, isAlong: bool, rows: Extent list, lanes: Extent list) =
    let sweep = kernel.Sweep
    let places, operands = sweep.Places, sweep.Operands.Length
    let sizes = places |> Array.map Vectors.size
    let lanes =
        match Space.merge lanes with
        | [] -> [| { Size = 1; Steps = sizes |> Array.map nativeint } |]
        | lanes -> Array.ofList lanes
    let rows = Space.merge rows |> Array.ofList
    let laneList = List.ofArray lanes
    let isFolded p =
        p >= operands
        && (match sweep.Outputs[p - operands] with
            | SweepOutput.Folded _ -> true
            | SweepOutput.Stored _ -> false)

    /// For each place the bytes from lane to lane, where lanes need not be copied together first.
    let steps =
        Array.init places.Length (fun p ->
            if isAlong && isFolded p then
                ValueSome 0n
            else
                match Space.step p laneList with
                | ValueSome step when step = nativeint sizes[p] || (step = 0n && p < operands) -> ValueSome step
                | _ -> ValueNone)

    let gathered =
        [| for p in 0 .. places.Length - 1 do
               if steps[p].IsNone then p |]
    let laneCount = lanes |> Array.fold (fun n d -> n * d.Size) 1
    let isShort =
        match mode with
        | SweepMode.Compiled width -> laneCount <= width / sizeof<float32>
        | SweepMode.Interpreted -> false
    let prepared =
        let isFixed = Array.init operands (fun p -> steps[p] = ValueSome 0n)
        kernel.Prepared(mode, { Along = isAlong; Fixed = isFixed; IsShort = isShort })
    let code = prepared.Code

    /// The rows that one call takes.
    let inner =
        if rows.Length = 0 then
            { Size = 1; Steps = Array.zeroCreate places.Length }
        else
            rows[rows.Length - 1]

    /// How far each place is from row to row, for code that takes all rows at once.
    let moves =
        let moves = GC.AllocateUninitializedArray<nativeint>(places.Length, pinned = true)
        Array.Copy(inner.Steps, moves, places.Length)
        moves

    /// The places that are the same for each row, lane after lane. Vectors of them that lie across two cache lines would take twice
    /// as long to load, row by row.
    let repeated =
        [| for p in 0 .. places.Length - 1 do
               if inner.Steps[p] = 0n && steps[p] = ValueSome(nativeint sizes[p]) then p |]

    /// Whether so many rows of so many lanes are worth copies of those in a better place.
    let aligns rows lanes = repeated.Length > 0 && rows >= 16 && lanes >= 16 && repeated.Length * lanes <= 8192

    let copy (source: nativeint) (target: nativeint) bytes =
        Buffer.MemoryCopy(
            NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> source),
            NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> target),
            int64 bytes,
            int64 bytes
        )

    /// A call that runs some of the rows, and some lanes of each; and for each place how far from its first element the address
    /// has to be that the call will read in `addresses`.
    member b.Noted
        (addresses: nativeint, firstRow, rowCount, firstLane, laneCount)
        : struct (KernelCall * nativeint array) =
        if rows.Length <= 1 && gathered.Length = 0 then
            let starts =
                Array.init places.Length (fun p ->
                    nativeint (firstRow: int) * inner.Steps[p] + nativeint (firstLane: int) * steps[p].Value)
            struct (SweepCall(code, addresses, moves, rowCount, laneCount) :> KernelCall, starts)
        else
            let call = RowsCall(b, addresses, firstRow, rowCount, firstLane, laneCount)
            struct (call :> KernelCall, Array.zeroCreate places.Length)

    /// Why it is interpreted though it was meant to be compiled.
    member _.Problem = prepared.Problem
    member _.Rows = rows |> Array.fold (fun n d -> n * d.Size) 1
    member _.Lanes = laneCount
    /// Bytes that all places have in a row, about.
    member _.RowBytes = laneCount * Array.sum sizes
    /// Whether rows may be run in any order: unless they are added to each other.
    member _.RowsAreApart = isAlong || not sweep.Folds
    /// Whether lanes are: unless they are folded.
    member _.LanesAreApart = not (isAlong && sweep.Folds)
    /// What so many rows of so many lanes cost, in nanoseconds, roughly.
    member _.Cost(rows: int, lanes: int) =
        float rows * (10. + 0.01 * float lanes * float (sweep.Code.Length + 2 * places.Length))

    member private _.Gathered(addresses: nativeptr<nativeint>, first, count, room: nativeint) =
        let at = NativePtr.stackalloc<nativeint> places.Length
        let zero = NativePtr.stackalloc<nativeint> places.Length
        let mutable near = room
        for p in 0 .. places.Length - 1 do
            let address = NativePtr.get addresses p
            NativePtr.set zero p 0n
            match steps[p] with
            | ValueSome step -> NativePtr.set at p (address + nativeint first * step)
            | ValueNone ->
                NativePtr.set at p near
                if p < operands || isFolded p then Gather.run false sizes[p] p lanes address first count near
                near <- near + nativeint (count * 8)
        code.Invoke(NativePtr.toNativeInt at, NativePtr.toNativeInt zero, 1n, nativeint count)
        for p in gathered do
            if p >= operands then
                Gather.run true sizes[p] p lanes (NativePtr.get addresses p) first count (NativePtr.get at p)

    /// Runs some of the rows, and some lanes of each.
    member b.Run(bases: nativeptr<nativeint>, firstRow: int, rowCount: int, firstLane: int, laneCount: int) =
        let addresses = NativePtr.stackalloc<nativeint> places.Length
        let moves = NativePtr.stackalloc<nativeint> places.Length
        let index = NativePtr.stackalloc<int> rows.Length
        let mutable rest = firstRow
        for p in 0 .. places.Length - 1 do
            NativePtr.set moves p inner.Steps[p]
            NativePtr.set addresses p (NativePtr.get bases p)
        for k in rows.Length - 1 .. -1 .. 0 do
            NativePtr.set index k (rest % rows[k].Size)
            rest <- rest / rows[k].Size
            b.Move(addresses, rows[k], NativePtr.get index k)
        let mutable left = rowCount
        while left > 0 do
            let n = if rows.Length = 0 then 1 else min left (inner.Size - NativePtr.get index (rows.Length - 1))
            b.Call(addresses, moves, n, firstLane, laneCount)
            left <- left - n
            if left > 0 then b.Next(addresses, index, n)

    member private _.Move(addresses: nativeptr<nativeint>, dim: Extent, times: int) =
        for p in 0 .. places.Length - 1 do
            NativePtr.set addresses p (NativePtr.get addresses p + nativeint times * dim.Steps[p])

    /// On to the row after the n last ones.
    member private b.Next(addresses, index: nativeptr<int>, n) =
        let mutable k = rows.Length - 1
        NativePtr.set index k (NativePtr.get index k + n)
        b.Move(addresses, rows[k], n)
        while k > 0 && NativePtr.get index k = rows[k].Size do
            b.Move(addresses, rows[k], -(NativePtr.get index k))
            NativePtr.set index k 0
            k <- k - 1
            NativePtr.set index k (NativePtr.get index k + 1)
            b.Move(addresses, rows[k], 1)

    member private b.Call(addresses, moves, n, firstLane, laneCount) =
        if gathered.Length = 0 then
            let at = NativePtr.stackalloc<nativeint> places.Length
            for p in 0 .. places.Length - 1 do
                NativePtr.set at p (NativePtr.get addresses p + nativeint firstLane * steps[p].Value)
            if aligns n laneCount then
                b.CallAligned(at, moves, n, laneCount)
            else
                code.Invoke(NativePtr.toNativeInt at, NativePtr.toNativeInt moves, nativeint n, nativeint laneCount)
        else
            b.CallGathered(addresses, n, firstLane, laneCount)

    /// With copies of what is the same for each row at the start of cache lines; what rows are folded into is copied back.
    member private _.CallAligned(at: nativeptr<nativeint>, moves, n, laneCount) =
        use room = RentedMemory.rent (repeated.Length * (8 * laneCount + 64))
        let from = NativePtr.stackalloc<nativeint> places.Length
        let mutable free = room.Address
        for p in repeated do
            let address = NativePtr.get at p
            NativePtr.set from p address
            if address % 64n <> 0n then
                copy address free (laneCount * sizes[p])
                NativePtr.set at p free
                free <- (free + nativeint (laneCount * sizes[p]) + 63n) &&& ~~~63n
        code.Invoke(NativePtr.toNativeInt at, NativePtr.toNativeInt moves, nativeint n, nativeint laneCount)
        for p in repeated do
            if p >= operands && NativePtr.get at p <> NativePtr.get from p then
                copy (NativePtr.get at p) (NativePtr.get from p) (laneCount * sizes[p])

    /// Row after row, with a copy of the lanes that are not adjacent; folds along a row need all its lanes at once.
    member private b.CallGathered(addresses, n, firstLane, laneCount) =
        let chunk = if isAlong then laneCount else min laneCount 1024
        use room = RentedMemory.rent (gathered.Length * chunk * 8)
        for row in 0 .. n - 1 do
            for first in firstLane..chunk .. firstLane + laneCount - 1 do
                b.Gathered(addresses, first, min chunk (firstLane + laneCount - first), room.Address)
            if row < n - 1 then b.Move(addresses, inner, 1)
        b.Move(addresses, inner, 1 - n)
