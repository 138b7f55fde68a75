namespace Functional

open System
open System.Numerics

/// Scans, one element after another, and the positions of extremes. Other reductions are loops.
[<RequireQualifiedAccess>]
module internal Folds =
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

    let private view (ty: TensorType) (block: Block) order =
        let seen = TensorType(ty.DType, [ for k in order -> ty.Sizes[k] ])
        Blocks.contiguous seen { block with Strides = [| for k in order -> block.Strides[k] |] }

    let private positions<'T when 'T :> INumber<'T>> reduction (source: Block) (result: int64 array) n =
        extremes<'T> (reduction = ArgMaxOf) (source.Data :?> 'T array) source.Offset result n

    /// The position of the extreme of each row: ArgMaxOf and ArgMinOf, of dimensions that are not empty.
    let prepareExtremes (ty: TensorType) (result: TensorType) reduction dims : Block -> Array =
        let order = List.except dims [ 0 .. ty.Rank - 1 ] @ dims
        let n = dims |> List.fold (fun n d -> n * ty.Sizes[d]) 1

        fun block ->
            let output = Array.zeroCreate<int64> result.Count
            if result.Count > 0 then
                let source = view ty block order
                match ty.DType with
                | DType.Float32 -> positions<float32> reduction source output n
                | DType.Float64 -> positions<float> reduction source output n
                | DType.Int32 -> positions<int> reduction source output n
                | _ -> positions<int64> reduction source output n
            output

    let private scan<'T when 'T :> INumber<'T>> reduction (source: Block) (result: Array) n inner =
        let from, into = source.Data :?> 'T array, result :?> 'T array
        match reduction with
        | ProductOf -> scanRuns<'T, Product<'T>> from source.Offset into n inner
        | _ -> scanRuns<'T, Total<'T>> from source.Offset into n inner

    /// SumOf and ProductOf.
    let prepareScan (ty: TensorType) reduction dim : Block -> Array =
        let n, inner = ty.Sizes[dim], Array.fold (*) 1 ty.Sizes[dim + 1 ..]

        fun block ->
            let output = Blocks.allocate ty.DType ty.Count
            if ty.Count > 0 then
                let source = view ty block [ 0 .. ty.Rank - 1 ]
                match ty.DType with
                | DType.Float32 -> scan<float32> reduction source output n inner
                | DType.Float64 -> scan<float> reduction source output n inner
                | DType.Int32 -> scan<int> reduction source output n inner
                | _ -> scan<int64> reduction source output n inner
            output
