namespace Functional

open System

/// Random numbers into memory.
[<RequireQualifiedAccess>]
module internal Drawing =
    /// Uniform numbers in [0, 1), lane by lane, of integers all bits, into a dense block.
    let fill (draw: Draw) (result: TensorType) (target: Block) =
        let first = target.Offset
        let set =
            match target.Data with
            | :? (float32 array) as data -> fun k bits -> data[first + k] <- float32 (Philox.uniform DType.Float32 bits)
            | :? (int64 array) as data -> fun k bits -> data[first + k] <- int64 bits
            | data ->
                let data = data :?> float array
                fun k bits -> data[first + k] <- Philox.uniform DType.Float64 bits
        for n in 0 .. (result.Count + 1) / 2 - 1 do
            let struct (even, odd) = Philox.pair draw n
            set (2 * n) even
            if 2 * n + 1 < result.Count then set (2 * n + 1) odd
