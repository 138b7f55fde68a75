namespace Functional

open System
open System.Runtime.InteropServices
open System.Runtime.Intrinsics

/// Comparisons, and choices by them, over runs of lanes, by vectors, for kernels that are not compiled. Masks are bytes of 0 or 1.
[<RequireQualifiedAccess>]
module internal MaskRuns =
    /// Lanes that go together: as many as a register of 128 bits has bytes.
    [<Literal>]
    let Together = 16

    let inline load (lanes: ReadOnlySpan<'T>) first = Vector128.Create<'T>(lanes.Slice first)

    let narrow2 (a: Vector128<uint64>) (b: Vector128<uint64>) : Vector128<uint> = Vector128.Narrow(a, b)

    let narrow4 (a: Vector128<uint>) (b: Vector128<uint>) (c: Vector128<uint>) (d: Vector128<uint>) : Vector128<byte> =
        Vector128.Narrow(Vector128.Narrow(a, b), Vector128.Narrow(c, d))

    /// Two operands lane by lane: a mask of each.
    let inline compare<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        ([<InlineIfLambda>] vectors: Vector128<'T> -> Vector128<'T> -> Vector128<'T>)
        ([<InlineIfLambda>] single: 'T -> 'T -> bool)
        (a: ReadOnlySpan<'T>)
        (b: ReadOnlySpan<'T>)
        (result: Span<bool>)
        =
        let ones = MemoryMarshal.AsBytes result
        let mutable k = 0
        while k + Together <= ones.Length do
            let mask =
                if Vector128<'T>.Count = 4 then
                    narrow4
                        ((vectors (load a k) (load b k)).AsUInt32())
                        ((vectors (load a (k + 4)) (load b (k + 4))).AsUInt32())
                        ((vectors (load a (k + 8)) (load b (k + 8))).AsUInt32())
                        ((vectors (load a (k + 12)) (load b (k + 12))).AsUInt32())
                else
                    narrow4
                        (narrow2
                            ((vectors (load a k) (load b k)).AsUInt64())
                            ((vectors (load a (k + 2)) (load b (k + 2))).AsUInt64()))
                        (narrow2
                            ((vectors (load a (k + 4)) (load b (k + 4))).AsUInt64())
                            ((vectors (load a (k + 6)) (load b (k + 6))).AsUInt64()))
                        (narrow2
                            ((vectors (load a (k + 8)) (load b (k + 8))).AsUInt64())
                            ((vectors (load a (k + 10)) (load b (k + 10))).AsUInt64()))
                        (narrow2
                            ((vectors (load a (k + 12)) (load b (k + 12))).AsUInt64())
                            ((vectors (load a (k + 14)) (load b (k + 14))).AsUInt64()))
            (mask &&& Vector128<byte>.One).CopyTo(ones.Slice k)
            k <- k + Together
        while k < ones.Length do
            result[k] <- single a[k] b[k]
            k <- k + 1

    /// One operand or the other, as masks say.
    let select<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        (masks: ReadOnlySpan<bool>)
        (yes: ReadOnlySpan<'T>)
        (no: ReadOnlySpan<'T>)
        (result: Span<'T>)
        =
        let bytes = MemoryMarshal.AsBytes masks
        let lanes = Vector128<'T>.Count
        let mutable k = 0
        while k + lanes <= result.Length do
            // A byte for each lane, made as wide as the lane.
            let mask =
                if lanes = 4 then
                    let few = Vector128.CreateScalar(MemoryMarshal.Read<uint>(bytes.Slice k)).AsByte()
                    let wide = Vector128.WidenLower(Vector128.WidenLower few)
                    Vector128.GreaterThan(wide, Vector128<uint>.Zero).As<uint, 'T>()
                else
                    let few = Vector128.CreateScalar(MemoryMarshal.Read<uint16>(bytes.Slice k)).AsByte()
                    let wide = Vector128.WidenLower(Vector128.WidenLower(Vector128.WidenLower few))
                    Vector128.GreaterThan(wide, Vector128<uint64>.Zero).As<uint64, 'T>()
            Vector128.ConditionalSelect(mask, load yes k, load no k).CopyTo(result.Slice k)
            k <- k + lanes
        while k < result.Length do
            result[k] <- if masks[k] then yes[k] else no[k]
            k <- k + 1

    /// The first operand where a comparison holds, else the second.
    let inline choose<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        ([<InlineIfLambda>] vectors: Vector128<'T> -> Vector128<'T> -> Vector128<'T>)
        ([<InlineIfLambda>] single: 'T -> 'T -> bool)
        (a: ReadOnlySpan<'T>)
        (b: ReadOnlySpan<'T>)
        (result: Span<'T>)
        =
        let lanes = Vector128<'T>.Count
        let mutable k = 0
        while k + lanes <= result.Length do
            let x, y = load a k, load b k
            Vector128.ConditionalSelect(vectors x y, x, y).CopyTo(result.Slice k)
            k <- k + lanes
        while k < result.Length do
            result[k] <- if single a[k] b[k] then a[k] else b[k]
            k <- k + 1
