namespace Functional

open System
open System.Runtime.InteropServices

/// Elements in memory: allocation, strides, views, row-major copies.
[<RequireQualifiedAccess>]
module internal Blocks =
    /// The strides of row-major order.
    let rowMajor (sizes: int array) =
        let strides = Array.create sizes.Length 1
        for k in sizes.Length - 2 .. -1 .. 0 do
            strides[k] <- strides[k + 1] * max 1 sizes[k + 1]
        strides

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

    let ofArray (ty: TensorType) data : Block = { Data = data; Offset = 0; Strides = rowMajor ty.Sizes }

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

    /// Calls `row` with the offset of each innermost run of elements, in row-major order.
    let rows (sizes: int array) (block: Block) (row: int -> unit) =
        let outer = max 0 (sizes.Length - 1)
        let index = Array.zeroCreate<int> outer
        let mutable offset, more = block.Offset, not (Array.contains 0 sizes)
        while more do
            row offset
            let mutable k = outer - 1
            while k >= 0 && index[k] = sizes[k] - 1 do
                offset <- offset - index[k] * block.Strides[k]
                index[k] <- 0
                k <- k - 1
            if k < 0 then
                more <- false
            else
                index[k] <- index[k] + 1
                offset <- offset + block.Strides[k]

    let private copyTyped<'T> (sizes: int array) (block: Block) : Array =
        let source = block.Data :?> 'T array
        let result = Array.zeroCreate<'T>(Array.fold (*) 1 sizes)
        let n = if sizes.Length = 0 then 1 else sizes[sizes.Length - 1]
        let stride = if sizes.Length = 0 then 1 else block.Strides[sizes.Length - 1]
        let mutable p = 0
        rows sizes block (fun offset ->
            if stride = 1 then
                Array.Copy(source, offset, result, p, n)
            elif stride = 0 then
                result.AsSpan(p, n).Fill source[offset]
            else
                for k in 0 .. n - 1 do
                    result[p + k] <- source[offset + k * stride]
            p <- p + n)
        result

    let copy (ty: TensorType) (block: Block) : Array =
        match ty.DType with
        | DType.Float32 -> copyTyped<float32> ty.Sizes block
        | DType.Float64 -> copyTyped<float> ty.Sizes block
        | DType.Int32 -> copyTyped<int> ty.Sizes block
        | DType.Int64 -> copyTyped<int64> ty.Sizes block
        | _ -> copyTyped<bool> ty.Sizes block

    /// The elements in row-major order from the block's offset on: the block itself where they are adjacent.
    let contiguous (ty: TensorType) (block: Block) : Block =
        if isContiguous ty.Sizes block then block else ofArray ty (copy ty block)

    /// The elements in row-major order, as an array of just that length.
    let toArray (ty: TensorType) (block: Block) : Array =
        if block.Offset = 0 && block.Data.Length = ty.Count && isContiguous ty.Sizes block then
            block.Data
        else
            copy ty block
