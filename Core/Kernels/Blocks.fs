namespace Functional

open System
open System.Runtime.InteropServices

/// Elements in memory: allocation, strides, views, row-major copies.
[<RequireQualifiedAccess>]
module internal Blocks =
    /// The strides of row-major order. Those of a type are in `TensorType.Strides`.
    let rowMajor (sizes: int array) = TensorType.RowMajor sizes

    let elementType dtype =
        match dtype with
        | DType.Float32 -> typeof<float32>
        | DType.Float64 -> typeof<float>
        | DType.Int32 -> typeof<int>
        | DType.Int64 -> typeof<int64>
        | _ -> typeof<bool>

    let allocate dtype count : Array =
        match dtype with
        | DType.Float32 -> Array.zeroCreate<float32> count
        | DType.Float64 -> Array.zeroCreate<float> count
        | DType.Int32 -> Array.zeroCreate<int> count
        | DType.Int64 -> Array.zeroCreate<int64> count
        | _ -> Array.zeroCreate<bool> count

    /// Elements of any value, to be written over.
    let uninitialised dtype count : Array =
        match dtype with
        | DType.Float32 -> GC.AllocateUninitializedArray<float32> count
        | DType.Float64 -> GC.AllocateUninitializedArray<float> count
        | DType.Int32 -> GC.AllocateUninitializedArray<int> count
        | DType.Int64 -> GC.AllocateUninitializedArray<int64> count
        | _ -> GC.AllocateUninitializedArray<bool> count

    let ofArray (ty: TensorType) data : Block = { Data = data; Offset = 0; Strides = ty.Strides }

    /// A dense block of any elements, to be written over.
    let fresh (ty: TensorType) : Block = ofArray ty (uninitialised ty.DType ty.Count)

    /// Sets a range of elements to a number.
    let fillRange (data: Array) start count (x: float) =
        match data with
        | :? (float32 array) as d -> Array.Fill(d, float32 x, start, count)
        | :? (float array) as d -> Array.Fill(d, x, start, count)
        | :? (int array) as d -> Array.Fill(d, Int32.CreateSaturating x, start, count)
        | :? (int64 array) as d -> Array.Fill(d, Int64.CreateSaturating x, start, count)
        | d -> Array.Fill(d :?> bool array, (x <> 0.), start, count)

    let fill (data: Array) x = fillRange data 0 data.Length x

    /// One element.
    let ofNumber dtype (x: float) : Array =
        let data = allocate dtype 1
        fill data x
        data

    let private sameBytes (a: 'T array) (b: 'T array) =
        MemoryMarshal.AsBytes(ReadOnlySpan a).SequenceEqual(MemoryMarshal.AsBytes(ReadOnlySpan b))

    /// Equal to the bit: NaN is itself, and 0 is not -0.
    let sameBits (a: Array) (b: Array) =
        match a, b with
        | (:? (float32 array) as a), (:? (float32 array) as b) -> sameBytes a b
        | (:? (float array) as a), (:? (float array) as b) -> sameBytes a b
        | (:? (int array) as a), (:? (int array) as b) -> sameBytes a b
        | (:? (int64 array) as a), (:? (int64 array) as b) -> sameBytes a b
        | (:? (bool array) as a), (:? (bool array) as b) -> sameBytes a b
        | _ -> false

    let private hashOf (data: 'T array) =
        let mutable hash = HashCode()
        hash.AddBytes(MemoryMarshal.AsBytes(ReadOnlySpan data))
        hash.ToHashCode()

    /// Equal for arrays of the same bits.
    let hashBits (data: Array) =
        match data with
        | :? (float32 array) as data -> hashOf data
        | :? (float array) as data -> hashOf data
        | :? (int array) as data -> hashOf data
        | :? (int64 array) as data -> hashOf data
        | data -> hashOf (data :?> bool array)

    /// Elements are adjacent in row-major order.
    let isContiguous (sizes: int array) (block: Block) =
        let mutable expected, contiguous, k = 1, true, sizes.Length - 1
        while contiguous && k >= 0 do
            if sizes[k] <> 1 then
                contiguous <- block.Strides[k] = expected
                expected <- expected * sizes[k]
            k <- k - 1
        contiguous || Array.contains 0 sizes

    /// Whether a block of this type is.
    let isDense (ty: TensorType) (block: Block) =
        obj.ReferenceEquals(block.Strides, ty.Strides) || isContiguous ty.Sizes block

    /// How far an index in row-major order is from the first element.
    let distance (sizes: int array) (strides: int array) (index: int) =
        let mutable distance, rest = 0, index
        for d in sizes.Length - 1 .. -1 .. 0 do
            distance <- distance + rest % sizes[d] * strides[d]
            rest <- rest / sizes[d]
        distance

    /// Calls `row` with the offsets, in two blocks of these sizes, of each innermost run of elements, in row-major order.
    let pairedRows (sizes: int array) (a: Block) (b: Block) (row: int -> int -> unit) =
        let outer = max 0 (sizes.Length - 1)
        let index = Array.zeroCreate<int> outer
        let mutable inA, inB, more = a.Offset, b.Offset, not (Array.contains 0 sizes)
        while more do
            row inA inB
            let mutable k = outer - 1
            while k >= 0 && index[k] = sizes[k] - 1 do
                inA <- inA - index[k] * a.Strides[k]
                inB <- inB - index[k] * b.Strides[k]
                index[k] <- 0
                k <- k - 1
            if k < 0 then
                more <- false
            else
                index[k] <- index[k] + 1
                inA <- inA + a.Strides[k]
                inB <- inB + b.Strides[k]

    /// Calls `row` with the offset of each innermost run of elements, in row-major order.
    let rows sizes block (row: int -> unit) = pairedRows sizes block block (fun offset _ -> row offset)

    /// The stride of the innermost dimension.
    let innermost (block: Block) = if block.Strides.Length = 0 then 1 else block.Strides[block.Strides.Length - 1]

    /// Strides for other sizes of the same elements in row-major order, where strides can say it: dimensions that come
    /// together, or are taken apart, must be evenly spaced.
    let reshaped (sizes: int array) (strides: int array) (target: int array) : int array option =
        let known =
            [| for k in 0 .. sizes.Length - 1 do
                   if sizes[k] <> 1 then k |]
        let result = Array.create target.Length 1
        let mutable i, j, possible = known.Length, target.Length, not (Array.contains 0 sizes)
        while possible && i > 0 && j > 0 do
            // Dimensions of one product on both sides, from the last.
            let last, stop = known[i - 1], j
            i <- i - 1
            j <- j - 1
            let mutable have, wanted = sizes[known[i]], target[j]
            while possible && have <> wanted do
                if have < wanted then
                    let inner = known[i]
                    i <- i - 1
                    have <- have * sizes[known[i]]
                    possible <- strides[known[i]] = strides[inner] * sizes[inner]
                else
                    j <- j - 1
                    wanted <- wanted * target[j]
            let mutable step = strides[last]
            for k in stop - 1 .. -1 .. j do
                result[k] <- step
                step <- step * target[k]
        if possible then Some result else None

    /// Strides under which a dimension counts windows, and a new last one the positions in each.
    let windowed (w: Window) (strides: int array) =
        Array.append (Array.updateAt w.Dim (strides[w.Dim] * w.Stride) strides) [| strides[w.Dim] * w.Dilation |]

    /// From the dimension `dim` on, from offset `a` of one to offset `b` of the other.
    let rec private placeFrom<'T>
        dim
        (sizes: int array)
        (source: 'T array)
        (from: int array)
        a
        (target: 'T array)
        into
        b
        =
        if dim = sizes.Length then
            target[b] <- source[a]
        else
            let n, stride, step = sizes[dim], from[dim], (into: int array)[dim]
            if dim = sizes.Length - 2 && from[dim + 1] = 1 && into[dim + 1] = 1 then
                // Rows are short as a rule: a call for each would take longer than its copy.
                let count = sizes[dim + 1]
                for k in 0 .. n - 1 do
                    ReadOnlySpan(source, a + k * stride, count).CopyTo(Span(target, b + k * step, count))
            elif dim < sizes.Length - 1 then
                for k in 0 .. n - 1 do
                    placeFrom (dim + 1) sizes source from (a + k * stride) target into (b + k * step)
            elif stride = 1 && step = 1 then
                ReadOnlySpan(source, a, n).CopyTo(Span(target, b, n))
            elif stride = 0 && step = 1 then
                target.AsSpan(b, n).Fill source[a]
            else
                for k in 0 .. n - 1 do
                    target[b + k * step] <- source[a + k * stride]

    let private placeTyped<'T> (sizes: int array) (block: Block) (target: Block) =
        let source, into = block.Data :?> 'T array, target.Data :?> 'T array
        placeFrom<'T> 0 sizes source block.Strides block.Offset into target.Strides target.Offset

    /// Copies all elements of one block to those of another.
    let place (ty: TensorType) (block: Block) (target: Block) =
        if ty.Count = 0 then
            ()
        elif isDense ty block && isDense ty target then
            Array.Copy(block.Data, block.Offset, target.Data, target.Offset, ty.Count)
        else
            match ty.DType with
            | DType.Float32 -> placeTyped<float32> ty.Sizes block target
            | DType.Float64 -> placeTyped<float> ty.Sizes block target
            | DType.Int32 -> placeTyped<int> ty.Sizes block target
            | DType.Int64 -> placeTyped<int64> ty.Sizes block target
            | _ -> placeTyped<bool> ty.Sizes block target

    /// The elements in row-major order, as an array of their own.
    let copy (ty: TensorType) (block: Block) : Array =
        let target = fresh ty
        place ty block target
        target.Data

    /// The elements in row-major order from the block's offset on: the block itself where they are adjacent.
    let contiguous (ty: TensorType) (block: Block) : Block =
        if isDense ty block then block else ofArray ty (copy ty block)

    /// The elements in row-major order, as an array of just that length.
    let toArray (ty: TensorType) (block: Block) : Array =
        if block.Offset = 0 && block.Data.Length = ty.Count && isDense ty block then
            block.Data
        else
            copy ty block
