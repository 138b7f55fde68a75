namespace Functional

/// Counter-based random numbers: Philox 4×32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", 2011).
[<RequireQualifiedAccess>]
module internal Philox =
    let private step (key: struct (uint32 * uint32)) (struct (a, b, c, d): struct (uint32 * uint32 * uint32 * uint32)) =
        let struct (k0, k1) = key
        let p0, p1 = uint64 0xD2511F53u * uint64 a, uint64 0xCD9E8D57u * uint64 c
        struct (uint32 (p1 >>> 32) ^^^ b ^^^ k0, uint32 p1, uint32 (p0 >>> 32) ^^^ d ^^^ k1, uint32 p0)

    /// Four words from key and counter.
    let block (struct (k0, k1): struct (uint32 * uint32)) (counter: struct (uint32 * uint32 * uint32 * uint32)) =
        let mutable words, k0, k1 = counter, k0, k1
        for _ in 1..10 do
            words <- step (struct (k0, k1)) words
            k0 <- k0 + 0x9E3779B9u
            k1 <- k1 + 0xBB67AE85u
        words

    /// The words of lanes 2n and 2n + 1 of a draw, 64 bits each.
    let pair (draw: Draw) (n: int) =
        let struct (a, b, c, d) =
            block
                (struct (uint32 draw.Key, uint32 (draw.Key >>> 32)))
                (struct (uint32 n, 0u, uint32 draw.Position, uint32 (draw.Position >>> 32)))
        struct ((uint64 b <<< 32) ||| uint64 a, (uint64 d <<< 32) ||| uint64 c)

    /// The leading 53 bits of a lane's word, as a number in [0, 1); for Float32 the leading 24.
    let uniform dtype (bits: uint64) =
        if dtype = DType.Float32 then
            float (bits >>> 40) * 5.9604644775390625e-8
        else
            float (bits >>> 11) * 1.1102230246251565e-16

    let lane (draw: Draw) k =
        let struct (even, odd) = pair draw (k / 2)
        if k % 2 = 0 then even else odd

    /// What keys are derived for.
    [<Literal>]
    let Iteration = 1u

    [<Literal>]
    let Condition = 4u

    [<Literal>]
    let Split = 2u

    [<Literal>]
    let FoldIn = 3u

    /// A key of its own for the n-th part of what a draw is for: what a loop draws in one iteration, what a generator
    /// split off draws. The counter's second word keeps such keys apart from draws and from each other.
    let derive (draw: Draw) (purpose: uint32) (n: int64) : uint64 =
        let struct (k0, k1) = struct (uint32 draw.Key ^^^ uint32 (n >>> 32), uint32 (draw.Key >>> 32))
        let struct (a, b, _, _) =
            block (struct (k0, k1)) (struct (uint32 n, purpose, uint32 draw.Position, uint32 (draw.Position >>> 32)))
        (uint64 b <<< 32) ||| uint64 a
