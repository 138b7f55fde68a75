namespace Functional

/// Random numbers into memory.
[<RequireQualifiedAccess>]
module internal Drawing =
    let inline private numbers (data: 'T array) first count draw ([<InlineIfLambda>] ofBits: uint64 -> 'T) =
        for n in 0 .. (count + 1) / 2 - 1 do
            let struct (even, odd) = Philox.pair draw n
            data[first + 2 * n] <- ofBits even
            if 2 * n + 1 < count then data[first + 2 * n + 1] <- ofBits odd

    /// Uniform numbers in [0, 1), lane by lane, of integers all bits, into a dense block.
    let fill (draw: Draw) (result: TensorType) (target: Block) =
        match target.Data with
        | :? (float32 array) as data ->
            numbers data target.Offset result.Count draw (fun bits -> float32 (Philox.uniform DType.Float32 bits))
        | :? (int64 array) as data -> numbers data target.Offset result.Count draw int64
        | data -> numbers (data :?> float array) target.Offset result.Count draw (Philox.uniform DType.Float64)
