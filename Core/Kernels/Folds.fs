namespace Functional

open System
open System.Numerics

/// Reductions and scans. The order of evaluation depends on shape and dimensions alone, never on the memory layout: where
/// the reduced dimensions are the innermost, lane j of `Lanes` takes elements j, j + Lanes, … and the lanes are combined by
/// halving; elsewhere each result takes its elements one by one in row-major order.
[<RequireQualifiedAccess>]
module internal Folds =
    [<Literal>]
    let private Lanes = 32

    type ICombine<'T> =
        abstract Combine: 'T * 'T -> 'T

    [<Struct>]
    type Total<'T when 'T :> INumber<'T>> =
        interface ICombine<'T> with
            member _.Combine(a, b) = 'T.op_Addition (a, b)

    [<Struct>]
    type Product<'T when 'T :> INumber<'T>> =
        interface ICombine<'T> with
            member _.Combine(a, b) = 'T.op_Multiply (a, b)

    [<Struct>]
    type Greatest<'T when 'T :> INumber<'T>> =
        interface ICombine<'T> with
            member _.Combine(a, b) = 'T.Max(a, b)

    [<Struct>]
    type Least<'T when 'T :> INumber<'T>> =
        interface ICombine<'T> with
            member _.Combine(a, b) = 'T.Min(a, b)

    [<Struct>]
    type Either =
        interface ICombine<bool> with
            member _.Combine(a, b) = a || b

    [<Struct>]
    type Both =
        interface ICombine<bool> with
            member _.Combine(a, b) = a && b

    /// Each run of n adjacent elements to one.
    let private foldRows<'T, 'C when 'C: struct and 'C :> ICombine<'T>> (source: 'T array) start (result: 'T array) n =
        let c = Unchecked.defaultof<'C>
        let width = min n Lanes
        let lanes = Array.zeroCreate<'T> width
        for row in 0 .. result.Length - 1 do
            let first = start + row * n
            Array.Copy(source, first, lanes, 0, width)
            let mutable p = width
            while p < n do
                for j in 0 .. min width (n - p) - 1 do
                    lanes[j] <- c.Combine(lanes[j], source[first + p + j])
                p <- p + width
            let mutable half = Lanes / 2
            while half > 0 do
                for j in 0 .. min half (width - half) - 1 do
                    lanes[j] <- c.Combine(lanes[j], lanes[j + half])
                half <- half / 2
            result[row] <- lanes[0]

    /// n runs, each as long as the result, into the result.
    let private foldColumns<'T, 'C when 'C: struct and 'C :> ICombine<'T>>
        (source: 'T array)
        start
        (result: 'T array)
        n
        =
        let c = Unchecked.defaultof<'C>
        Array.Copy(source, start, result, 0, result.Length)
        for row in 1 .. n - 1 do
            let from = ReadOnlySpan(source, start + row * result.Length, result.Length)
            for j in 0 .. result.Length - 1 do
                result[j] <- c.Combine(result[j], from[j])

    /// Running results along the middle one of three dimensions.
    let private scanRuns<'T, 'C when 'C: struct and 'C :> ICombine<'T>>
        (source: 'T array)
        start
        (result: 'T array)
        n
        inner
        =
        let c = Unchecked.defaultof<'C>
        Array.Copy(source, start, result, 0, result.Length)
        for outer in 0 .. (if n * inner = 0 then 0 else result.Length / (n * inner)) - 1 do
            for p in outer * n * inner + inner .. (outer + 1) * n * inner - 1 do
                result[p] <- c.Combine(result[p - inner], result[p])

    /// The position of the first extreme of each run; NaN is more extreme than any number.
    let private extremes<'T when 'T :> INumber<'T>> greatest (source: 'T array) start (result: int64 array) n =
        for row in 0 .. result.Length - 1 do
            let first = start + row * n
            let mutable best = 0
            for k in 1 .. n - 1 do
                let a, b = source[first + k], source[first + best]
                let better = if greatest then 'T.op_GreaterThan (a, b) else 'T.op_LessThan (a, b)
                if not ('T.IsNaN b) && ('T.IsNaN a || better) then best <- k
            result[row] <- int64 best

    type private Shape =
        | Rows
        | Columns
        | Scanned of inner: int

    let private run<'T, 'C when 'C: struct and 'C :> ICombine<'T>> shape (source: Block) (result: Array) n =
        let from, into = source.Data :?> 'T array, result :?> 'T array
        match shape with
        | Rows -> foldRows<'T, 'C> from source.Offset into n
        | Columns -> foldColumns<'T, 'C> from source.Offset into n
        | Scanned inner -> scanRuns<'T, 'C> from source.Offset into n inner

    let private numbers<'T when 'T :> INumber<'T>> reduction shape (source: Block) (result: Array) n =
        match reduction with
        | SumOf -> run<'T, Total<'T>> shape source result n
        | ProductOf -> run<'T, Product<'T>> shape source result n
        | MaxOf -> run<'T, Greatest<'T>> shape source result n
        | MinOf -> run<'T, Least<'T>> shape source result n
        | _ -> extremes<'T> (reduction = ArgMaxOf) (source.Data :?> 'T array) source.Offset (result :?> int64 array) n

    let private dispatch dtype reduction shape source result n =
        match dtype with
        | DType.Float32 -> numbers<float32> reduction shape source result n
        | DType.Float64 -> numbers<float> reduction shape source result n
        | DType.Int32 -> numbers<int> reduction shape source result n
        | DType.Int64 -> numbers<int64> reduction shape source result n
        | _ when reduction = AnyOf -> run<bool, Either> shape source result n
        | _ -> run<bool, Both> shape source result n

    /// What a reduction gives for no elements; the ops that have no such value refuse empty dimensions.
    let private empty reduction =
        match reduction with
        | ProductOf
        | AllOf -> 1.
        | _ -> 0.

    let private view (ty: TensorType) (block: Block) order =
        let seen = TensorType(ty.DType, [ for k in order -> ty.Sizes[k] ])
        Blocks.contiguous seen { block with Strides = [| for k in order -> block.Strides[k] |] }

    let prepareReduce (ty: TensorType) (result: TensorType) reduction dims : Block -> Array =
        let kept = List.except dims [ 0 .. ty.Rank - 1 ]
        let n = dims |> List.fold (fun n d -> n * ty.Sizes[d]) 1
        // Dimensions of size 1 are nowhere in particular, so they do not count.
        let large = List.filter (fun d -> ty.Sizes[d] <> 1)
        let trailing = (large kept @ large dims) = List.sort (large kept @ large dims)
        let rows = trailing || reduction = ArgMaxOf || reduction = ArgMinOf
        let order = if rows then kept @ dims else dims @ kept

        fun block ->
            let output = Blocks.allocate result.DType result.Count
            if n = 0 then
                Blocks.fill output (empty reduction)
            elif result.Count > 0 then
                dispatch ty.DType reduction (if rows then Rows else Columns) (view ty block order) output n
            output

    let prepareScan (ty: TensorType) reduction dim : Block -> Array =
        let inner = Array.fold (*) 1 ty.Sizes[dim + 1 ..]

        fun block ->
            let output = Blocks.allocate ty.DType ty.Count
            if ty.Count > 0 then
                dispatch ty.DType reduction (Scanned inner) (view ty block [ 0 .. ty.Rank - 1 ]) output ty.Sizes[dim]
            output
