namespace Functional

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

    [<Struct>]
    type Greatest<'T when 'T :> INumber<'T>> =
        interface ICombine<'T> with
            member _.Combine(a, b) = 'T.Max(a, b)

    [<Struct>]
    type Least<'T when 'T :> INumber<'T>> =
        interface ICombine<'T> with
            member _.Combine(a, b) = 'T.Min(a, b)

    [<Struct>]
    type Latest<'T> =
        interface ICombine<'T> with
            member _.Combine(_, b) = b

    /// Running results along the middle one of three dimensions, in place.
    let private scanRuns<'T, 'C when 'C: struct and 'C :> ICombine<'T>> (result: 'T array) start count n inner =
        let c = Unchecked.defaultof<'C>
        for outer in 0 .. count / (n * inner) - 1 do
            for p in start + outer * n * inner + inner .. start + (outer + 1) * n * inner - 1 do
                result[p] <- c.Combine(result[p - inner], result[p])

    /// The position of the first extreme of each run; NaN is more extreme than any number.
    let private extremes<'T when 'T :> INumber<'T>> greatest (block: Block) (target: Block) count n =
        let source, result = block.Data :?> 'T array, target.Data :?> int64 array
        for row in 0 .. count - 1 do
            let first = block.Offset + row * n
            let mutable best = 0
            for k in 1 .. n - 1 do
                let a, b = source[first + k], source[first + best]
                let better = if greatest then 'T.op_GreaterThan (a, b) else 'T.op_LessThan (a, b)
                if not ('T.IsNaN b) && ('T.IsNaN a || better) then best <- k
            result[target.Offset + row] <- int64 best

    /// The position of the extreme of each row, into a dense block: ArgMaxOf and ArgMinOf, of dimensions that are not empty.
    let extremesInto (ty: TensorType) (result: TensorType) reduction dims : Block -> Block -> unit =
        let order = List.except dims [ 0 .. ty.Rank - 1 ] @ dims |> Array.ofList
        let seen = TensorType(ty.DType, [ for k in order -> ty.Sizes[k] ])
        let strides = seen.Strides
        let n = dims |> List.fold (fun n d -> n * ty.Sizes[d]) 1
        let isGreatest = (reduction = ArgMaxOf)
        let isInOrder = order = [| 0 .. ty.Rank - 1 |]

        let find (source: Block) target =
            match ty.DType with
            | DType.Float32 -> extremes<float32> isGreatest source target result.Count n
            | DType.Float64 -> extremes<float> isGreatest source target result.Count n
            | DType.Int32 -> extremes<int> isGreatest source target result.Count n
            | _ -> extremes<int64> isGreatest source target result.Count n

        fun block target ->
            if result.Count = 0 then
                ()
            elif isInOrder && Blocks.isDense ty block then
                find block target
            else
                let data = RentedArray.take ty.DType ty.Count
                let rows = { Data = data; Offset = 0; Strides = strides }
                Blocks.place seen { block with Strides = [| for k in order -> block.Strides[k] |] } rows
                find rows target
                RentedArray.give data

    let private scan<'T when 'T :> INumber<'T>> reduction (target: Block) count n inner =
        let into = target.Data :?> 'T array
        match reduction with
        | ProductOf -> scanRuns<'T, Product<'T>> into target.Offset count n inner
        | MaxOf -> scanRuns<'T, Greatest<'T>> into target.Offset count n inner
        | MinOf -> scanRuns<'T, Least<'T>> into target.Offset count n inner
        | _ -> scanRuns<'T, Total<'T>> into target.Offset count n inner

    /// SumOf, ProductOf, MaxOf and MinOf, into a dense block.
    let scanInto (ty: TensorType) reduction dim : Block -> Block -> unit =
        let n, inner = ty.Sizes[dim], Array.fold (*) 1 ty.Sizes[dim + 1 ..]

        fun block target ->
            if ty.Count > 0 then
                Blocks.place ty block target
                match ty.DType with
                | DType.Float32 -> scan<float32> reduction target ty.Count n inner
                | DType.Float64 -> scan<float> reduction target ty.Count n inner
                | DType.Int32 -> scan<int> reduction target ty.Count n inner
                | _ -> scan<int64> reduction target ty.Count n inner
