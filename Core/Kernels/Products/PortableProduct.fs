namespace Functional

open System
open System.Numerics
open System.Numerics.Tensors

/// Matrix products where no code can be emitted: the order of evaluation of TileKernel and DotKernel, and so their bits.
[<RequireQualifiedAccess>]
module internal PortableProduct =
    type private Multiply<'T> = delegate of ReadOnlySpan<'T> * 'T * Span<'T> -> unit

    /// Rows of C, [m; n], from A, [m; k], and B, [k; n], all row-major.
    let private rows
        (first: Multiply<'T>)
        (next: Multiply<'T>)
        (a: 'T array)
        aStart
        (b: 'T array)
        bStart
        (c: 'T array)
        cStart
        m
        n
        k
        =
        for i in 0 .. m - 1 do
            let row = Span(c, cStart + i * n, n)
            for p in 0 .. k - 1 do
                let multiply = if p = 0 then first else next
                multiply.Invoke(ReadOnlySpan(b, bStart + p * n, n), a[aStart + i * k + p], row)

    /// Every element of C by lanes.
    let private dots
        (fused: Func<'T, 'T, 'T, 'T>)
        (nothing: 'T)
        (plus: Func<'T, 'T, 'T>)
        (a: 'T array)
        aStart
        (b: 'T array)
        bStart
        (c: 'T array)
        cStart
        m
        n
        k
        =
        for i in 0 .. m - 1 do
            for j in 0 .. n - 1 do
                let lanes = Array.create DotKernel.Lanes nothing
                for p in 0 .. k - 1 do
                    let lane = p % DotKernel.Lanes
                    lanes[lane] <- fused.Invoke(a[aStart + i * k + p], b[bStart + p * n + j], lanes[lane])
                for half in [ 16; 8; 4; 2; 1 ] do
                    for lane in 0 .. half - 1 do
                        lanes[lane] <- plus.Invoke(lanes[lane], lanes[lane + half])
                c[cStart + i * n + j] <- lanes[0]

    let private floating<'T
        when 'T: struct and 'T :> IFloatingPointIeee754<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        inLanes
        (a: Array)
        aStart
        (b: Array)
        bStart
        (c: Array)
        cStart
        m
        n
        k
        =
        let a, b, c = a :?> 'T array, b :?> 'T array, c :?> 'T array
        if inLanes then
            let fused = Func<'T, 'T, 'T, 'T>(fun x y z -> 'T.FusedMultiplyAdd(x, y, z))
            dots fused 'T.NegativeZero (Func<'T, 'T, 'T>(fun x y -> x + y)) a aStart b bStart c cStart m n k
        else
            let first = Multiply<'T>(fun line x row -> TensorPrimitives.Multiply<'T>(line, x, row))
            let next =
                Multiply<'T>(fun line x row ->
                    TensorPrimitives.FusedMultiplyAdd<'T>(line, x, Span.op_Implicit row, row))
            rows first next a aStart b bStart c cStart m n k
        for p in cStart .. cStart + m * n - 1 do
            if 'T.IsNaN c[p] then c[p] <- 'T.NaN

    let private whole<'T when 'T: struct and 'T :> INumber<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        (a: Array)
        aStart
        (b: Array)
        bStart
        (c: Array)
        cStart
        m
        n
        k
        =
        let first = Multiply<'T>(fun line x row -> TensorPrimitives.Multiply<'T>(line, x, row))
        let next = Multiply<'T>(fun line x row -> TensorPrimitives.MultiplyAdd<'T>(line, x, Span.op_Implicit row, row))
        rows first next (a :?> 'T array) aStart (b :?> 'T array) bStart (c :?> 'T array) cStart m n k

    /// [m; k] × [k; n] → [m; n], row-major from positions of arrays; by lanes, or each element by one chain.
    let run dtype inLanes a aStart b bStart c cStart m n k =
        match dtype with
        | DType.Float32 -> floating<float32> inLanes a aStart b bStart c cStart m n k
        | DType.Float64 -> floating<float> inLanes a aStart b bStart c cStart m n k
        | DType.Int32 -> whole<int> a aStart b bStart c cStart m n k
        | _ -> whole<int64> a aStart b bStart c cStart m n k
